"""What to type for a missing package: by the package's own metadata, wherever it was installed from."""

from importlib.metadata import PackageNotFoundError

import pytest

from paths import REPOSITORY
from trans3dhead import extras

DECLARED = [
    "numpy>=1.26",
    'torch>=2.4; extra == "torch"',
    "trans3dhead[torch]; extra == 'train'",
    "lightning>=2.4 ; extra == 'train'",
    "trans3dhead[train, synth]; extra == 'all'",
    "embreex>=4.4; extra == 'synth'",
]


@pytest.mark.parametrize(
    ("extra", "line"),
    [
        ("torch", "pip install 'torch>=2.4'"),
        ("train", "pip install 'lightning>=2.4' 'torch>=2.4'"),
        ("all", "pip install 'embreex>=4.4' 'lightning>=2.4' 'torch>=2.4'"),
    ],
)
def test_it_names_all_that_an_extra_brings(monkeypatch: pytest.MonkeyPatch, extra: str, line: str):
    monkeypatch.setattr(extras, "requires", lambda _: DECLARED)
    assert extras.install_line(extra) == line


def test_sources_that_nobody_installed_name_the_extra(monkeypatch: pytest.MonkeyPatch):
    def unknown(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(extras, "requires", unknown)
    assert extras.install_line("export") == "pip install '.[export]' in the folder of its pyproject.toml"


def test_every_extra_of_the_project_brings_something():
    text = (REPOSITORY / "pyproject.toml").read_text()
    section = text[text.index("[project.optional-dependencies]") :].split("\n\n")[0]
    names = [line.partition(" = ")[0] for line in section.splitlines()[1:]]
    assert {"torch", "train", "synth", "export"} <= set(names)
    for name in names:
        assert " '" in extras.install_line(name)
