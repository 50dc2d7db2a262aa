"""What the command line says of errors, and that the base install is enough where it should be."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from command_line import results_in
from paths import ASTRONAUT
from trans3dhead.cli.errors import print_error, reported
from trans3dhead.weights.shipped import network_path

EXTRAS = (
    "anny",
    "embreex",
    "huggingface_hub",
    "lightning",
    "matplotlib",
    "onnx",
    "onnxscript",
    "scipy",
    "tensorboard",
    "transformers",
    "yaml",
)


def without_extras(code: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Run Python code as if none of the packages of the extras were installed, nor `more`."""
    hidden = f"import sys; sys.modules.update(dict.fromkeys({EXTRAS + more}))\n"
    return subprocess.run([sys.executable, "-c", hidden + code], capture_output=True, text=True, check=False)


def test_brackets_are_printed_and_long_lines_stay_whole(capsys: pytest.CaptureFixture[str]):
    message = "expected [x, y, w, h]; " + "words " * 40 + "pip install 'trans3dhead[train]'"
    print_error(message)
    assert capsys.readouterr().err == f"error: {message}\n"


def test_a_bad_value_is_one_line_and_exit_code_1(capsys: pytest.CaptureFixture[str]):
    @reported
    def command() -> None:
        raise ValueError("box: expected [x, y]")

    with pytest.raises(typer.Exit) as stopped:
        command()
    assert stopped.value.exit_code == 1
    assert capsys.readouterr().err == "error: box: expected [x, y]\n"


def test_a_file_that_is_missing_is_named_without_the_systems_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    @reported
    def command() -> None:
        (tmp_path / "boxes.json").read_text()

    with pytest.raises(typer.Exit):
        command()
    assert capsys.readouterr().err == f"error: {tmp_path / 'boxes.json'}: no such file or directory\n"


def test_paragraphs_of_the_help_are_a_line_each():
    @reported
    def command() -> None:
        """Do it.

        What is broken here
        is one line there.
        """

    assert command.__doc__ == "Do it.\n\nWhat is broken here is one line there."


@pytest.mark.parametrize("error", [RuntimeError("ours"), ModuleNotFoundError("ours", name="trans3dhead.none")])
def test_our_own_mistakes_stay_loud(error: Exception):
    @reported
    def command() -> None:
        raise error

    with pytest.raises(type(error), match="ours"):
        command()


def test_a_command_without_its_extra_names_what_that_brings():
    """In one process, since each would import PyTorch anew."""
    commands = {"synth": ["-o", "x"], "train": ["x.yaml"], "convert": ["anny", "-o", "x"], "export": ["-o", "x.onnx"]}
    brought = {"synth": "embreex", "train": "lightning", "convert": "anny", "export": "onnxscript"}
    code = (
        "from trans3dhead.cli import app\n"
        f"for command, arguments in {commands}.items():\n"
        "    try: app([command, *arguments])\n"
        "    except SystemExit as done: print(command, done.code, file=sys.stderr)\n"
    )
    said = without_extras(code).stderr.splitlines()
    for command in commands:
        message = said[said.index(f"{command} 1") - 1]
        assert "; pip install '" in message
        assert f" '{brought[command]}>=" in message
    assert len(said) == 2 * len(commands)  # and no traceback


@pytest.mark.parametrize(
    ("module", "package"), [("train", "lightning"), ("evaluate", "matplotlib"), ("benchmark", "torch")]
)
def test_a_command_without_pytorch_names_all_that_it_needs(
    module: str, package: str, capsys: pytest.CaptureFixture[str]
):
    def command() -> None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    command.__module__ = f"trans3dhead.cli.{module}"
    with pytest.raises(typer.Exit):
        reported(command)()
    said = capsys.readouterr().err
    assert f"'{package}>=" in said
    assert "'torch>=" in said


def test_predicting_needs_no_extra_and_no_pytorch(tmp_path: Path):
    """The whole of it: detector, network, picture, every format of meshes."""
    arguments = ["predict", str(ASTRONAUT), "-o", str(tmp_path), "--format", "glb,obj,ply,npz", "--flip"]
    done = without_extras(f"from trans3dhead.cli import app; app({arguments})", "torch")
    assert done.returncode == 0, done.stderr
    kinds = ("json", "overlay.png", "glb", "obj", "mtl", "skin.jpg", "eyes.png", "ply", "npz")
    assert results_in(tmp_path) == {f"astronaut.{kind}" for kind in kinds}
    assert without_extras("from trans3dhead.cli import app; app(['models'])", "torch").returncode == 0


def test_a_checkpoint_without_pytorch_says_what_to_install(tmp_path: Path):
    own = tmp_path / "own.safetensors"
    own.write_bytes(network_path("small").read_bytes())
    arguments = ["predict", str(ASTRONAUT), "-o", str(tmp_path), "--model", str(own)]
    done = without_extras(f"from trans3dhead.cli import app; app({arguments})", "torch")
    assert done.returncode == 1
    assert "a checkpoint needs PyTorch: pip install 'torch>=" in done.stderr
    assert "Traceback" not in done.stderr


def test_scoring_photographs_needs_no_extra_but_pytorch():
    assert without_extras("import trans3dhead.evaluation.photographs").returncode == 0
