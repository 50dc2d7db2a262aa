"""The server of the page: it holds a `Predictor`, writes nothing to disk, and keeps no photograph."""

import hashlib
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from trans3dhead import __version__
from trans3dhead.demo.guard import HEADERS, Guard, hosts_of
from trans3dhead.demo.head_files import glb_of_parameters, skin_of
from trans3dhead.demo.head_model_file import head_model_file
from trans3dhead.demo.limits import Door, Limits, R, Worker, body_within, decode
from trans3dhead.geometry.boxes import iou, share_inside
from trans3dhead.inference import Head, HeadSmoother, HeadTracker, Photograph, Predictor, TrackedHead
from trans3dhead.inference.detectors.any_roll import SIDES

_TRY_AGAIN_LATER = 1013  # a WebSocket's code where there are too many
_STAYED = 0.85  # overlap (IoU) of a head with the box it was looked for in, below which it is looked at again
_LEAST_INSIDE = 0.2  # of a box's area in the frame, to be looked at
_SECONDS_TO_END = 2  # for what still runs when the server is stopped


def create_app(predictor: Predictor, limits: Limits | None = None, address: str = "127.0.0.1") -> Starlette:
    """The page and its routes as an ASGI application.

    address: where it will listen; at a local one it answers under local names alone.
    Raises ValueError for a head model that the page cannot show.
    """
    server = _Server(predictor, limits or Limits())
    return Starlette(
        routes=[
            Route("/api/about", server.about),
            Route("/api/head-model", server.head_model),
            Route("/api/heads", server.heads, methods=["POST"]),
            Route("/api/skin", server.skin, methods=["POST"]),
            Route("/api/glb", server.glb, methods=["POST"]),
            WebSocketRoute("/api/camera", server.camera),
            Mount("/", StaticFiles(packages=[("trans3dhead.demo", "static")], html=True)),
        ],
        middleware=[Middleware(Guard, hosts=hosts_of(address))],
        exception_handlers={HTTPException: _refusal, ClientDisconnect: _gone, Exception: _failure},
    )


class _Server:
    """The routes below /api."""

    def __init__(self, predictor: Predictor, limits: Limits) -> None:
        self._predictor, self._limits = predictor, limits
        self._head_model_file = head_model_file(predictor.head_model)
        self._etag = f'"{hashlib.sha256(self._head_model_file).hexdigest()[:32]}"'
        self._worker, self._door, self._cameras = Worker(limits.seconds_to_wait), Door(limits), 0

    async def about(self, request: Request) -> Response:
        """GET: the version, and the limits that the page checks before it sends."""
        limits = {"bytes": self._limits.photograph_bytes, "pixels": self._limits.photograph_pixels}
        return JSONResponse({"version": __version__, "photograph": limits})

    async def head_model(self, request: Request) -> Response:
        """GET: see `head_model_file`. A browser that has it already is told so."""
        if request.headers.get("if-none-match") == self._etag:
            return Response(status_code=304, headers={"etag": self._etag})
        return Response(self._head_model_file, media_type="application/octet-stream", headers={"etag": self._etag})

    async def heads(self, request: Request) -> Response:
        """POST a photograph's bytes -> {"size": [w, h], "milliseconds", "heads": [as `Head.to_json`]}.

        ?any_roll=1: heads on their side and upside down, too; it counts as so many requests as it has looks.
        """
        any_roll = _any_roll(request)
        with self._door.inside(_address(request), SIDES if any_roll else 1):
            encoded = await self._body(request, self._limits.photograph_bytes)
            return JSONResponse(await self._worker(lambda: self._found(encoded, any_roll)))

    async def skin(self, request: Request) -> Response:
        """POST the same bytes again, ?head= the place of one in the answer -> its own skin: see `skin_of`.

        any_roll: as it was of the answer.
        """
        any_roll, told = _any_roll(request), request.query_params.get("head", "")
        with self._door.inside(_address(request), SIDES if any_roll else 1):
            encoded = await self._body(request, self._limits.photograph_bytes)
            return JSONResponse(await self._computed(lambda: self._skin(encoded, any_roll, told)))

    async def glb(self, request: Request) -> Response:
        """POST the "parameters" of a head -> its GLB file."""
        with self._door.inside(_address(request)):
            body = await self._body(request, self._limits.request_bytes)
            glb = await self._computed(lambda: glb_of_parameters(self._predictor.head_model, body))
        named = {"content-disposition": 'attachment; filename="head.glb"'}
        return Response(glb, media_type="model/gltf-binary", headers=named)

    async def camera(self, websocket: WebSocket) -> None:
        """Frames of a camera, JPEGs one by one -> to each {"size", "milliseconds", "heads": [with their "id"]}.

        One that cannot be read is answered by {"error"}; the next is welcome.
        """
        if self._cameras >= self._limits.cameras:
            await websocket.accept()
            return await websocket.close(_TRY_AGAIN_LATER, f"{self._cameras} cameras run already")
        self._cameras += 1
        try:
            await websocket.accept()
            follow = _Camera(self._predictor, self._limits)
            while (message := await self._next(websocket))["type"] == "websocket.receive":
                await websocket.send_json(await self._answer(follow, message.get("bytes") or b""))
        except TimeoutError:
            await websocket.close(_TRY_AGAIN_LATER, "no frame came for a long time")
        except WebSocketDisconnect:
            pass
        finally:
            self._cameras -= 1

    async def _next(self, websocket: WebSocket) -> Any:
        with anyio.fail_after(self._limits.seconds_between_frames):
            return await websocket.receive()

    async def _answer(self, follow: "_Camera", encoded: bytes) -> dict[str, Any]:
        try:
            return await self._worker(lambda: follow(encoded))
        except HTTPException as refused:
            return {"error": refused.detail}

    def _found(self, encoded: bytes, any_roll: bool) -> dict[str, Any]:
        photograph = decode(encoded, self._limits.photograph_pixels)
        begun = time.perf_counter()
        heads = self._heads(photograph, any_roll)
        return _told(photograph.size, begun, [head.to_json() for head in heads])

    def _skin(self, encoded: bytes, any_roll: bool, told: str) -> dict[str, Any]:
        photograph = decode(encoded, self._limits.photograph_pixels)
        heads = {str(index): head for index, head in enumerate(self._heads(photograph, any_roll))}
        if told not in heads:
            raise ValueError(f"head: expected the place of one, 0 to {len(heads) - 1}, got {told[:20]!r}")
        return skin_of(heads[told], photograph.pixels()[0])

    def _heads(self, photograph: Photograph, any_roll: bool) -> list[Head]:
        return (self._predictor.of_any_roll() if any_roll else self._predictor)(photograph)

    async def _computed(self, compute: Callable[[], R]) -> R:
        """What it returns, in its turn. HTTPException 400 for its ValueError."""
        try:
            return await self._worker(compute)
        except ValueError as error:
            raise HTTPException(400, str(error)) from error

    async def _body(self, request: Request, most: int) -> bytes:
        return await body_within(request, most, self._limits.seconds_to_send)


