import pytest

from trans3dhead.synth.distribution import distribution
from trans3dhead.synth.people import identities


def test_what_a_module_tells_stands_under_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identities, "distribution", lambda: {"shape": "normal"}, raising=False)
    told = distribution()
    assert told["people.identities"] == {"shape": "normal"}
    assert list(told) == sorted(told)
    monkeypatch.delattr(identities, "distribution")
    assert "people.identities" not in distribution()
