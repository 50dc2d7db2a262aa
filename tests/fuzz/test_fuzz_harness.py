"""The harness: what it counts, what it survives, and how it changes files."""

import io
import json
import random
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fuzz import campaign, targets, worker
from fuzz.__main__ import main
from fuzz.mutations import mutate
from fuzz.trees import json_text, mutated_tree
from paths import REPOSITORY

linux = pytest.mark.skipif(sys.platform != "linux", reason="signals and memory are looked up as Linux has them")


@pytest.fixture
def toy_target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """A function that fuzzes the toy target, whose kept inputs are those that it is given."""
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY / "tests"))

    def fuzz(*inputs: bytes) -> campaign.Outcome:
        folder = tmp_path / "work"
        folder.mkdir()
        (folder / "progress").write_bytes(worker.PROGRESS.pack(*[0.0] * 5))
        read = worker.Reader(targets.load("toy_fuzz_target"), folder, megabytes=100, seconds=20.0)
        for data in inputs:
            read(data)
        outcome = campaign.Outcome("toy")
        campaign._move_faults(outcome, folder / "faults", tmp_path / "kept")
        outcome.tried, outcome.refused, outcome.accepted, outcome.at_fault = map(int, read.counts[:4])
        return outcome

    return fuzz


@linux
def test_what_raises_and_what_takes_memory_is_kept_by_its_shortest_input(toy_target):
    outcome = toy_target(b"fine", b"refused", b"kkk", b"k", b"kk", b"m", b"M" * 9)
    assert (outcome.tried, outcome.refused, outcome.accepted, outcome.at_fault) == (7, 1, 1, 5)
    words = {wrong.partition(" at ")[0]: Path(path).read_bytes() for wrong, path in outcome.faults.items()}
    assert words == {"KeyError": b"k", "memory": b"m", "MemoryError": b"M" * 9}


@linux
@pytest.mark.parametrize(
    ("fault", "wrong"),
    [("s", "signal 11"), ("h", "hang, over 1 s of the processor"), ("w", "hang, over 5 s by the clock")],
)
def test_what_ends_the_process_or_holds_it_up_is_kept_and_the_rest_is_tried(monkeypatch, tmp_path, fault, wrong):
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY / "tests"))
    monkeypatch.setenv("TOY_FAULT", fault)
    limits = campaign.Limits(seconds=1.0, megabytes=100, longest_wait=5.0 if fault == "w" else 600.0)
    outcome = campaign.run("toy_fuzz_target", 3.0, 0, tmp_path, limits, plain=True)
    kept = [Path(path).read_bytes() for words, path in outcome.faults.items() if words.startswith(wrong)]
    assert kept
    assert {len(data) for data in kept} == {3}
    assert outcome.tried == outcome.refused + outcome.accepted + outcome.at_fault > len(kept)


def test_a_target_that_cannot_begin_says_why(tmp_path):
    with pytest.raises(RuntimeError, match="No module named 'no_such_target'"):
        campaign.run("no_such_target", 1.0, 0, tmp_path, campaign.Limits())


def npz() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, a=np.arange(20), b=np.array(["x"]))
    return file.getvalue()


SAFETENSORS = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"__metadata__":{"m":"{\\"x\\": 1}"}}'
FILES = {
    "nothing": b"",
    "JSON": b'{"a": [1, 2.5, {"b": null}], "c": "text"}',
    "JSON lines": b'{"a": 1}\n{"a": 2}\n',
    "YAML": b"a: 1\nb:\n  c: [1, 2]\n",
    "text": b"v 1.0 2 3\nf 1 2 3\n# end\n",
    "npz": npz(),
    "safetensors": len(SAFETENSORS).to_bytes(8, "little") + SAFETENSORS + bytes(4),
}


@pytest.mark.parametrize("name", FILES)
def test_a_mutation_is_a_change_and_the_same_for_the_same_seed(name):
    changed = [mutate(FILES[name], random.Random(seed), [FILES[name]]) for seed in range(100)]
    assert changed == [mutate(FILES[name], random.Random(seed), [FILES[name]]) for seed in range(100)]
    assert len(set(changed)) > 40
    assert max(map(len, changed)) <= 1 << 20


def test_members_of_an_archive_are_changed_under_a_right_checksum():
    good = 0
    for seed in range(100):
        try:
            with zipfile.ZipFile(io.BytesIO(mutate(npz(), random.Random(seed)))) as archive:
                good += archive.testzip() is None and {n: archive.read(n) for n in archive.namelist()} != {}
        except Exception:
            continue
    assert good > 30


def test_a_header_of_safetensors_stays_json_of_the_stated_length():
    data, good = FILES["safetensors"], 0
    for seed in range(100):
        changed = mutate(data, random.Random(seed))
        header = changed[8 : 8 + int.from_bytes(changed[:8], "little")]
        try:
            good += json.loads(header) != json.loads(SAFETENSORS)
        except (ValueError, RecursionError):
            continue
    assert good > 30


def test_every_value_of_a_tree_may_change_also_in_a_text_that_holds_json():
    texts = set()
    for seed in range(300):
        tree = {"a": [1, {"b": True}], "m": '{"x": 1}'}
        texts.add(json_text(mutated_tree(tree, random.Random(seed))))
    assert any("[" * 10_000 in text for text in texts)
    assert any(
        '"a": [1, {"b": true}]' in text and '{\\"x\\": ' in text and '{\\"x\\": 1}' not in text for text in texts
    )
    assert len(texts) > 100


def test_the_command_prints_and_writes_what_came_of_it(monkeypatch, tmp_path, capsys):
    def run(target, seconds, seed, keep, limits, plain):
        faults = {"KeyError at x.py:3": "there"} if target == "landmark_npz" else {}
        return campaign.Outcome(target, 7, 5, 1, len(faults), True, faults)

    monkeypatch.setattr("fuzz.__main__.run", run)
    assert main(["--target", "landmark_npz", "-o", str(tmp_path / "o.json")]) == 1
    assert "landmark_npz: KeyError at x.py:3: there" in capsys.readouterr().out
    (row,) = json.loads((tmp_path / "o.json").read_text())
    assert row["target"] == "landmark_npz"
    assert (row["tried"], row["refused"], row["accepted"], row["at_fault"]) == (7, 5, 1, 1)


@pytest.mark.parametrize("number", [10**400, -(10**400)], ids=["large", "negative"])
def test_numbers_beyond_any_float_are_mutated_too(number: int) -> None:
    for seed in range(200):
        json_text(mutated_tree([number], random.Random(seed)))