class _Camera:
    """The heads of one connection's frames, followed and steadied.

    Frames come as fast as they are answered, on a slow machine a few a second: a head moves far from one to the next,
    and is looked at again where it was found. Of a head of 200 pixels that swings at three frames a second the error
    falls from 18 pixels to 2.
    """

    def __init__(self, predictor: Predictor, limits: Limits) -> None:
        self._predictor, self._limits = predictor, limits
        self._follow, self._steady = HeadTracker(self._look), HeadSmoother()

    def _look(self, frame: np.ndarray, boxes: np.ndarray | None = None) -> list[Head]:
        heads = self._predictor(frame, boxes=boxes)
        if boxes is None or all(iou(head.box, box) >= _STAYED for head, box in zip(heads, boxes, strict=True)):
            return heads
        size = (frame.shape[1], frame.shape[0])
        found = [head.box if _is_inside(head.box, size) else box for head, box in zip(heads, boxes, strict=True)]
        return self._predictor(frame, boxes=np.stack(found))

    def __call__(self, encoded: bytes) -> dict[str, Any]:
        if len(encoded) > self._limits.frame_bytes:
            raise HTTPException(413, f"expected frames of {self._limits.frame_bytes / 1e6:g} MB at most")
        frame = decode(encoded, self._limits.frame_pixels)
        begun = time.perf_counter()
        heads = self._steady(self._follow(frame.pixels()[0], begun), begun)
        return _told(frame.size, begun, [_with_id(one) for one in heads])


def _is_inside(box: np.ndarray, size: tuple[int, int]) -> bool:
    return bool(np.isfinite(box).all() and (box[2:] > 0).all() and share_inside(box, size) >= _LEAST_INSIDE)


def _with_id(one: TrackedHead) -> dict[str, Any]:
    return {"id": one.id} | one.head.to_json()


def _told(size: tuple[int, int], begun: float, heads: Sequence[dict[str, Any]]) -> dict[str, Any]:
    milliseconds = round(1e3 * (time.perf_counter() - begun), 1)
    return {"size": size, "milliseconds": milliseconds, "heads": heads}


def _any_roll(request: Request) -> bool:
    """HTTPException 400 where it is neither yes nor no."""
    told = request.query_params.get("any_roll", "0")
    if told not in ("0", "1"):
        raise HTTPException(400, f"any_roll: expected 0 or 1, got {told[:20]!r}")
    return told == "1"


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # it is registered for these
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _gone(request: Request, error: Exception) -> Response:
    """Who sent it does not wait for an answer."""
    return Response(status_code=400)


async def _failure(request: Request, error: Exception) -> Response:
    """What is wrong with the server is in its log alone."""
    return JSONResponse({"error": "the server failed; its log says how"}, 500, HEADERS | {"cache-control": "no-store"})


def serve(
    predictor: Predictor, host: str = "127.0.0.1", port: int = 8000, ready: Callable[[str], None] = print
) -> None:
    """Serve the page until Ctrl-C.

    port: 0 takes any that is free; ready: is called with the page's address once it listens.
    Raises ValueError where the address cannot be had.
    """
    app = create_app(predictor, address=host)
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ValueError(
            f"expected an address of this machine and a free port, got {host} and {port}: {error.strerror}; "
            "--port 0 takes any that is free"
        ) from error
    with listening:
        shown = f"[{host}]" if ":" in host else host
        ready(f"http://{shown}:{listening.getsockname()[1]}")
        config = uvicorn.Config(
            app,
            log_level="warning",
            ws_max_size=Limits().frame_bytes,
            timeout_graceful_shutdown=_SECONDS_TO_END,
            server_header=False,
        )
        uvicorn.Server(config).run(sockets=[listening])
