"""Who may write into a set's folder: runs of the same set, each its own shards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from headsynth.layouts import layout_of
from headsynth.record import differences
from trans3dhead.data.shards import MANIFEST, Manifest, read_manifest, shard_path, write_manifest
from trans3dhead.files import lock_bytes, unlock_bytes

_CLAIMS = ".set.lock"  # a byte for each shard; the file itself claims nothing
_MOST = 1 << 30  # beyond the number of any shard; Windows takes no more
_GATE = _MOST  # held while the manifest is looked at


@contextmanager
def claimed(output: Path, manifest: Manifest, shards: range) -> Iterator[None]:
    """Have these shards of a set to oneself, the manifest written. A killed run leaves no claim behind.

    Raises ValueError where the folder holds another set, or where another run is writing some of these shards. A
    manifest without shards that nobody is writing gives way.
    """
    if output.exists() and not output.is_dir():
        raise ValueError(f"{output}: expected a folder for the set, found a file")
    try:
        output.mkdir(parents=True, exist_ok=True)
        file = (output / _CLAIMS).open("a+b")
    except OSError as error:
        raise ValueError(f"{output}: expected a folder that may be written to ({error.strerror})") from error
    with file:
        with _gate(file):
            alone = lock_bytes(file, 0, _MOST)
            _settle(output, manifest, alone)
            if alone:
                unlock_bytes(file, 0, _MOST)
            if not lock_bytes(file, shards.start, len(shards)):
                raise ValueError(
                    f"{output}: another run is rendering into it; wait for it, stop it, or give each its own --part"
                )
        _sweep(output, shards)
        yield


def _settle(output: Path, manifest: Manifest, alone: bool) -> None:
    """Write the manifest, or check that the one there is the same."""
    begun, known = layout_of(manifest.layout).begun(output), (output / MANIFEST).is_file()
    if begun and not known:
        raise ValueError(f"{output}: holds photographs without a manifest; give an empty folder")
    if not known or (alone and not begun):
        try:
            write_manifest(output, manifest)
        except OSError as error:
            raise ValueError(f"{output / MANIFEST}: could not be written ({error.strerror})") from error
    elif different := differences(read_manifest(output), manifest):
        words = "; ".join(f"{name}: {what}" for name, what in different.items())
        raise ValueError(f"{output}: holds a set made with other settings, give another folder. {words}")


def _sweep(output: Path, shards: range) -> None:
    """Remove what a killed run left half written of one's own shards."""
    for path in output.glob(".shard-*.tar.*.tmp"):
        name = path.name[1:].partition(".tar")[0] + ".tar"
        if any(shard_path(output, shard).name == name for shard in shards):
            path.unlink(missing_ok=True)


@contextmanager
def _gate(file: IO[bytes]) -> Iterator[None]:
    """Held by one run at a time while it looks at the manifest; the others wait."""
    lock_bytes(file, _GATE, 1, wait=True)
    try:
        yield
    finally:
        unlock_bytes(file, _GATE, 1)
