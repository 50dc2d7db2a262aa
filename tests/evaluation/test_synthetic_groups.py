import numpy as np
import pytest
import torch

from trans3dhead.evaluation.report import Metric, Report
from trans3dhead.evaluation.synthetic_groups import groups_of_head, with_breakdowns
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.metrics.alignment import geodesic_error, pose_error

METRICS = (Metric("nme", "NME", 3, "%"), Metric("chamfer", "Chamfer", 3), Metric("pose_error", "pose error", 3))


def report(words: list[dict[str, str]], frobenius: list[float] | None = None) -> Report:
    """Heads of which the labels say these words; NME and Chamfer are their numbers."""
    count = len(words)
    numbers = np.arange(1.0, count + 1)
    heads = [groups_of_head(head, 0.0) for head in words]
    names = sorted(set().union(*heads))
    values = {"nme": numbers, "chamfer": numbers, "pose_error": np.array(frobenius or np.zeros(count))}
    attributes = {name: np.array([head.get(name, "") for head in heads]) for name in names}
    return Report("Set", METRICS, tuple(map(str, range(count))), values, attributes)


@pytest.mark.parametrize(
    "yaw", [-180.0, -179.9, -150.0, -30.1, -30.0, -0.1, 0.0, 29.9, 30.0, 91.0, 149.9, 179.9, 180.0]
)
def test_a_bin_of_signed_yaw_holds_the_yaw(yaw: float):
    words = groups_of_head({}, yaw)
    low, high = map(int, words["signed_yaw"].split(" to "))
    assert high - low == 30
    assert low % 30 == 0
    assert low <= yaw < high or yaw == high == 180
    low, high = map(int, words["yaw"].split("-"))
    assert low <= abs(yaw) < high or abs(yaw) == high == 180


def test_the_steps_of_the_scale_are_three_groups():
    groups = [groups_of_head({"monk": str(step)}, 0.0)["skin_tone"] for step in range(1, 11)]
    assert groups == ["1–3"] * 3 + ["4–7"] * 4 + ["8–10"] * 3
    assert "skin_tone" not in groups_of_head({"monk": "11"}, 0.0)
    assert "skin_tone" not in groups_of_head({}, 0.0)


def test_the_pose_error_in_degrees_is_the_geodesic_angle():
    euler = torch.tensor([[0.0, 0, 0], [10, -50, 20], [0, 180, 0], [0.01, 0, 0]], dtype=torch.float64)
    rotations, identity = rotation_from_euler(euler), rotation_from_euler(torch.zeros(4, 3, dtype=torch.float64))
    frobenius = pose_error(rotations, identity)
    measured = with_breakdowns(report([{}] * 4, frobenius.tolist())).values["geodesic"]
    np.testing.assert_allclose(measured, geodesic_error(rotations, identity), atol=1e-6)
    missing = with_breakdowns(report([{}], [float("nan")]))
    assert np.isnan(missing.values["geodesic"]).all()


def test_people_have_a_table_in_the_order_of_their_groups():
    people = [{"monk": "9", "age": "senior", "gender": "male"}, {"monk": "2", "age": "child", "gender": "female"}]
    whole = with_breakdowns(report(people))
    by_yaw, by_people = whole.breakdowns
    assert len(by_yaw.attributes["signed_yaw"]) == 12
    assert by_people.title == "by skin tone, age, gender"
    assert list(whole.groups("age")) == ["child", "young", "middle_aged", "senior"]
    assert whole.mean("nme", whole.groups("skin_tone")["8–10"]).value == 1.0
    assert whole.mean("nme", whole.groups("age")["young"]) is None
    assert whole.to_json()["attributes"]["gender"]["female"]["nme"]["value"] == 2.0
    assert not whole.notes


def test_what_a_set_does_not_record_is_a_note_and_no_table():
    old = with_breakdowns(report([{"glasses": "none"}, {"glasses": "dark"}]))
    assert [breakdown.title for breakdown in old.breakdowns] == ["by signed yaw"]
    assert old.notes == (
        "No table by skin tone, age, gender: the labels of this set do not say so much of the people.",
    )
    some = with_breakdowns(report([{"gender": "male"}]))
    assert some.breakdowns[1].title == "by gender"
    assert some.notes[0].startswith("No table by skin tone, age:")


def test_a_word_of_a_newer_generator_is_a_row_too():
    (_, people) = with_breakdowns(report([{"age": "ancient"}, {"age": "young"}])).breakdowns
    assert people.attributes["age"] == ("child", "young", "middle_aged", "senior", "ancient")
