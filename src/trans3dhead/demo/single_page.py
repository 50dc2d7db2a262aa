"""The page as one HTML file that a browser opens from the disk: no server, and nothing is asked for.

From a file a browser loads no module and no other file. So scripts are data: addresses in an import map, which says
where each name leads; style and icon are inside; and what scripts read stands in elements that are not shown.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

_STATIC = files("trans3dhead.demo") / "static"
_IMPORT = re.compile(r'\bfrom\s*"\./(?:\w+/)*([\w.]+\.js)"')
_HEAD = re.compile(r'  <link rel="icon".*?</script>\n', re.DOTALL)  # what the page of the server loads


def single_page(script: str, data: Mapping[str, bytes | Any]) -> str:
    """The text of the file. script: a module of the page, such as "gallery.js".

    data: what `embedded.js` reads by these names, bytes, or anything else that JSON can say.
    """
    style, imports = (_STATIC / "style.css").read_text("utf-8"), json.dumps({"imports": _modules(script)})
    start = f'import "{script}";'
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data: blob:; "
        f"style-src {_hash(style)}; script-src data: {_hash(imports)} {_hash(start)}"
    )
    icon = _address((_STATIC / "icon.svg").read_bytes(), "image/svg+xml")
    head = (
        f'  <meta http-equiv="content-security-policy" content="{policy}">\n'
        f'  <link rel="icon" href="{icon}">\n  <style>{style}</style>\n'
        f'  <script type="importmap">{imports}</script>\n'
    )
    body = "".join(_embedded(name, value) for name, value in data.items())
    page = (_STATIC / "index.html").read_text("utf-8").replace('src="icon.svg"', f'src="{icon}"')
    page = _HEAD.sub(lambda _: head, page, count=1)
    return page.replace("</body>", f'{body}<script type="module">{start}</script>\n</body>')


def _modules(script: str) -> dict[str, str]:
    """The addresses of a module and of all that it imports, by their names alone."""
    found: dict[str, str] = {}
    wanted = [script]
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        file = next(folder / name for folder in (_STATIC, _STATIC / "three") if (folder / name).is_file())
        source = file.read_text("utf-8")
        found[name] = _address(_IMPORT.sub(r'from "\1"', source).encode(), "text/javascript")
        wanted += _IMPORT.findall(source)
    return found


def _embedded(name: str, value: Any) -> str:
    if isinstance(value, bytes):
        kind, text = "application/octet-stream", base64.b64encode(value).decode()
    else:
        kind, text = "application/json", json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="{kind}" id="data-{name}">{text}</script>\n'


def _address(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
