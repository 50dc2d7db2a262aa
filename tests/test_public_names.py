"""What `from trans3dhead import ...` gives, and what it says where PyTorch is missing."""

import pytest

import trans3dhead


@pytest.mark.parametrize("name", trans3dhead.__all__)
def test_every_name_is_there(name: str):
    assert getattr(trans3dhead, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'trans3dhead' has no attribute 'Heads'"):
        trans3dhead.Heads  # noqa: B018


@pytest.mark.parametrize(("name", "instead"), [("HeadModel", "NumpyHeadModel"), ("load_model", "")])
def test_without_pytorch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, name: str, instead: str):
    missing(monkeypatch, "torch")
    with pytest.raises(ModuleNotFoundError, match=f"trans3dhead.{name} needs PyTorch.*pip install .*{instead}"):
        getattr(trans3dhead, name)


def test_another_missing_package_keeps_its_name(monkeypatch: pytest.MonkeyPatch):
    missing(monkeypatch, "cv2")
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'cv2'$"):
        trans3dhead.Head  # noqa: B018


def missing(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """Let imports find no such package."""

    def no_module(home: str) -> None:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)

    monkeypatch.setattr(trans3dhead, "import_module", no_module)
