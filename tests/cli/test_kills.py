"""Long commands that are killed and go on; by hand with more kills: tests/kill_trials.py."""

import sys
from pathlib import Path

import pytest

from kill_trials import Job, import_before, jobs, run_trial

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="leftovers of the dead stay there"),
]


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    import_before()


@pytest.mark.parametrize("job", jobs(), ids=lambda job: job.name)
def test_a_killed_command_goes_on_to_the_same_results(job: Job, tmp_path: Path) -> None:
    if job.name == "synth":
        pytest.importorskip("embreex", reason="the renderer needs the extra `synth`")
    outcome = run_trial(job, tmp_path, kills=2)
    assert outcome.kills == 2
    assert outcome.comparisons >= 1
    assert outcome.differing == []
