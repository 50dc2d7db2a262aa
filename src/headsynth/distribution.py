"""How everything in a photograph is distributed, as the modules that draw it say."""

import importlib
import pkgutil
from pathlib import Path
from typing import Any

# What scenes draw in their own way, in scenes/.
_PORTRAITS = ("neighbours", "people.poses", "rendering.background", "wear.foreground")


def distribution(kind: str = "heads") -> dict[str, Any]:
    """What each module's own function `distribution()` tells, by the module's name, such as `people.poses`.

    Plain numbers, words, lists and dictionaries, which a manifest can hold. kind: heads or scenes, of which only the
    latter tell about scenes.
    """
    folder, prefix = Path(__file__).parent, f"{__package__}."
    found: dict[str, Any] = {}
    for module in sorted(pkgutil.walk_packages([str(folder)], prefix), key=lambda entry: entry.name):
        tell = getattr(importlib.import_module(module.name), "distribution", None)
        if callable(tell) and module.name != __name__ and tell is not distribution:
            found[module.name.removeprefix(prefix)] = tell()
    if kind == "scenes":
        return {name: told for name, told in found.items() if name not in _PORTRAITS}
    return {name: told for name, told in found.items() if not name.startswith("scenes.")}
