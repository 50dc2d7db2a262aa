"""JSON as people read it: a key in each line, and every list of numbers or points in one."""

import json
from typing import Any


def json_text(value: Any, depth: int = 0) -> str:
    """Plain values -> indented JSON text. Only lists of objects are broken into lines."""
    inner, outer = "\n" + " " * (depth + 1), "\n" + " " * depth
    if isinstance(value, dict) and value:
        rows = (f"{json.dumps(key)}: {json_text(item, depth + 1)}" for key, item in value.items())
        return f"{{{inner}{f',{inner}'.join(rows)}{outer}}}"
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], dict):
        rows = (json_text(item, depth + 1) for item in value)
        return f"[{inner}{f',{inner}'.join(rows)}{outer}]"
    return json.dumps(value)
