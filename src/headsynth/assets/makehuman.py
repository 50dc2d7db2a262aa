"""MakeHuman's asset files: meshes (.obj), bindings (.mhclo) and materials (.mhmat), and the folder that holds them."""

import hashlib
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class ObjMesh:
    """Faces and UVs of an .obj; its positions belong to another body and are not kept."""

    triangles: np.ndarray  # (F, 3) int32, vertex indices
    uvs: np.ndarray  # (T, 2) float32, v up
    uv_triangles: np.ndarray  # (F, 3) int32


@dataclass(frozen=True)
class Binding:
    """How each vertex of an asset follows three vertices of the base mesh: Σ w · B[v] + offset · scale."""

    vertices: np.ndarray  # (N, 3) int32, indices of the base mesh
    weights: np.ndarray  # (N, 3) float32
    offsets: np.ndarray  # (N, 3) float32, decimetres, MakeHuman's axes (x to the left, y up, z forward)
    scale_vertices: np.ndarray  # (3, 2) int32, for each axis the two base vertices whose distance sets the scale
    scale_lengths: np.ndarray  # (3,) float32, decimetres, that distance on the body the asset was made on

    def taken(self, rows: np.ndarray) -> "Binding":
        """The binding of some of the asset's vertices, by index (n,) or mask (N,) bool."""
        return replace(self, vertices=self.vertices[rows], weights=self.weights[rows], offsets=self.offsets[rows])


@dataclass(frozen=True)
class Asset:
    """One thing to wear: its mesh, its binding, and its colour map if it has one."""

    name: str
    mesh: ObjMesh
    binding: Binding
    texture: Path | None
    files: tuple[Path, ...]


def parse_obj(text: str) -> ObjMesh:
    """The faces of an .obj, polygons cut into fans. A face without UVs gets UV 0.

    Raises ValueError where there is no face, and for a line that is none of the format's or names no vertex or UV.
    """
    uvs: list[list[float]] = []
    triangles: list[tuple[int, int, int]] = []
    uv_triangles: list[tuple[int, int, int]] = []
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "vt":
            uvs.append(_numbers(words[1:3], 2, f"obj: {line}"))
        elif words[0] == "f":
            corners = [[*word.split("/"), ""][:2] for word in words[1:]]
            vertex = [_index(corner[0], f"obj: {line}") - 1 for corner in corners]
            uv = [_index(corner[1], f"obj: {line}") - 1 if corner[1] else 0 for corner in corners]
            for i in range(1, len(corners) - 1):
                triangles.append((vertex[0], vertex[i], vertex[i + 1]))
                uv_triangles.append((uv[0], uv[i], uv[i + 1]))
    if not triangles:
        raise ValueError("obj: expected lines that begin with 'f', found none; is it a mesh?")
    mesh = ObjMesh(
        np.array(triangles, dtype=np.int32),
        np.array(uvs or [[0.0, 0.0]], dtype=np.float32),
        np.array(uv_triangles, dtype=np.int32),
    )
    if min(mesh.triangles.min(), mesh.uv_triangles.min()) < 0:
        raise ValueError("obj: expected vertices and UVs counted from 1, got one below")
    if mesh.uv_triangles.max() >= len(mesh.uvs):
        raise ValueError(f"obj: has {len(mesh.uvs)} UVs, its faces use {mesh.uv_triangles.max() + 1}")
    return mesh


def _numbers(words: list[str], count: int, where: str) -> list[float]:
    """So many finite numbers that float32 holds."""
    numbers = [float(word) for word in words]
    if len(numbers) != count or not all(abs(number) <= _LARGEST for number in numbers):
        raise ValueError(f"{where[:80]}: expected {count} finite numbers, got {' '.join(words)[:80]!r}")
    return numbers


def _index(word: str, where: str) -> int:
    """A whole number of 0 to 2³¹ - 1."""
    if not word.isdecimal() or len(word) > 10 or int(word) > np.iinfo(np.int32).max:
        raise ValueError(f"{where[:80]}: expected the number of a vertex or UV, got {word[:80]!r}")
    return int(word)


def parse_mhclo(text: str) -> tuple[Binding, dict[str, str]]:
    """A binding and the header's keywords. A line is a vertex if it begins with a number and stands after `verts`.

    Raises ValueError where there is no vertex or scale, and for a line whose words are not the numbers expected there.
    """
    header: dict[str, str] = {}
    rows: list[list[float]] = []
    in_vertices = False
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "delete_verts":
            break
        if words[0] == "verts":
            in_vertices = True
        elif in_vertices and words[0].lstrip("-").isdigit():
            rows.append(_row(words, f"mhclo: {line}"))
        else:
            header.setdefault(words[0], " ".join(words[1:]))
    if not rows:
        raise ValueError("mhclo: expected vertex lines after 'verts 0', found none")
    table = np.array(rows)
    pairs, lengths = zip(*(_scale(header, axis) for axis in "xyz"), strict=True)
    binding = Binding(
        table[:, :3].astype(np.int32),
        table[:, 3:6].astype(np.float32),
        table[:, 6:9].astype(np.float32),
        np.array(pairs, dtype=np.int32),
        np.array(lengths, dtype=np.float32),
    )
    return binding, header


