"""JSON as people read it: the same values, lists on one line."""

import json

from hypothesis import given
from hypothesis import strategies as st

from trans3dhead.inference.output import json_text

PLAIN = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False) | st.text(max_size=6)
VALUES = st.recursive(PLAIN, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=3), v, max_size=3))


@given(VALUES)
def test_it_is_the_same_json(value):
    assert json.loads(json_text(value)) == json.loads(json.dumps(value))


def test_points_lie_on_one_line_and_objects_on_several():
    text = json_text({"size": [3, 4], "heads": [{"points": [[1.5, 2], [3, 4]], "pose": {"yaw": 0.1}}], "none": []})
    assert text == (
        '{\n "size": [3, 4],\n "heads": [\n  {\n   "points": [[1.5, 2], [3, 4]],\n   "pose": {\n    "yaw": 0.1\n'
        '   }\n  }\n ],\n "none": []\n}'
    )
