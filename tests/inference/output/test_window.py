"""The window that shows the overlay, with OpenCV's part of it taken down in place of shown."""

import sys

import cv2
import numpy as np
import pytest

from trans3dhead.inference.output.window import Window


@pytest.fixture
def screen(monkeypatch) -> dict:
    """What was shown, and what the person does: `key` pressed, window `visible`."""
    state = {"shown": [], "key": -1, "visible": 1.0, "size": None, "closed": False}
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(cv2, "namedWindow", lambda *_: None)
    monkeypatch.setattr(cv2, "resizeWindow", lambda _, *size: state.update(size=size))
    monkeypatch.setattr(cv2, "imshow", lambda _, picture: state["shown"].append(picture))
    monkeypatch.setattr(cv2, "waitKey", lambda _: state["key"])
    monkeypatch.setattr(cv2, "getWindowProperty", lambda *_: state["visible"])

    def destroy(_):
        if not state["visible"]:
            raise cv2.error("NULL window")
        state.update(closed=True)

    monkeypatch.setattr(cv2, "destroyWindow", destroy)
    return state


def test_pictures_are_shown_in_their_colours_until_q_or_escape(screen):
    red = np.zeros((30, 40, 3), np.uint8)
    red[..., 0] = 255
    with Window("camera 0") as show:
        assert show(red)
        assert show(red)
        for key in (ord("q"), 27):
            screen["key"] = key
            assert not show(red)
    assert screen["size"] == (40, 30)
    assert screen["shown"][0][0, 0].tolist() == [0, 0, 255]  # OpenCV's order
    assert screen["closed"]


def test_a_window_that_is_closed_ends_it(screen):
    with Window("camera 0") as show:
        assert show(np.zeros((30, 40, 3), np.uint8))
        screen["visible"] = 0.0
        assert not show(np.zeros((30, 40, 3), np.uint8))
    assert len(screen["shown"]) == 1


def test_an_opencv_without_windows_says_what_to_install(monkeypatch):
    def not_implemented(*_):
        raise cv2.error("The function is not implemented")

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(cv2, "namedWindow", not_implemented)
    with pytest.raises(ValueError, match="pip uninstall -y opencv-python-headless && pip install opencv-python"):
        Window("camera 0")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have no such variables")
def test_without_a_screen_there_is_no_window(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(ValueError, match="expected a screen, got neither DISPLAY nor WAYLAND_DISPLAY"):
        Window("camera 0")
