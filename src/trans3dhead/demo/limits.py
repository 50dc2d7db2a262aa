"""How much the page's server takes, and what it answers where somebody sends more."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import anyio
import anyio.to_thread
from PIL import Image, UnidentifiedImageError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from trans3dhead.inference import Photograph

R = TypeVar("R")

_FORMATS = ("JPEG", "PNG", "WEBP", "BMP")  # what browsers show too
_BROKEN = (OSError, SyntaxError, ValueError, EOFError)  # what Pillow raises of broken files


@dataclass(frozen=True)
class Limits:
    """Of everything that a browser may send or ask for."""

    photograph_bytes: int = 25_000_000
    photograph_pixels: int = 50_000_000
    frame_bytes: int = 2_000_000  # of a camera's frame
    frame_pixels: int = 1_000_000
    request_bytes: int = 100_000  # of the parameters of a head
    cameras: int = 4  # that run at once
    seconds_to_send: float = 30.0  # a request's body
    seconds_to_wait: float = 30.0  # for those before


async def body_within(request: Request, most: int, seconds: float) -> bytes:
    """A request's body: HTTPException 413 of more than `most` bytes, 408 where it is not there after `seconds`."""
    if int(request.headers.get("content-length", 0)) > most:
        raise _too_large(most)
    body = bytearray()
    try:
        with anyio.fail_after(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise _too_large(most)
    except TimeoutError as error:
        raise HTTPException(408, f"expected the whole request within {seconds:g} seconds") from error
    return bytes(body)


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"expected at most {most / 1e6:g} MB; send a smaller picture")


def decode(encoded: bytes, most_pixels: int) -> Photograph:
    """The bytes of an image file -> the photograph, turned as its EXIF orientation says.

    Its size is read before any pixel is decoded. HTTPException 413 of more than `most_pixels`, 415 of no picture.
    """
    try:
        with Image.open(io.BytesIO(encoded), formats=_FORMATS) as picture:
            width, height = picture.size
            if width * height > most_pixels:
                raise HTTPException(
                    413, f"expected at most {most_pixels / 1e6:g} million pixels, got {width} × {height}; shrink it"
                )
            return Photograph(picture)
    except Image.DecompressionBombError as error:
        raise HTTPException(413, f"expected at most {most_pixels / 1e6:g} million pixels; shrink it") from error
    except UnidentifiedImageError as error:
        raise HTTPException(415, f"expected a picture ({', '.join(_FORMATS)}), got something else") from error
    except _BROKEN as error:
        raise HTTPException(415, f"expected a whole picture, got one that cannot be decoded: {error}") from error


class Worker:
    """Runs one computation at a time, each in a thread, so that the server answers others meanwhile."""

    def __init__(self, seconds_to_wait: float) -> None:
        self._one, self._seconds = anyio.CapacityLimiter(1), seconds_to_wait

    async def __call__(self, compute: Callable[[], R]) -> R:
        """What `compute` returns. HTTPException 503 where its turn does not come within the seconds to wait."""
        try:
            with anyio.fail_after(self._seconds):
                await self._one.acquire_on_behalf_of(compute)
        except TimeoutError as error:
            raise HTTPException(503, f"busy: others were not done within {self._seconds:g} seconds") from error
        try:
            return await anyio.to_thread.run_sync(compute)
        finally:
            self._one.release_on_behalf_of(compute)
