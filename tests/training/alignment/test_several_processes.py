"""The command line on two processes against one with the same batches."""

import csv
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from test_train import RECIPE
from torch.multiprocessing import ProcessRaisedException
from typer.testing import CliRunner

from toy_sets import toy_set
from trans3dhead.cli import app
from trans3dhead.files import LOCK
from trans3dhead.training.engine.run import STATE
from trans3dhead.training.train import train
from trial_runs import quiet, write_recipe
from two_processes import as_torchrun_starts_them

pytestmark = pytest.mark.slow

STEPS, BATCH = 20, 8
# A rate this low because Adam turns gradients of the size of rounding errors into whole steps: at 1e-3 one and two
# threads of one process differ by half a percent of the loss after ten steps. Adam's steps and clipping are blind to
# the scale of the gradients, so nothing is clipped and Adam's moments are compared.
SETTINGS = (f"budget.samples={STEPS * BATCH}", "network.dropout=0", "threads=1", "optimizer.clip_norm=null")
SETTINGS += ("optimizer.lr=1e-5", f"monitor.validate_samples={STEPS * BATCH}", "data.validation_limit=13")
TWO = ("torch.distributed.run", "--nproc-per-node", "2", "-m")


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Restored for the tests that follow; the recipe sets it where it trains."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def recipe(toy, toy_file, tmp_path_factory):
    """A recipe for twenty steps on 40 photographs."""
    folder = tmp_path_factory.mktemp("training")
    toy_set(folder / "set", toy, 40)
    return write_recipe(folder, RECIPE, toy_file)


@pytest.fixture(scope="module")
def start(recipe, tmp_path_factory):
    """The run folder of a short training, whose network the others go on from with its batch norms frozen."""
    return train(recipe, [*SETTINGS, "budget.samples=32"], tmp_path_factory.mktemp("start"), console=quiet())


@pytest.fixture(scope="module")
def settings(start):
    """Overrides by which one process and two are to do the same."""
    return (*SETTINGS, "batch_norm=frozen", f"start={start / 'model.safetensors'}")


@pytest.fixture(scope="module")
def alone(recipe, settings, tmp_path_factory):
    """The run folder of one process."""
    return train(recipe, settings, tmp_path_factory.mktemp("alone"), console=quiet())


@pytest.fixture(scope="module")
def together(recipe, settings, tmp_path_factory):
    """The run folder of two processes, and what they printed."""
    runs = tmp_path_factory.mktemp("together")
    printed = as_torchrun_starts_them(_command, runs, recipe, settings, runs)
    return runs / "trial", "".join(printed)


def trained_by_two(recipe: Path, settings: Sequence[str], folder: Path) -> Path:
    """The run folder of two processes on the CPU, which begin as those of torchrun do."""
    as_torchrun_starts_them(_train, folder, recipe, tuple(settings), folder / "two")
    return folder / "two" / "trial"


def _command(rank: int, recipe: Path, settings: Sequence[str], runs: Path) -> str:
    """What `trans3dhead train` prints in one of them."""
    done = CliRunner().invoke(app, ["train", str(recipe), *settings, "--runs", str(runs)])
    assert done.exit_code == 0, done.output
    return done.output


def _train(rank: int, recipe: Path, settings: Sequence[str], runs: Path) -> None:
    train(recipe, settings, runs, console=quiet())


def table(path: Path) -> list[dict[str, float]]:
    with path.open() as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def losses(folder: Path) -> torch.Tensor:
    return torch.tensor([row["total"] for row in table(folder / "train.csv")])


def weights(folder: Path) -> torch.Tensor:
    """All parameters of the network and of its average, in one vector."""
    state = torch.load(folder / STATE, weights_only=True)["weights"]
    return torch.cat([v.flatten() for name, v in state.items() if v.is_floating_point() and "running" not in name])


def running(folder: Path) -> dict[str, torch.Tensor]:
    state = torch.load(folder / STATE, weights_only=True)["weights"]
    return {name: value for name, value in state.items() if "running" in name}


def moments(folder: Path) -> torch.Tensor:
    """Adam's first moments of all parameters, averages of their gradients, in one vector."""
    state = torch.load(folder / STATE, weights_only=True)["optimizer"]["state"]
    return torch.cat([entry["exp_avg"].flatten() for entry in state.values()])


def apart(one: torch.Tensor, other: torch.Tensor) -> float:
    """The norm of their difference, as a share of the first's."""
    return float((one - other).norm() / one.norm())


