"""What the extras of this package bring, for words that say what is missing."""

import re
from importlib.metadata import PackageNotFoundError, requires

PACKAGE = "trans3dhead"
_OF_EXTRA = re.compile(r"(?P<requirement>[^;]+?)\s*;\s*extra\s*==\s*['\"](?P<extra>\w+)['\"]")
_OWN_EXTRAS = re.compile(rf"{PACKAGE}\[(?P<extras>[\w,\s-]+)\]")


def install_line(extra: str) -> str:
    """What to type for an extra of pyproject.toml: "pip install 'onnx>=1.17' 'onnxscript>=0.5' 'torch>=2.6'".

    It names what the extra brings, not the extra: that works wherever this package itself came from.
    """
    try:
        packages = _requirements(extra, requires(PACKAGE) or [])
    except PackageNotFoundError:  # a folder of sources on the path, which no installer knows
        return f"pip install '.[{extra}]' in the folder of its pyproject.toml"
    return "pip install " + " ".join(f"'{package}'" for package in sorted(packages))


def _requirements(extra: str, declared: list[str]) -> set[str]:
    """What an extra asks for, by the package's metadata, extras that it is made of included."""
    found: set[str] = set()
    for line in declared:
        match = _OF_EXTRA.fullmatch(line.strip())
        if match is None or match["extra"] != extra:
            continue
        if own := _OWN_EXTRAS.fullmatch(match["requirement"]):
            found.update(*(_requirements(name.strip(), declared) for name in own["extras"].split(",")))
        else:
            found.add(match["requirement"])
    return found
