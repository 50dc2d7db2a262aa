"""Labels drawn on a photograph: colours say what flags and classes say."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from headsynth.label_pictures import FLAG_COLOURS, draw_labels
from toy_sets import random_head
from trans3dhead.data.annotations import Visibility
from trans3dhead.data.segments import COLOURS, Segment
from trans3dhead.head_model import HeadModel


def test_every_class_has_a_colour_of_its_own() -> None:
    assert len(COLOURS) == len(Segment)
    assert len(np.unique(COLOURS, axis=0)) == len(Segment)


def test_three_pictures_of_which_the_first_is_the_photograph(toy_file: Path) -> None:
    toy, rng = HeadModel.load(toy_file), np.random.default_rng(0)
    head = random_head(toy, rng)
    image = np.full((80, 96, 3), 90, np.uint8)
    classes = np.zeros((80, 96), np.uint8)
    classes[:40] = Segment.HAIR
    for flag, colour in FLAG_COLOURS.items():
        drawn = draw_labels(image, classes, [replace(head, landmark_visibility=np.full(68, flag, np.uint8))], toy)
        first, second, third = np.split(drawn, 3, axis=1)
        np.testing.assert_array_equal(first, image)
        assert (second[:40] == second[0, 0]).all()
        assert (second[0, 0] != second[-1, 0]).any()
        of_flag = {other: (third == other_colour).all(axis=2).sum() for other, other_colour in FLAG_COLOURS.items()}
        assert of_flag[flag] > 20, colour
        assert sum(of_flag.values()) == of_flag[flag]
    assert (image == 90).all()


def test_labels_of_the_first_format_are_drawn_too(toy_file: Path) -> None:
    toy = HeadModel.load(toy_file)
    head = replace(random_head(toy, np.random.default_rng(0)), landmark_visibility=None, face_box=None)
    drawn = draw_labels(np.zeros((80, 96, 3), np.uint8), np.zeros((80, 96), np.uint8), [head], toy)
    seen = (drawn[:, 192:] == FLAG_COLOURS[Visibility.VISIBLE]).all(axis=2)
    assert not seen.any()
    assert drawn[:, 192:].max() == 255
