"""Processes agree on what they tell each other."""

import torch
from torch import nn

from trans3dhead.data.loading import Share
from trans3dhead.training.engine import processes
from two_processes import in_two_processes


def test_a_process_alone_hears_itself(tmp_path):
    assert processes.share() == Share(0, 1)
    values = torch.tensor([1.0, 2.0])
    assert torch.equal(processes.total(values), values)
    assert torch.equal(processes.mean(values), values)
    assert torch.equal(processes.stacked(values), values[None])
    assert processes.joined_lists([3, 4]) == [3, 4]
    assert processes.of_first(0.1) == 0.1
    assert processes.anywhere(True)
    assert not processes.anywhere(False)
    _write(tmp_path / "written")
    assert (tmp_path / "written").is_file()
    with processes.joined():  # not started by torchrun: nobody to join
        assert processes.share() == Share(0, 1)


def test_two_processes_agree(tmp_path):
    first, second = in_two_processes(_talk, tmp_path, tmp_path / "written")
    assert [first.pop("share"), second.pop("share")] == [(0, 2), (1, 2)]
    assert first == second
    assert first == {
        "total": [1.0, 5.0],
        "mean": [0.5, 2.5],
        "stacked": [[0.0, 2.0], [1.0, 3.0]],
        "lists": [0, 10, 11],
        "of_first": 0.1,
        "anywhere": [True, False],
        "buffer": 0.0,
    }
    assert (tmp_path / "written").read_text() == "0"


def _talk(rank, path):
    share = processes.share()
    values = torch.tensor([0.0, 2.0]) + rank
    module = nn.Module()
    module.register_buffer("number", torch.tensor(float(rank)))
    processes.copy_buffers_of_first(module)
    _write(path)
    processes.wait()
    return {
        "share": (share.index, share.count),
        "total": processes.total(values).tolist(),
        "mean": processes.mean(values).tolist(),
        "stacked": processes.stacked(values).tolist(),
        "lists": processes.joined_lists([10 * rank + i for i in range(1 + rank)]),
        "of_first": processes.of_first(0.1 + rank),
        "anywhere": [processes.anywhere(rank == 1), processes.anywhere(False)],
        "buffer": float(module.number),
    }


@processes.only_first
def _write(path):
    with path.open("a") as file:
        file.write(str(processes.share().index))
