"""The focal length that a camera wrote into its photograph, as EXIF has it (CIPA DC-008, in the form of TIFF 6.0)."""

_EXIF_DIRECTORY, _FOCAL_LENGTH_35MM = 0x8769, 0xA405  # tags
_SHORT, _LONG = 3, 4  # kinds of values
_ENTRY = 12  # bytes


def focal_length_35mm(exif: bytes) -> float | None:
    """The millimetres of the lens that on 35 mm film sees as much from corner to corner.

    exif: the block from its byte order on. None where it does not say, and where the block is damaged.
    """
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(exif[:4])
    if order is None:
        return None
    directory = _entries(exif, _number(exif, 4, 4, order), order).get(_EXIF_DIRECTORY)
    if directory is None:
        return None
    length = _entries(exif, directory, order).get(_FOCAL_LENGTH_35MM)
    return float(length) if length else None  # 0: not known


def _entries(exif: bytes, start: int, order: str) -> dict[int, int]:
    """The whole numbers of a directory by their tags."""
    found = {}
    for number in range(_number(exif, start, 2, order)):
        entry = start + 2 + number * _ENTRY
        if entry + _ENTRY > len(exif):
            break
        tag, kind = _number(exif, entry, 2, order), _number(exif, entry + 2, 2, order)
        if kind in (_SHORT, _LONG):
            found[tag] = _number(exif, entry + 8, 2 if kind == _SHORT else 4, order)
    return found


def _number(exif: bytes, start: int, length: int, order: str) -> int:
    """0 where the block ends before."""
    return int.from_bytes(exif[start : start + length], "little" if order == "little" else "big")
