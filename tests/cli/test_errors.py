"""What the command line says of errors, and that the base install is enough where it should be."""

import subprocess
import sys

import pytest
import typer

from trans3dhead.cli.errors import print_error, reported

EXTRAS = (
    "anny",
    "embreex",
    "huggingface_hub",
    "lightning",
    "matplotlib",
    "onnx",
    "onnxruntime",
    "onnxscript",
    "scipy",
    "tensorboard",
    "transformers",
    "yaml",
)


def without_extras(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code as if none of the packages of the extras were installed."""
    hidden = f"import sys; sys.modules.update(dict.fromkeys({EXTRAS}));"
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


@pytest.mark.parametrize("error", [RuntimeError("ours"), ModuleNotFoundError("ours", name="trans3dhead.none")])
def test_our_own_mistakes_stay_loud(error: Exception):
    @reported
    def command() -> None:
        raise error

    with pytest.raises(type(error), match="ours"):
        command()


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["synth", "-o", "x"], "synth"),
        (["train", "x.yaml"], "train"),
        (["convert", "anny", "-o", "x"], "convert"),
        (["export", "-o", "x.onnx"], "export"),
    ],
)
def test_a_command_without_its_extra_names_it(arguments: list[str], extra: str):
    done = without_extras(f"from trans3dhead.cli import app; app({arguments!r})")
    assert done.returncode == 1
    assert f"pip install 'trans3dhead[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_predicting_needs_no_extra():
    code = "import trans3dhead.inference, trans3dhead.inference.output, trans3dhead.evaluation.photographs"
    assert without_extras(f"{code}; from trans3dhead.cli import app; app(['models'])").returncode == 0
