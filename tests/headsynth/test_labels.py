"""What the camera sees of a head: constructed things before, behind and around it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from headsynth.labels import Seen, Silhouette, landmark_visibility, segmentation, visible_share
from headsynth.people.skin_library import SkinLibrary
from headsynth.photograph import Studio
from headsynth.rendering.materials import Plain
from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Part, Scene
from headsynth.rendering.textures import Texture
from headsynth.wear.wardrobe import Wardrobe
from trans3dhead.data.annotations import Visibility
from trans3dhead.data.segments import Segment
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model import topology_of
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR

SIZE = 96
DEPTH = 1.0  # metres from the camera to the head's origin


class Bust:
    """The mean head with an expression, and things near it."""

    def __init__(self, wardrobe: Wardrobe, yaw: float = 0.0, shift: float = 0.0, **weights: float) -> None:
        self.wardrobe = wardrobe
        expression = np.array([weights.get(name, 0.0) for name in wardrobe.head.expression_names], np.float32)
        self.vertices = wardrobe.mesh.vertices(np.zeros(wardrobe.head.layout.shape, np.float32), expression)[1]
        turn = rotation_from_euler(torch.tensor([0.0, yaw, 0.0]).double()).numpy()
        centre = np.array([SIZE / 2.0 + shift, SIZE / 2.0])
        self.window = np.array([0, 0, SIZE, SIZE])
        self.placement = Placement(turn, np.array([0.0, 0.0, DEPTH]), 2.8 * SIZE, centre)

    def parts(self) -> list[Part]:
        """Skin, eyes and tongue."""
        mesh, mouth = self.wardrobe.mesh, SkinLibrary(self.wardrobe.head, self.wardrobe.mesh).mouth
        points = self.placement.to_camera(self.vertices).astype(np.float32)
        grey, segments = Plain(np.full(3, 0.5)), (Segment.SKIN, Segment.EYES, Segment.MOUTH)
        parts = []
        for kind, segment in enumerate(segments):
            piece = mesh.pieces[kind]
            rows, triangles = points[piece.rows], piece.triangles
            parts.append(Part(segment.name, rows, triangles, mesh.uvs, piece.uv_triangles, grey, segment))

        def classes(triangles: np.ndarray, weights: np.ndarray) -> np.ndarray:
            return np.where(mouth[triangles], Segment.MOUTH, Segment.SKIN).astype(np.uint8)

        return [replace(parts[0], segments=classes), *parts[1:]]

    def flags(self, *things: Part) -> np.ndarray:
        """(68,) of Visibility."""
        points = self.placement.to_camera(
            topology_of(self.wardrobe.head.numpy()).landmarks(self.vertices.astype(float))
        )
        return landmark_visibility(self.look(*things), points, self.placement)

    def look(self, *things: Part) -> Seen:
        """The scene and what the camera sees of it."""
        scene = Scene([*self.parts(), *things])
        grid = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), axis=-1).reshape(-1, 2) + 0.5
        rays = np.column_stack(((grid - self.placement.principal_point) / self.placement.focal, np.ones(len(grid))))
        rays = (rays / np.linalg.norm(rays, axis=1, keepdims=True)).astype(np.float32)
        hits = scene.trace(rays, np.random.default_rng(0))
        return Seen(scene, hits, segmentation(scene, hits, SIZE, self.window), self.window)

    def share(self, *things: Part) -> float:
        """Of the head that is seen."""
        cells = Silhouette.of(self.wardrobe.head).cells(self.vertices, self.placement)
        return visible_share(self.look(*things), cells)


@pytest.fixture
def bust(wardrobe: Wardrobe) -> Bust:
    return Bust(wardrobe)


def plate(depth: float = 0.7, left: float = -1.0, right: float = 1.0, segment: Segment = Segment.ACCESSORY) -> Part:
    """A sheet across the view, metres; opaque."""
    corners = np.array([[left, -1, depth], [right, -1, depth], [right, 1, depth], [left, 1, depth]], np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    uvs = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    return Part("plate", corners, triangles, uvs, triangles, Plain(np.full(3, 0.2)), segment)


def veil(opacity: float) -> Part:
    """A cut-out sheet before the face of which this share is opaque, in fine stripes."""
    alpha = np.where(np.arange(20) < 20 * opacity, 255, 0).astype(np.uint8)
    texture = Texture(np.zeros((1, 8000, 3), np.uint8), np.tile(alpha, 400)[None])
    return replace(plate(segment=Segment.HAIR), cutout=texture, opacity=np.full(2, opacity, np.float32))


def test_a_face_is_seen_from_the_front_and_not_from_behind(wardrobe: Wardrobe) -> None:
    front, back = Bust(wardrobe).flags(), Bust(wardrobe, yaw=180.0).flags()
    assert (front[17:] == Visibility.VISIBLE).all()  # the ends of the jaw line lie behind the cheeks
    assert (back[17:] == Visibility.SELF_OCCLUDED).all()  # the angles of the jaw stand out on either side


def test_turned_heads_show_one_side(wardrobe: Wardrobe) -> None:
    flags = Bust(wardrobe, yaw=70.0).flags()  # the face turns to the picture's left: its left side is seen
    left, right = [45, 46, 25, 14, 54], [36, 41, 18, 2]
    assert (flags[left] == Visibility.VISIBLE).all()
    assert (flags[right] == Visibility.SELF_OCCLUDED).all()


@pytest.mark.parametrize("yaw", [20.0, 75.0, 130.0])
def test_a_mirrored_pose_has_mirrored_flags(wardrobe: Wardrobe, yaw: float) -> None:
    one, other = Bust(wardrobe, yaw=yaw).flags(), Bust(wardrobe, yaw=-yaw).flags()
    assert (one != other[list(LANDMARK_MIRROR)]).sum() <= 1  # one may lie on the brink


def test_what_is_in_front_covers_and_what_is_behind_does_not(bust: Bust) -> None:
    alone = bust.flags()
    covered = np.where(alone == Visibility.VISIBLE, Visibility.COVERED, alone)
    np.testing.assert_array_equal(bust.flags(plate()), covered)
    np.testing.assert_array_equal(bust.flags(plate(depth=1.4)), alone)
    np.testing.assert_array_equal(bust.flags(replace(plate(), hides=False)), alone)  # as a brow or a beard
    np.testing.assert_array_equal(bust.flags(plate(depth=-0.7)), alone)  # behind the camera


def test_half_a_plate_covers_one_half(bust: Bust) -> None:
    flags = bust.flags(plate(right=-0.004))  # to the picture's left, the head's right
    assert (flags[[36, 37, 48, 17]] == Visibility.COVERED).all()
    assert (flags[[42, 45, 54, 26]] == Visibility.VISIBLE).all()


def test_the_head_s_own_body_and_another_one_are_told_apart(bust: Bust) -> None:
    own = bust.flags(plate(segment=Segment.SKIN))
    other = bust.flags(replace(plate(segment=Segment.SKIN), person=1))
    assert (own[17:] == Visibility.SELF_OCCLUDED).all()
    assert (other[17:] == Visibility.COVERED).all()


@pytest.mark.parametrize(("tint", "expected"), [(0.9, Visibility.VISIBLE), (0.1, Visibility.COVERED)])
def test_clear_lenses_let_through_and_dark_ones_do_not(bust: Bust, tint: float, expected: Visibility) -> None:
    lens = replace(plate(), tint=(tint, tint, tint))
    assert (bust.flags(lens)[17:] == expected).all()
    classes, without = bust.look(lens).classes, bust.look().classes
    np.testing.assert_array_equal(classes, without if tint > 0.5 else np.full_like(without, Segment.ACCESSORY))


@pytest.mark.parametrize(("opacity", "expected"), [(0.2, Visibility.VISIBLE), (0.9, Visibility.COVERED)])
def test_thin_hair_lets_through_and_thick_hair_does_not(bust: Bust, opacity: float, expected: Visibility) -> None:
    assert (bust.flags(veil(opacity))[17:] == expected).mean() > 0.9


def test_what_lies_outside_of_the_frame_is_not_seen(wardrobe: Wardrobe) -> None:
    flags = Bust(wardrobe, shift=0.5 * SIZE).flags()  # the picture's right edge cuts the face in two
    assert (flags[[42, 45, 54]] == Visibility.OUTSIDE).all()
    assert (flags[[36, 48]] == Visibility.VISIBLE).all()


def test_bars_at_the_sides_hide_what_they_cover(bust: Bust) -> None:
    alone, share = bust.flags(), bust.share()
    bust.window = np.array([SIZE // 2, 0, SIZE, SIZE])
    flags, classes = bust.flags(), bust.look().classes
    assert (flags[[36, 48, 17]] == Visibility.OUTSIDE).all()
    np.testing.assert_array_equal(flags[[42, 45, 54, 26]], alone[[42, 45, 54, 26]])
    assert (classes[:, : SIZE // 2] == Segment.BACKGROUND).all()
    assert (classes[:, SIZE // 2 :] == Segment.SKIN).any()
    assert bust.share() == pytest.approx(share / 2, abs=0.03)


def test_an_open_mouth_shows_its_inside_between_the_lips(wardrobe: Wardrobe) -> None:
    classes = Bust(wardrobe, jawOpen=1.0).look().classes
    marks = topology_of(wardrobe.head.numpy()).landmarks(Bust(wardrobe, jawOpen=1.0).vertices.astype(float))
    pixels = Bust(wardrobe).placement.project(marks[60:68])
    rows, columns = np.nonzero(classes == Segment.MOUTH)
    assert len(rows) > 20
    assert pixels[:, 1].min() - 1 < rows.min() < rows.max() < pixels[:, 1].max() + 1
    assert pixels[:, 0].min() - 1 < columns.min() < columns.max() < pixels[:, 0].max() + 1
    assert (classes == Segment.EYES).any()
    assert set(np.unique(classes)) == {Segment.BACKGROUND, Segment.SKIN, Segment.EYES, Segment.MOUTH}


def test_the_visible_share_is_that_of_the_head_s_pixels(bust: Bust, wardrobe: Wardrobe) -> None:
    scene, hits = bust.look().scene, bust.look().hits
    in_head = np.zeros(len(wardrobe.mesh.template), bool)
    in_head[wardrobe.head_rows] = True
    rows = np.concatenate([wardrobe.mesh.pieces[kind].rows for kind in range(3)])
    of_head = in_head[rows[scene.triangles]].all(axis=1)
    met = (hits.triangles >= 0) & of_head[hits.triangles]
    column = np.arange(SIZE * SIZE) % SIZE
    for edge in (-0.03, 0.0, 0.04):
        cut = bust.placement.focal * edge / 0.7 + SIZE / 2
        expected = met[column >= cut].sum() / met.sum()
        assert bust.share(plate(right=edge)) == pytest.approx(expected, abs=0.03)
    assert bust.share() > 0.99
    assert bust.share(plate()) == 0.0
    assert bust.share(plate(segment=Segment.HAIR)) == 1.0  # one's own hair is part of the head
    assert bust.share(replace(plate(segment=Segment.HAIR), person=1)) == 0.0


def test_the_visible_share_counts_what_lies_outside(wardrobe: Wardrobe) -> None:
    assert Bust(wardrobe, shift=0.5 * SIZE).share() == pytest.approx(0.5, abs=0.03)


def test_a_photograph_s_labels_agree_with_each_other(studio: Studio) -> None:
    for index in range(4):
        photograph = studio.photograph(6, index)
        annotation, classes = photograph.annotation, photograph.segmentation
        assert classes.shape == photograph.image.shape[:2]
        assert annotation.landmark_visible is not None
        assert annotation.face_box is not None
        inside = annotation.face_box[:2] - annotation.box[:2]
        assert (inside > -1e-9).all()
        assert (inside + annotation.face_box[2:] < annotation.box[2:] + 1e-9).all()
        assert 0.0 <= annotation.visible <= 1.0
        if annotation.attributes["clothes"] != "none" and annotation.attributes["pose"] == "front":
            low = int(annotation.box[1] + annotation.box[3])
            assert (classes[:low] == Segment.CLOTHES).sum() < 0.5 * (classes == Segment.CLOTHES).sum()
        rows, columns = np.nonzero(np.isin(classes, (Segment.EYES, Segment.MOUTH)))
        x, y, w, h = annotation.box
        assert ((columns >= x - 1) & (columns < x + w) & (rows >= y - 1) & (rows < y + h)).all()
