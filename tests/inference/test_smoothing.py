"""Heads that are smoothed: toy heads with known motion and known noise."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from toy_heads import toy_head
from trans3dhead.geometry.matrices import angle_between_matrices, euler_from_matrix, matrix_from_6d
from trans3dhead.inference import Camera, HeadSmoother, Pose, TrackedHead
from trans3dhead.inference.head import Head


@pytest.fixture(scope="module")
def still(toy) -> Head:
    """A head of about 100 pixels."""
    return toy_head(toy, (200, 150, 90, 110))


def noisy(head: Head, random: np.random.Generator) -> Head:
    """What a network says of one head in one frame: every part a little off."""
    size, given = float(np.sqrt(head.box[2:].prod())), head.parameters
    turn = Rotation.from_rotvec(0.01 * random.normal(size=3)).as_matrix()
    return replace(
        head,
        landmarks=head.landmarks + 0.004 * size * random.normal(size=(68, 2)),
        camera=Camera(
            head.camera.scale * np.exp(0.005 * random.normal()),
            head.camera.translation + 0.004 * size * random.normal(size=2),
        ),
        pose=Pose(head.pose.pitch, head.pose.yaw, head.pose.roll, turn @ head.pose.rotation),
        parameters=replace(
            given,
            shape=given.shape + 0.1 * random.normal(size=given.shape.shape),
            expression=given.expression + 0.01 * random.normal(size=given.expression.shape),
        ),
    )


def enlarged(head: Head, factor: float) -> Head:
    """The same in a photograph of so many times its resolution."""
    return replace(
        head,
        box=head.box * factor,
        landmarks=head.landmarks * factor,
        projected=head.projected * factor,
        camera=Camera(head.camera.scale * factor, head.camera.translation * factor),
    )


def run(heads: list[Head], rate: float = 30.0, key: int = 0) -> list[Head]:
    smoother = HeadSmoother()
    return [smoother([TrackedHead(key, head, 1.0)], step / rate)[0].head for step, head in enumerate(heads)]


def test_a_head_that_does_not_change_stays(still):
    for head in run([still] * 5):
        np.testing.assert_allclose(head.landmarks, still.landmarks)
        np.testing.assert_allclose(head.projected, still.projected, atol=1e-4)
        np.testing.assert_allclose(head.vertices, still.vertices, atol=1e-7)
        np.testing.assert_allclose(head.box, still.box, atol=1e-3)
        np.testing.assert_allclose(head.pose.rotation, still.pose.rotation, atol=1e-7)
        assert (head.score, head.landmark_spread) == (still.score, still.landmark_spread)


def test_noise_falls(still):
    random = np.random.default_rng(0)
    before = [noisy(still, random) for _ in range(200)]
    after = run(before)

    def deviations(heads: list[Head]) -> np.ndarray:
        heads = heads[60:]
        turns = [angle_between_matrices(head.pose.rotation, still.pose.rotation) for head in heads]
        return np.array(
            [
                np.std([head.landmarks for head in heads], axis=0).mean(),
                np.std([head.camera.translation for head in heads], axis=0).mean(),
                np.std([head.camera.scale for head in heads]),
                np.sqrt(np.mean(np.square(turns))),
                np.std([head.parameters.expression for head in heads], axis=0).mean(),
            ]
        )

    assert (deviations(after) < 0.5 * deviations(before)).all()
    apart = [np.abs(heads[-1].parameters.shape - still.parameters.shape).mean() for heads in (before, after)]
    assert apart[1] < 0.2 * apart[0]


def test_everything_agrees_with_the_parameters(still):
    random = np.random.default_rng(1)
    for head in run([noisy(still, random) for _ in range(8)]):
        model, given = head.head_model, head.parameters
        offsets = np.tensordot(given.shape, model.shape_basis, 1) + np.tensordot(
            given.expression, model.expression_basis, 1
        )
        np.testing.assert_allclose(head.vertices, model.template + offsets, atol=1e-6)
        np.testing.assert_allclose(head.projected, head.project(head.vertices), atol=1e-3)
        np.testing.assert_allclose(matrix_from_6d(given.rotation), head.pose.rotation, atol=1e-6)
        angles = [head.pose.pitch, head.pose.yaw, head.pose.roll]
        np.testing.assert_allclose(angles, euler_from_matrix(head.pose.rotation))
        inside = head.projected[model.subsets["head"]]
        np.testing.assert_allclose(head.box, [*inside.min(axis=0), *np.ptp(inside, axis=0)], atol=1e-3)


def test_the_network_s_translation_and_scale_follow_the_camera(still):
    """By p = (max(s + 1, 1e-8) · R v + t + 1) / 2 in a crop: its corner and side follow from the head as it was."""
    given = replace(
        still.parameters, scale=np.array([6.0], np.float32), translation=np.array([0.1, -0.2, 0.3], np.float32)
    )
    random = np.random.default_rng(2)
    heads = [noisy(replace(still, parameters=given), random) for _ in range(4)]
    for head, smooth in zip(heads, run(heads), strict=True):
        side = 2 * head.camera.scale / 7.0
        corner = head.camera.translation - (given.translation[:2] + 1) / 2 * side
        assert (smooth.parameters.scale[0] + 1) / 2 * side == pytest.approx(smooth.camera.scale)
        origin = corner + (smooth.parameters.translation[:2] + 1) / 2 * side
        np.testing.assert_allclose(origin, smooth.camera.translation, atol=1e-3)
        assert smooth.parameters.translation[2] == given.translation[2]


def test_the_resolution_does_not_matter(still):
    random = np.random.default_rng(3)
    heads = [noisy(still, random) for _ in range(20)]
    for small, large in zip(run(heads), run([enlarged(head, 7.0) for head in heads]), strict=True):
        np.testing.assert_allclose(large.landmarks, 7 * small.landmarks, rtol=1e-6)
        np.testing.assert_allclose(large.projected, 7 * small.projected, rtol=1e-5)


def test_fast_motion_is_kept(still):
    """A head that crosses its own width three times a second lags by less than a frame."""
    step = 0.1 * still.box[2]
    moving = [
        replace(
            still,
            landmarks=still.landmarks + np.array([step * time, 0]),
            camera=replace(still.camera, translation=still.camera.translation + np.array([step * time, 0])),
        )
        for time in range(30)
    ]
    for head, true in list(zip(run(moving), moving, strict=True))[10:]:
        assert np.abs(head.landmarks - true.landmarks).max() < step
        assert np.abs(head.camera.translation - true.camera.translation).max() < step


def test_a_blink_is_kept(still):
    """A lid that falls within three frames and rises again reaches two thirds of the way."""
    weights = np.zeros(60, np.float32)
    weights[30:37] = [0.33, 0.66, 1.0, 1.0, 0.66, 0.33, 0.0]
    expression = still.parameters.expression * 0
    blinking = []
    for weight in weights:
        expression = expression.copy()
        expression[1] = weight
        blinking.append(replace(still, parameters=replace(still.parameters, expression=expression)))
    found = [head.parameters.expression[1] for head in run(blinking)]
    assert max(found) > 0.67
    assert max(found[40:]) < 0.1


def test_each_id_has_its_own_filters_and_is_forgotten(still):
    random = np.random.default_rng(4)
    heads, others = ([noisy(still, random) for _ in range(10)] for _ in range(2))
    smoother, found = HeadSmoother(), []
    for step, (head, other) in enumerate(zip(heads, others, strict=True)):
        pair = smoother([TrackedHead(7, other, 1.0), TrackedHead(3, head, 0.5)], step / 30)
        assert [(one.id, one.score) for one in pair] == [(7, 1.0), (3, 0.5)]
        found.append(pair[1].head)
    for one, alone in zip(found, run(heads), strict=True):  # and determinism
        np.testing.assert_array_equal(one.projected, alone.projected)
    (late,) = smoother([TrackedHead(3, heads[0], 1.0)], 60.0)
    np.testing.assert_allclose(late.head.landmarks, heads[0].landmarks)
    np.testing.assert_allclose(late.head.parameters.shape, heads[0].parameters.shape, rtol=1e-6)


def test_what_was_given_is_not_changed(still):
    before = {name: value.copy() for name, value in still.arrays().items()}
    run([still] * 3)
    for name, value in still.arrays().items():
        np.testing.assert_array_equal(value, before[name])


def test_time_must_pass(still):
    smoother = HeadSmoother()
    smoother([TrackedHead(0, still, 1.0)], 0.5)
    with pytest.raises(ValueError, match="increase"):
        smoother([TrackedHead(0, still, 1.0)], 0.5)
