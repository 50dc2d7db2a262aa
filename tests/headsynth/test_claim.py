"""Two runs in one folder: never the same shards, never two sets; a run that dies leaves no claim."""

import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from headsynth.claim import claimed
from trans3dhead.data.shards import Manifest, read_manifest, write_manifest

pytest.importorskip("fcntl", reason="without it a folder has no locks")

MANIFEST = Manifest(count=100, image_size=32, head_model="anny", geometry_hash="ab", shard_size=10)
_HOLDER = """
    import sys
    from pathlib import Path
    from trans3dhead.data.shards import read_manifest
    from headsynth.claim import claimed
    folder = Path(sys.argv[1])
    with claimed(folder, read_manifest(folder), range(int(sys.argv[2]), int(sys.argv[3]))):
        print("claimed", flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path):
    """Another process that holds shards 0 to 4 until it is killed, or its test ends."""
    write_manifest(tmp_path, MANIFEST)
    command = [sys.executable, "-c", textwrap.dedent(_HOLDER), str(tmp_path), "0", "5"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "claimed\n"
        yield process
        process.kill()


def test_two_runs_share_a_folder_but_no_shard(holder: subprocess.Popen, tmp_path: Path) -> None:
    with claimed(tmp_path, MANIFEST, range(5, 10)):
        pass
    with (
        pytest.raises(ValueError, match="another run is rendering into it"),
        claimed(tmp_path, MANIFEST, range(4, 10)),
    ):
        pass
    with (
        pytest.raises(ValueError, match=r"other settings.*seed: 0 there, 1 here"),
        claimed(tmp_path, replace(MANIFEST, seed=1), range(5, 10)),
    ):
        pass
    holder.kill()
    holder.wait()
    with claimed(tmp_path, MANIFEST, range(10)):
        pass


def test_a_manifest_without_shards_gives_way_and_leftovers_go(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST)
    own, foreign = tmp_path / ".shard-000003.tar.12.tmp", tmp_path / ".shard-000007.tar.12.tmp"
    own.touch()
    foreign.touch()
    with claimed(tmp_path, replace(MANIFEST, seed=1), range(5)):
        assert read_manifest(tmp_path).seed == 1
        assert not own.exists()
        assert foreign.exists()
