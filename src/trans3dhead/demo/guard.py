"""What keeps other pages and machines away: headers of every answer, and who may ask at all."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Scripts, styles and pictures of this server alone; nothing may be fetched from elsewhere, nor sent there.
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob:",
    "media-src": "blob:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "content-security-policy": "; ".join(f"{name} {sources}" for name, sources in _POLICY.items()),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_KEEP, _FORGET = "no-cache", "no-store"  # to be asked for again by its ETag, and not to be kept
_LOCAL = ("127.0.0.1", "localhost", "::1")


class Guard:
    """Middleware for requests and WebSockets.

    A browser lets any page send requests to this machine. So a request whose `Origin` is another page's is refused,
    and on a local address one whose `Host` is no local name: a foreign name may lead here, too (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...] = _LOCAL) -> None:
        """hosts: the names under which the page may be asked for; empty: any."""
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        if not self._is_ours(Headers(scope=scope)):
            if scope["type"] == "websocket":
                return await send({"type": "websocket.close", "code": 1008, "reason": "not of this page"})
            refusal = JSONResponse(
                {"error": "expected a request of this server's own page"}, 403, HEADERS | {"cache-control": _FORGET}
            )
            return await refusal(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers["cache-control"] = _KEEP if "etag" in headers else _FORGET
            await send(message)

        return await self._app(scope, receive, send_with_headers)

    def _is_ours(self, headers: Headers) -> bool:
        host, origin = headers.get("host", ""), headers.get("origin")
        try:
            local = not self._hosts or urlsplit(f"//{host}").hostname in self._hosts
            return local and (origin is None or urlsplit(origin).netloc == host)
        except ValueError:  # no address at all
            return False


def hosts_of(address: str) -> tuple[str, ...]:
    """The names for `Guard` of a server that listens at an address: of a local one the local names, else any."""
    return _LOCAL if address in _LOCAL else ()
