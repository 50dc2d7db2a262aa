"""A camera's frames: the newest first, and what is said when there are none."""

import threading
import time

import pytest

from toy_cameras import ToyCamera
from trans3dhead.inference import BrokenFramesError, Webcam


def wait_until_handed_over(camera: ToyCamera, frames: int) -> None:
    """Until the camera is asked for the next frame: the ones before have been handed over by then."""
    for _ in range(10_000):
        if camera.asked > frames:
            return
        time.sleep(0.01)
    pytest.fail(f"the camera was asked {camera.asked} times")


def test_who_is_slow_gets_the_newest_frame():
    camera = ToyCamera()
    with Webcam(3, lambda number: camera if number == 3 else None) as webcam:
        assert (webcam.name, webcam.frame_rate, webcam.length) == ("camera 3", 50.0, None)
        frames = iter(webcam)
        camera.allowed.release(1)
        first = next(frames)
        camera.allowed.release(7)
        wait_until_handed_over(camera, 8)
        newest = next(frames)
        camera.allowed.release()  # so that the thread comes to its end
    assert (first.number, int(first.pixels[0, 0, 0])) == (0, 0)
    assert (newest.number, int(newest.pixels[0, 0, 0])) == (7, 7)
    assert 0.0 == first.time < newest.time
    assert camera.released


def test_no_frame_comes_twice():
    camera = ToyCamera()
    with Webcam(0, lambda _: camera) as webcam:
        frames = iter(webcam)
        numbers = []
        for _ in range(5):
            camera.allowed.release()
            numbers.append(next(frames).number)
        camera.allowed.release()
    assert numbers == [0, 1, 2, 3, 4]


def test_a_camera_that_is_lost_is_told():
    camera = ToyCamera(frames=4)
    seen = []
    with Webcam(0, lambda _: camera) as webcam, pytest.raises(BrokenFramesError, match="camera 0: lost after 4 frames"):
        seen.extend(frame.number for frame in webcam)
    assert seen[-1] == 3


def test_a_camera_that_hangs_is_lost_after_a_while():
    hangs, ended = threading.Event(), threading.Event()

    class Hanging(ToyCamera):
        def read(self):
            if self.given == 1:
                hangs.set()
                ended.wait(60)
            return super().read()

    camera = Hanging(frames=2)
    with Webcam(0, lambda _: camera, patience=0.2) as webcam:
        assert hangs.wait(60)  # with its first frame handed over, so that patience is for the second
        with pytest.raises(BrokenFramesError, match="lost after 1"):
            list(webcam)
    ended.set()


def test_no_such_camera():
    with pytest.raises(ValueError, match="camera 7: no such camera, or another program uses it"):
        Webcam(7, lambda _: ToyCamera(there=False))
