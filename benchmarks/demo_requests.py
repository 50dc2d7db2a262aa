"""The requests that demo_load.py sends to the page's server, and what is right of their answers."""

import http.client
import json
import socket
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from trans3dhead.images import encode_jpeg, encode_png

PATIENCE = 300.0  # seconds for an answer, and for the turn of a request that was told to wait


@dataclass(frozen=True)
class Address:
    """Of the server, and the number of its process."""

    host: str
    port: int
    process: int


@dataclass(frozen=True)
class Answer:
    """Of the server."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Kind:
    """One kind of request."""

    name: str
    share: int  # of a hundred requests
    send: Callable[[Address], Answer]
    right: Callable[[Answer], bool]


def kinds_of(address: Address, photograph: bytes) -> list[Kind]:
    """All kinds of requests, with what is right of their answers by what one client alone is answered."""
    alone = post("/api/heads", photograph)(address).json()["heads"]
    parameters = json.dumps(alone[0]["parameters"]).encode()
    glb = post("/api/glb", parameters)(address).body
    half = photograph[: len(photograph) // 2]
    gray = np.full((480, 640, 3), 127, np.uint8)
    noise = np.random.default_rng(0).integers(0, 255, (3000, 3000, 3)).astype(np.uint8)

    def refused(status: int, *words: str) -> Callable[[Answer], bool]:
        return lambda answer: answer.status == status and any(word in answer.json()["error"] for word in words)

    return [
        Kind("photograph", 36, post("/api/heads", photograph), lambda a: a.json().get("heads") == alone),
        Kind("no head in it", 6, post("/api/heads", encode_png(gray)), lambda a: a.json().get("heads") == []),
        Kind("large photograph", 2, post("/api/heads", encode_jpeg(noise)), lambda a: a.status == 200),
        Kind("no picture", 8, post("/api/heads", b"no picture" * 100), refused(415, "expected a picture")),
        Kind("half a picture", 8, post("/api/heads", half), refused(415, "whole picture")),
        Kind("too many bytes", 4, announced("/api/heads", 25_000_001), refused(413, "at most 25 MB")),
        Kind("too many pixels", 4, post("/api/heads", bomb()), refused(413, "million pixels")),
        Kind("GLB", 6, post("/api/glb", parameters), lambda a: a.body == glb),
        Kind("no parameters", 6, post("/api/glb", b"[" * 50_000), refused(400, "expected")),
        Kind("broken parameters", 4, post("/api/glb", b'{"shape": [1e400]}'), refused(400, "number out of range")),
        Kind("slow sender", 4, slow("/api/glb", parameters), lambda a: a.body == glb),
        Kind("sender that stops", 4, stopping("/api/heads", photograph), lambda a: a.status == 0),
        Kind("of another page", 4, post("/api/heads", photograph, origin="http://a.example"), refused(403, "own page")),
        Kind("no such path", 4, get("/%2e%2e/server.py"), lambda a: a.status == 404 and b"/" not in a.body),
    ]


def post(path: str, body: bytes, **headers: str) -> Callable[[Address], Answer]:
    """A whole request."""
    return lambda address: _request(address, "POST", path, body, headers)


def get(path: str) -> Callable[[Address], Answer]:
    """A request without a body."""
    return lambda address: _request(address, "GET", path, None, {})


def announced(path: str, size: int) -> Callable[[Address], Answer]:
    """A request that announces so many bytes and waits for what is said to that."""
    return lambda address: _request(address, "POST", path, b"", {"content-length": str(size)})


def stopping(path: str, body: bytes) -> Callable[[Address], Answer]:
    """A sender that goes after half of the body: nobody is there for an answer, of status 0 then."""

    def send(address: Address) -> Answer:
        with socket.create_connection((address.host, address.port), PATIENCE) as connection:
            connection.sendall(_head(address, path, len(body)) + body[: len(body) // 2])
            time.sleep(0.2)
        return Answer(0, b"")

    return send


def slow(path: str, body: bytes) -> Callable[[Address], Answer]:
    """A sender that takes two seconds for the body."""

    def send(address: Address) -> Answer:
        with socket.create_connection((address.host, address.port), PATIENCE) as connection:
            connection.sendall(_head(address, path, len(body)))
            for start in range(0, len(body), len(body) // 10 + 1):
                time.sleep(0.2)
                connection.sendall(body[start : start + len(body) // 10 + 1])
            response = http.client.HTTPResponse(connection)
            response.begin()
            return Answer(response.status, response.read())

    return send


def _head(address: Address, path: str, size: int) -> bytes:
    return f"POST {path} HTTP/1.1\r\nhost: {address.host}\r\ncontent-length: {size}\r\n\r\n".encode()


def bomb() -> bytes:
    """A PNG file that says that it has 60,000 × 60,000 pixels."""
    picture = bytearray(encode_png(np.zeros((8, 8, 3), np.uint8)))
    picture[16:24] = (60_000).to_bytes(4, "big") * 2
    picture[29:33] = zlib.crc32(bytes(picture[12:29])).to_bytes(4, "big")
    return bytes(picture)


def _request(address: Address, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
    connection = http.client.HTTPConnection(address.host, address.port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.read())
    finally:
        connection.close()
