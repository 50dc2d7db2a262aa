"""A reader with every fault that the harness looks for, by the first byte of the file.

Where the environment's TOY_FAULT is such a byte, a file that lost one byte to a mutation begins with it.
"""

import mmap
import os
import signal
import time
from pathlib import Path

import numpy as np


def seeds() -> list[bytes]:
    """One that is read."""
    return [b"fine"]


def read(data: bytes, folder: Path) -> None:
    """Do what the first byte says."""
    (folder / "file").write_bytes(data)
    told = os.environ.get("TOY_FAULT", "").encode() if len(data) == len(seeds()[0]) - 1 else b""
    match told or data[:1]:
        case b"r":
            raise ValueError("refused")
        case b"k":
            raise KeyError("at fault")
        case b"s" if told:  # as the next two never by the chance of a mutation, which another trial would meet
            signal.raise_signal(signal.SIGSEGV)
        case b"h" if told:
            while True:
                pass
        case b"w" if told:
            time.sleep(1000)
        case b"m":
            # Of the system, since a training before may have told malloc to keep what was freed.
            np.frombuffer(mmap.mmap(-1, 240_000_000), np.uint8)[:] = 1
        case b"M":
            np.empty(2**40)
