"""Memory that malloc keeps."""

import subprocess
import sys

import pytest

from trans3dhead.training.engine.memory import keep_freed_memory

# Takes, touches and frees a block of 64 MiB five times; prints the page faults of the last time.
_PROGRAM = """
import ctypes, resource, sys
from trans3dhead.training.engine.memory import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
for _ in range(5):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = ctypes.c_void_p(libc.malloc(ctypes.c_size_t(2**26)))
    ctypes.memset(block, 1, 2**26)
    libc.free(block)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc is Linux'")
def test_a_block_that_was_freed_costs_no_page_faults_again():
    faults = {
        mode: int(subprocess.run([sys.executable, "-c", _PROGRAM, mode], capture_output=True, check=True).stdout)
        for mode in ("keep", "default")
    }
    assert faults["keep"] < 100 < faults["default"]


def test_without_glibc_it_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("trans3dhead.training.engine.memory.ctypes.CDLL", lambda name: object())
    assert keep_freed_memory() is False


def test_on_windows_it_says_so_too(monkeypatch: pytest.MonkeyPatch):
    def no_library(name: None) -> None:
        raise TypeError("argument of type 'NoneType' is not iterable")  # what CDLL(None) raises there

    monkeypatch.setattr("trans3dhead.training.engine.memory.ctypes.CDLL", no_library)
    monkeypatch.setattr("trans3dhead.training.engine.memory.sys.platform", "win32")
    assert keep_freed_memory() is False
