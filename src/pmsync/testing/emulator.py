"""The emulator base: a stateful stand-in server is a pure ``handle(request) -> response`` core.

The same core serves real sockets (``serve``: the demo, vendors' SDKs, other processes) and an in-process transport (``transport``:
fast tests). It reads time from an injected clock, keeps a ground-truth log of what happened, and answers 501 to what it does not
implement, never a guess.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are lower case; ``query`` keeps order and repeats."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def param(self, name: str, default: str = "") -> str:
        """The first query parameter of that name."""
        return next((value for key, value in self.query if key == name), default)

    def json(self) -> Any:
        """The body as JSON; None for an empty body.

        Raises:
            ValueError: the body is not JSON.
        """
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
        """A JSON response."""
        return cls(status, {"content-type": "application/json;charset=UTF-8", **(headers or {})}, _encoded(content))


def _encoded(content: Any) -> bytes:
    try:
        return msgspec.json.encode(content)
    except UnicodeEncodeError:
        return json.dumps(content).encode()  # a text holds half a character


class Dropped(Exception):
    """Raised by a core or a fault injector: the connection breaks. ``sent``: whether the request had reached the server."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__("connection dropped")
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the ground-truth log: who did what to which object, when (Unix seconds), and how it came out."""

    at: float
    actor: str
    verb: str
    object: str
    detail: Mapping[str, Any] = field(default_factory=dict)


class Emulator(Protocol):
    """What every emulator core offers. ``handle`` is called under one lock: it need not be thread-safe."""

    base_url: str
    """Where it is reached; ``serve`` sets it. Absolute URLs in answers start with it."""

    events: list[Event]

    def handle(self, request: Request) -> Response:
        """Answer one request; may raise ``Dropped``."""
        ...


def transport(emulator: Emulator) -> httpx.BaseTransport:
    """An in-process httpx transport that asks ``emulator``."""
    return _InProcess(emulator)


class _InProcess(httpx.BaseTransport):
    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._lock = threading.RLock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path, query = _place(str(request.url))
        headers = {key.decode("ascii").lower(): value.decode("latin-1") for key, value in request.headers.raw}
        asked = Request(request.method, path, query, headers, request.read())
        try:
            with self._lock:
                answer = self._emulator.handle(asked)
        except Dropped as dropped:
            if dropped.sent:
                raise httpx.ReadTimeout("the answer was lost", request=request) from dropped
            raise httpx.ConnectError("the connection was refused", request=request) from dropped
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body, request=request)


@lru_cache(1000)
def _place(url: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Path and query of a URL."""
    parts = urlsplit(url)
    return parts.path, tuple(parse_qsl(parts.query, keep_blank_values=True))


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away in the middle (it was stopped, or killed) is nothing to write a traceback about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serve(emulator: Emulator, port: int = 0) -> Iterator[str]:
    """Serve ``emulator`` on a loopback port (0: any free one) until the block ends; yields its base URL."""
    lock = threading.RLock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet, sent at once: otherwise the kernels' two delays add 40 ms to every answer.
        wbufsize = -1
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            asked = Request(
                self.command,
                url.path,
                tuple(parse_qsl(url.query, keep_blank_values=True)),
                {key.lower(): value for key, value in self.headers.items()},
                body,
            )
            try:
                with lock:
                    answer = emulator.handle(asked)
            except Dropped:
                self.close_connection = True
                self.connection.close()
                return
            if "date" in answer.headers:  # its clock is the emulator's own
                self.send_response_only(answer.status)
            else:
                self.send_response(answer.status)
            for key, value in answer.headers.items():
                self.send_header(key, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer  # noqa: N815 - the names http.server asks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Stay quiet: the event log tells what happened."""

    server = _Server(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    emulator.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield emulator.base_url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
