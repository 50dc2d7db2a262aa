"""The file of head boxes: read, or refused at the path of the fault."""

from pathlib import Path

import numpy as np
import pytest

from trans3dhead.cli.predict_boxes import read_boxes

PHOTOGRAPH = Path("somewhere") / "a.jpg"


def test_boxes_are_read_by_the_photographs_name(tmp_path: Path) -> None:
    (tmp_path / "boxes.json").write_text('{"a.jpg": [[1, 2, 30.5, 40], [-5, 6, 7e2, 8]], "b.jpg": []}')
    boxes = read_boxes(tmp_path / "boxes.json", [PHOTOGRAPH, Path("b.jpg")])
    np.testing.assert_array_equal(boxes["a.jpg"], [[1, 2, 30.5, 40], [-5, 6, 700, 8]])
    assert boxes["b.jpg"].shape == (0, 4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"a.jpg": [[1, 2, 30, 40], [1, 2, 30]]}',
            r"boxes\.json: 'a\.jpg': \$\[1\]: expected `array` of length 4, got 3;",
        ),
        ('{"a.jpg": [[1, 2, true, 40]]}', r"'a\.jpg': \$\[0\]\[2\]: expected `float`, got `bool`"),
        ('{"a.jpg": [[1, 2, "30", 40]]}', r"'a\.jpg': \$\[0\]\[2\]: expected `float`, got `str`"),
        ('{"a.jpg": [[1, 2, NaN, 40]]}', "expected JSON in UTF-8"),
        ('[["a.jpg", [1, 2, 30, 40]]]', r"\$: expected `object`, got `array`"),
        ('{"a.jpg": [], "b.jpg": "none"}', r"'b\.jpg': \$: expected `array`, got `str`"),
        ('{"b.jpg": []}', r"it lacks a\.jpg"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "boxes.json").write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        read_boxes(tmp_path / "boxes.json", [PHOTOGRAPH])
    assert '{"photo.jpg": [[x, y, w, h], ...]}' in str(error.value)
