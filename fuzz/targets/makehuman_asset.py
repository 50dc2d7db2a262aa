"""MakeHuman's assets: a binding, a mesh and a material, in one input one behind the other."""

from pathlib import Path

from headsynth.assets.makehuman import AssetFolder
from toy_makehuman import MHCLO, OBJ

_BREAK = b"\n=====\n"
_BINDING, _MESH = MHCLO.encode(), OBJ.encode()
_MATERIAL = b"# material\nname cap\ndiffuseTexture cap.png\nshininess 0.5\n"


def seeds() -> list[bytes]:
    """A cap with polygons; one triangle without UVs."""
    return [
        _BREAK.join((_BINDING, _MESH, _MATERIAL)),
        _BREAK.join((_BINDING, b"f 1 2 3\n", _MATERIAL)),
        _BREAK.join((_BINDING, b"f 1//1 2/ 3/\n", b"")),
    ]


def read(data: bytes, folder: Path) -> None:
    """As `synth --assets` reads its folder."""
    hats = folder / "makehuman" / "hats" / "cap"
    hats.mkdir(parents=True)
    for name, content in zip(("cap.mhclo", "cap.obj", "cap.mhmat"), data.split(_BREAK, 2), strict=False):
        (hats / name).write_bytes(content)
    AssetFolder.load(folder).hashes()
