from dataclasses import replace

import numpy as np
import pytest

from headsynth.ingredients import ALL, Streams
from headsynth.people import mouth
from headsynth.people.eyes import Eyes, Lids
from headsynth.people.person import Person
from headsynth.people.poses import sample_view
from headsynth.photograph import Studio
from headsynth.rendering.environment import LUMINANCE
from headsynth.rendering.materials import Plain
from headsynth.rendering.scene import Part, SurfaceSamples
from trans3dhead.data.segments import Segment

WIDE = Lids(np.linspace(-1.2, 1.2, 4), np.full(4, 0.5), np.full(4, -0.5), 1.2)


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    """Two eyes that look along z at a camera there, wide open; no veins."""
    turn = np.diag([1.0, 1.0, 1.0])
    ahead = np.tile([0.0, 0.0, 1.0], (2, 1))
    centres = np.array([[0.03, 0.0, 0.0], [-0.03, 0.0, 0.0]])
    brown, white, skin = np.array([0.1, 0.05, 0.02]), np.array([0.6, 0.55, 0.5]), np.array([0.3, 0.2, 0.1])
    return Eyes(centres, ahead, turn, (WIDE, WIDE), brown, brown, white, 0.4, 0.4, 0.0, 1.0, skin)


def _looked_at(eyes: Eyes, across: list[float], up: list[float]) -> np.ndarray:
    """(N,) luminance at angles from the gaze on the left eye."""
    x, y = np.tan(np.array(across)), np.tan(np.array(up))
    outward = np.column_stack((x, y, np.ones(len(x))))
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    positions = (eyes.centres[0] + 0.012 * outward).astype(np.float32)
    corners, rows = np.zeros((3, 3), np.float32), np.zeros(len(x), np.int32)
    part = Part(
        "eyes", corners, np.arange(3)[None], corners[:, :2], np.arange(3)[None], Plain(np.ones(3)), Segment.EYES
    )
    samples = SurfaceSamples(part, rows, np.full((len(x), 3), 1 / 3, np.float32), positions, outward.astype(np.float32))
    return eyes.shade(samples).albedo @ LUMINANCE


def test_the_pupil_is_black_and_the_sclera_is_lightest(eyes: Eyes) -> None:
    pupil, iris, white = _looked_at(eyes, [0.0, 0.25, 0.7], [0.0, 0.0, 0.0])
    assert pupil < 0.3 * iris
    assert iris < 0.6 * white


def test_lids_shade_what_is_near_them(eyes: Eyes) -> None:
    below_lid, middle = _looked_at(eyes, [0.55, 0.55], [0.47, 0.0])
    assert below_lid < 0.75 * middle


def test_an_eyeball_out_of_a_closed_lid_has_the_lids_colour(eyes: Eyes) -> None:
    closed = Lids(WIDE.across, np.full(4, -0.3), np.full(4, -0.3), 1.2)
    shut = replace(eyes, lids=(closed, closed))
    np.testing.assert_allclose(_looked_at(shut, [0.0, 0.3, -0.5], [0.0, 0.2, 0.1]), eyes.skin @ LUMINANCE, rtol=1e-5)


def test_only_what_lies_between_the_lips_is_seen_through_them() -> None:
    angles = np.linspace(0.0, 2.0 * np.pi, 12, endpoint=False)
    lips = np.column_stack((0.03 * np.cos(angles), 0.02 * np.sin(angles), np.ones(12)))
    points = np.array([[0.0, 0.0, 1.05], [0.02, 0.01, 1.05], [0.05, 0.0, 1.05], [0.0, -0.04, 1.02]])
    np.testing.assert_array_equal(mouth.between_lips(points, lips), [True, True, False, False])
    np.testing.assert_array_equal(mouth.between_lips(3.0 * points, 3.0 * lips), [True, True, False, False])
    np.testing.assert_array_equal(mouth.between_lips(points, lips[::-1]), [True, True, False, False])


def test_the_skin_keeps_its_vertices_where_its_lining_is_hidden(studio: Studio) -> None:
    streams = Streams(6, 0)
    view = sample_view(streams["view"], studio.size)
    person = Person.sample(streams, studio.wardrobe.head, studio.wardrobe.mesh, view, ALL)
    skin = studio.dresser.dress(person, streams, ALL).parts[0]
    piece = studio.wardrobe.mesh.pieces[0]
    assert len(skin.vertices) == len(piece.rows)
    lost = len(piece.triangles) - len(skin.triangles)
    assert 0 < lost <= len(studio.dresser.skins.lining)
    assert skin.corners is not None
    assert len(skin.corners) == len(skin.triangles) == len(skin.uv_triangles)
