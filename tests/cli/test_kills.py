"""Long commands that are killed and go on; by hand with more kills: tests/kill_trials.py."""

import sys
from pathlib import Path

import pytest

from kill_trials import Trial, all_trials, run_trial

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="leftovers of the dead stay there"),
]
_NAMES = ("predict", "submit")


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trial]:
    """The commands by name."""
    return {trial.name: trial for trial in all_trials(tmp_path_factory.mktemp("data"))}


def test_every_command_is_tried(trials: dict[str, Trial]) -> None:
    assert tuple(trials) == _NAMES


@pytest.mark.parametrize("name", _NAMES)
def test_a_killed_command_goes_on_to_the_same_results(name: str, trials: dict[str, Trial], tmp_path: Path) -> None:
    outcome = run_trial(trials[name], tmp_path, kills=3)
    assert outcome.kills == 3
    assert outcome.comparisons >= 1
    assert outcome.differing == []