def assert_same_training(one: Path, other: Path) -> None:
    torch.testing.assert_close(losses(one), losses(other), rtol=5e-4, atol=0)
    torch.testing.assert_close(losses(one)[:2], losses(other)[:2], rtol=1e-5, atol=0)
    assert apart(weights(one), weights(other)) < 2e-4
    assert apart(moments(one), moments(other)) < 0.2  # 0.06 between one and two threads of one process
    for name, value in running(one).items():
        assert apart(value, running(other)[name]) < 1e-2, name
    (last,), (other_last,) = table(one / "metrics.csv"), table(other / "metrics.csv")
    for name in last.keys() - {"minutes"}:
        assert other_last[name] == pytest.approx(last[name], rel=2e-3, nan_ok=True), name


def test_two_processes_follow_the_curve_of_one(alone, together):
    assert len(losses(alone)) == STEPS
    assert_same_training(alone, together[0])


def test_frozen_norms_keep_the_statistics_of_the_start(start, together):
    statistics = running(start)
    for name, value in running(together[0]).items():
        assert torch.equal(value, statistics["average." + name.removeprefix("average.")]), name


@pytest.mark.parametrize("without", [(), ("losses.landmarks.weight=0",)], ids=["every term", "no landmark term"])
def test_the_gradient_of_a_step_is_that_of_the_whole_batch(recipe, settings, tmp_path, without):
    """Also where no loss pulls on a branch, for whose gradients the processes must not wait."""
    settings = [*settings, *without, f"budget.samples={BATCH}"]  # the later override wins
    one = train(recipe, settings, tmp_path / "one", console=quiet())
    two = trained_by_two(recipe, settings, tmp_path)
    assert apart(moments(one), moments(two)) < 1e-4
    (row,), (other,) = table(one / "train.csv"), table(two / "train.csv")
    for name in row.keys() - {"minutes", "images_per_second"}:
        assert other[name] == pytest.approx(row[name], rel=2e-5), name


def test_one_alone_writes_and_prints(alone, together):
    folder, printed = together
    assert printed.count("weights: ") == 1
    assert printed.count(f"step {STEPS}  {STEPS * BATCH} samples") == 1
    assert [row["step"] for row in table(folder / "train.csv")] == list(range(1, STEPS + 1))
    written, expected = ({p.relative_to(f).as_posix() for p in f.rglob("*") if p.is_file()} for f in (folder, alone))
    assert {n for n in written if "events" not in n} == {n for n in expected if "events" not in n}
    assert sum("events" in name for name in written) == sum("events" in name for name in expected)


def test_local_batch_norm_is_another_training(recipe, tmp_path):
    settings = (*SETTINGS, "batch_norm=local", f"budget.samples={5 * BATCH}")
    one = losses(train(recipe, settings, tmp_path / "one", console=quiet()))
    difference = (losses(trained_by_two(recipe, settings, tmp_path)) / one - 1).abs()
    assert difference[0] > 2e-3
    assert difference.max() < 0.5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_training_goes_on_alone(recipe, settings, alone, tmp_path, number):
    words = [sys.executable, "-m", *TWO, "trans3dhead", "train", recipe, *settings, "budget.samples=100000"]
    words += ["monitor.validate_samples=100000", "--runs", tmp_path]
    log = tmp_path / "trial" / "train.csv"
    with subprocess.Popen([*map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        seen: list[str] = []
        while not (log.is_file() and len(table(log)) >= 3):
            seen.append(process.stdout.readline())
            assert process.poll() is None, "".join(seen)
        process.send_signal(number)
        printed = "".join(seen) + process.stdout.read()
    step = int(table(log)[-1]["step"])
    assert printed.count(f"interrupted at step {step}, its state is saved") == 1, printed
    assert torch.load(tmp_path / "trial" / STATE, weights_only=True)["step"] == step
    assert not (tmp_path / "trial" / "model.safetensors").exists()
    assert step < STEPS
    train(recipe, settings, tmp_path, resume=True, console=quiet())
    assert_same_training(alone, tmp_path / "trial")


REFUSED = {
    "batch_size=7": "batch_size: expected a multiple of the number of processes, 2, got 7",
    "batch_norm=synchronized": "batch_norm: synchronized makes several processes exchange",
}


@pytest.mark.parametrize("override", REFUSED)
def test_what_two_processes_cannot_do_is_said_before_anything_is_written(recipe, settings, tmp_path, override):
    with pytest.raises(ProcessRaisedException, match=f"ValueError: {REFUSED[override]}"):
        trained_by_two(recipe, [*settings, override], tmp_path)
    left = [path for path in (tmp_path / "two").rglob("*") if path.is_file()]
    assert {path.name for path in left} <= {LOCK}  # where the first process is ended before it can remove it
