"""The local web page: photographs, clips and the camera in a browser, all of it on this machine."""

from trans3dhead.demo.limits import Limits
from trans3dhead.demo.server import create_app, serve

__all__ = ["Limits", "create_app", "serve"]
