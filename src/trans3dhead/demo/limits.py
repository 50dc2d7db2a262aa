"""How much the page's server takes, and what it answers where somebody sends more."""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
_SOON = {"retry-after": "1"}
_ADDRESSES = 1000  # that are remembered before those of long ago are forgotten
_BROKEN = (OSError, SyntaxError, ValueError, EOFError)  # what Pillow raises of broken files


@dataclass(frozen=True)
class Limits:
    """The limits of everything that a browser may send or ask for."""

    photograph_bytes: int = 25_000_000
    photograph_pixels: int = 50_000_000
    frame_bytes: int = 2_000_000  # of a camera's frame
    frame_pixels: int = 1_000_000
    request_bytes: int = 100_000  # of the parameters of a head
    cameras: int = 4  # that run at once
    seconds_to_send: float = 30.0  # a request's body
    seconds_to_wait: float = 30.0  # for those before
    seconds_between_frames: float = 120.0  # until a camera that sends none is taken for gone
    requests: int = 32  # with a body, that are read or wait at once: what they hold in memory is bounded
    requests_a_second: float = 10.0  # of one address, in the long run
    requests_in_a_burst: int = 60  # of one address


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
        raise HTTPException(415, "expected a whole picture, got one that cannot be decoded") from error


class Door:
    """How many requests are inside at once, and how fast one address may come."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock, self._inside = limits, clock, 0
        self._left: dict[str, tuple[float, float]] = {}  # of each address: requests left of its burst, and when

    @contextmanager
    def inside(self, address: str, counts: int = 1) -> Iterator[None]:
        """While a request is answered. HTTPException 429 for an address that comes too fast, 503 where all is full.

        counts: as so many requests, of one that takes as long.
        """
        self._count(address, counts)
        if self._inside >= self._limits.requests:
            raise HTTPException(503, f"busy: {self._inside} requests are here already; come again", _SOON)
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    def _count(self, address: str, counts: int) -> None:
        rate, burst, now = self._limits.requests_a_second, self._limits.requests_in_a_burst, self._clock()
        if len(self._left) >= _ADDRESSES:  # those that may come as if for the first time need not be known
            self._left = {one: (left, at) for one, (left, at) in self._left.items() if left + rate * (now - at) < burst}
        left, at = self._left.get(address, (float(burst), now))
        left = min(left + rate * (now - at), burst)
        counts = min(counts, burst)
        self._left[address] = (max(left - counts, 0.0), now)
        if left < counts:
            raise HTTPException(429, f"expected at most {rate:g} requests a second; come again", _SOON)


class Worker:
    """Runs one computation at a time, each in a thread, so that the server answers others meanwhile."""

    def __init__(self, seconds_to_wait: float) -> None:
        self._one, self._seconds = anyio.CapacityLimiter(1), seconds_to_wait

    async def __call__(self, compute: Callable[[], R]) -> R:
        """What `compute` returns.

        HTTPException 503 where its turn does not come within the seconds to wait, or the server is stopped before.
        """
        try:
            return await self._in_turn(compute)
        except anyio.get_cancelled_exc_class() as error:  # so who waits gets an answer, and the log no traceback
            raise HTTPException(503, "the server is being stopped") from error

    async def _in_turn(self, compute: Callable[[], R]) -> R:
        try:
            with anyio.fail_after(self._seconds):
                await self._one.acquire_on_behalf_of(compute)
        except TimeoutError as error:
            raise HTTPException(503, f"busy: others were not done within {self._seconds:g} seconds") from error
        try:
            return await anyio.to_thread.run_sync(compute)
        finally:
            self._one.release_on_behalf_of(compute)
