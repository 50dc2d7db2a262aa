"""Frames of a camera, one by one over a WebSocket: their answers, and who gets none."""

import numpy as np
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from demo_clients import CAMERA, GRAY, client_of
from paths import ASTRONAUT
from trans3dhead.images import encode_jpeg, encode_png, read_photograph
from trans3dhead.inference import Predictor


def test_frames_are_answered_with_heads_that_keep_their_id(client: TestClient, two_people: np.ndarray):
    with client.websocket_connect(CAMERA) as camera:
        places: list[dict[int, float]] = []
        for shift in (0, 4, 8):
            camera.send_bytes(encode_jpeg(np.roll(two_people, shift, axis=1)))
            answer = camera.receive_json()
            assert answer["size"] == [1024, 512]
            places.append({head["id"]: head["box"][0] for head in answer["heads"]})
    assert [sorted(ids) for ids in places] == [[0, 1]] * 3
    for one in (0, 1):
        assert places[2][one] - places[0][one] == pytest.approx(8, abs=4)


def test_a_head_that_moved_far_between_two_frames_is_looked_at_again(client: TestClient, predictor: Predictor):
    photograph = read_photograph(ASTRONAUT)
    size = predictor(photograph)[0].box[2]
    moved = np.roll(photograph, 50, axis=1)
    with client.websocket_connect(CAMERA) as camera:
        for frame in (photograph, moved):
            camera.send_bytes(encode_jpeg(frame))
            (head,) = camera.receive_json()["heads"]
    assert abs(head["box"][0] - predictor(moved)[0].box[0]) < 0.1 * size


def test_a_frame_that_cannot_be_read_ends_nothing(predictor: Predictor):
    client = client_of(predictor, frame_bytes=100_000, frame_pixels=400_000)
    with client.websocket_connect(CAMERA) as camera:
        camera.send_bytes(b"no picture")
        assert "expected a picture" in camera.receive_json()["error"]
        camera.send_text("a frame")
        assert "expected a picture" in camera.receive_json()["error"]
        camera.send_bytes(encode_png(np.zeros((1000, 1000, 3), np.uint8)))
        assert "at most 0.4 million pixels" in camera.receive_json()["error"]
        camera.send_bytes(b"x" * 100_001)
        assert "frames of 0.1 MB at most" in camera.receive_json()["error"]
        camera.send_bytes(encode_jpeg(GRAY))
        assert camera.receive_json()["heads"] == []


def test_a_camera_that_sends_nothing_makes_room(predictor: Predictor):
    with client_of(predictor, cameras=1, seconds_between_frames=0.05) as client:
        with client.websocket_connect(CAMERA) as camera, pytest.raises(WebSocketDisconnect) as ended:
            camera.receive_json()
        assert ended.value.reason == "no frame came for a long time"


def test_no_more_cameras_than_allowed(predictor: Predictor):
    with client_of(predictor, cameras=1) as client:
        with (
            client.websocket_connect(CAMERA),
            client.websocket_connect(CAMERA) as second,
            pytest.raises(WebSocketDisconnect) as refused,
        ):
            second.receive_json()
        assert (refused.value.code, refused.value.reason) == (1013, "1 cameras run already")
        with client.websocket_connect(CAMERA) as again:  # the first has ended
            again.send_bytes(encode_jpeg(GRAY))
            assert again.receive_json()["heads"] == []
