"""MakeHuman's assets: a binding, a mesh and a material, in one input one behind the other."""

from pathlib import Path

from headsynth.assets.makehuman import AssetFolder

_BREAK = b"\n=====\n"
_BINDING = b"""# a comment
name cap
obj_file cap.obj
x_scale 5 6 2.0
y_scale 7 8 1.0
z_scale 9 10 4.0
verts 0
 1 2 3 0.5 0.25 0.25 0.1 -0.2 0.3
z_depth 50
material cap.mhmat
4
12 13 14 1.0 0.0 0.0 0.0 0.0 0.0
delete_verts
20 - 30
"""
_MESH = b"""v 0 0 0
vt 0 0
vt 1 0
vt 1 1
vt 0 1
f 1/1 2/2 3/3
f 1/1 2/2 3/3 1/4
"""
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