def _row(words: list[str], where: str) -> list[float]:
    """Three vertices, their weights and an offset; a vertex alone is followed as it is."""
    if len(words) < 9:
        return [*[float(_index(words[0], where))] * 3, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    return [*(float(_index(word, where)) for word in words[:3]), *_numbers(words[3:9], 6, where)]


def _scale(header: dict[str, str], axis: str) -> tuple[tuple[int, int], float]:
    words = header.get(f"{axis}_scale", "").split()
    where = f"mhclo: {axis}_scale"
    if len(words) != 3:
        raise ValueError(f"mhclo: expected a line '{axis}_scale vertex vertex length', got {' '.join(words)!r}")
    return (_index(words[0], where), _index(words[1], where)), _numbers(words[2:], 1, where)[0]


def parse_mhmat(text: str) -> dict[str, str]:
    """The `key value` lines of a material; the first of equal keys counts."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        words = line.split(maxsplit=1)
        if len(words) == 2 and not words[0].startswith(("#", "//")):
            values.setdefault(words[0], words[1].strip())
    return values


def load_asset(mhclo: Path) -> Asset:
    """Read a binding with the mesh and the material that it names. Raises ValueError that names the file at fault."""
    try:
        binding, header = parse_mhclo(_text(mhclo))
        obj = mhclo.parent / header.get("obj_file", f"{mhclo.stem}.obj")
        mesh = parse_obj(_text(obj))
        texture, files = None, [mhclo, obj]
        material = mhclo.parent / header.get("material", f"{mhclo.stem}.mhmat")
        if material.is_file():
            files.append(material)
            name = parse_mhmat(_text(material)).get("diffuseTexture")
            if name and (material.parent / name).is_file():
                texture = material.parent / name
                files.append(texture)
    except (ValueError, OSError) as error:
        raise ValueError(f"{mhclo}: {error}") from error
    if mesh.triangles.max() >= len(binding.vertices):
        raise ValueError(f"{mhclo}: binds {len(binding.vertices)} vertices, its mesh uses {mesh.triangles.max() + 1}")
    return Asset(mhclo.stem, mesh, binding, texture, tuple(files))


def _text(path: Path) -> str:
    """A file's text. A pipe or a device, which could be without an end, is none."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    return path.read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True)
class AssetFolder:
    """What was found in an assets folder; every list may be empty."""

    skins: tuple[Path, ...] = ()
    environments: tuple[Path, ...] = ()
    hair: tuple[Asset, ...] = ()
    brows: tuple[Asset, ...] = ()
    lashes: tuple[Asset, ...] = ()
    teeth: tuple[Asset, ...] = ()
    clothes: tuple[Asset, ...] = ()
    hats: tuple[Asset, ...] = ()

    @classmethod
    def load(cls, folder: Path | None) -> "AssetFolder":
        """None, the empty set. Raises ValueError for a folder without `makehuman` or `hdri`."""
        if folder is None:
            return cls()
        makehuman, hdri = folder / "makehuman", folder / "hdri"
        if not folder.is_dir():
            raise ValueError(f"{folder}: no such assets folder; docs/synthetic-data.md says what it holds")
        if not makehuman.is_dir() and not hdri.is_dir():
            raise ValueError(f"{folder}: expected the folders 'makehuman' and 'hdri', found neither")
        clothes = _assets(makehuman / "clothes")
        return cls(
            skins=tuple(sorted((makehuman / "skins" / "textures").glob("*diffuse*.[jp][pn]g"))),
            environments=tuple(sorted(hdri.glob("*.hdr"))),
            hair=_assets(makehuman / "hair"),
            brows=_assets(makehuman / "eyebrows"),
            lashes=_assets(makehuman / "eyelashes"),
            teeth=_assets(makehuman / "teeth"),
            clothes=tuple(asset for asset in clothes if "fedora" not in asset.name),
            hats=tuple(asset for asset in clothes if "fedora" in asset.name) + _assets(makehuman / "hats"),
        )

    def hashes(self) -> dict[str, str]:
        """For each file that photographs may be made of, by its path from `makehuman` or `hdri` on, the first half of
        its SHA-256.
        """
        files: set[Path] = set()
        for entry in fields(self):
            for item in getattr(self, entry.name):
                files.update([item] if isinstance(item, Path) else item.files)
        return {_place(file): _hash(file) for file in sorted(files)}


def _assets(folder: Path) -> tuple[Asset, ...]:
    return tuple(load_asset(path) for path in sorted(folder.glob("*/*.mhclo")))


def _place(file: Path) -> str:
    """A file's path from `makehuman` or `hdri` on, such as makehuman/hair/bob02/bob02.obj.

    Its bare name where a material names it from elsewhere.
    """
    starts = [number for number, part in enumerate(file.parts) if part in ("makehuman", "hdri")]
    return "/".join(file.parts[starts[-1] :]) if starts else file.name


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:32]
