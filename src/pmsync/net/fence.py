"""The read-only fence: while it is down, nothing but reads leaves, whatever the layers above believe.

It stands in the transport, below ``Http`` and the SDKs, and judges each request as it is sent.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import httpx

from pmsync.connect import plugin
from pmsync.connect.errors import WriteRefused
from pmsync.net.address import raw_path
from pmsync.net.calls import READ_METHODS
from pmsync.net.manners import ReadRule


class Fence:
    """A fence that can be down from the start (``read_only=True``) or for a while (``closed()``), for all threads."""

    def __init__(self, *, read_only: bool = False) -> None:
        self._always = read_only
        self._closed = 0
        self._lock = threading.Lock()

    @property
    def read_only(self) -> bool:
        """True while only reads are allowed."""
        return self._always or self._closed > 0

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Only reads until the block ends; blocks may nest."""
        with self._lock:
            self._closed += 1
        try:
            yield
        finally:
            with self._lock:
                self._closed -= 1


def is_read(method: str, path: str, body: bytes, reads: Sequence[ReadRule]) -> bool:
    """Whether a request is a read: by its method, or by a rule that matches its method, path (below the base) and JSON body."""
    if method.upper() in READ_METHODS:
        return True
    return any(rule.method.upper() == method.upper() and rule.path.fullmatch(path) and _accepts(rule, body) for rule in reads)


def refuse_writes(fence: plugin.Fence, label: str, read: Callable[[], bool]) -> None:
    """Let a request pass or not.

    Raises:
        WriteRefused: the fence is down and ``read()`` says that it is no read.
    """
    if fence.read_only and not read():
        raise WriteRefused(f"{label}: refused, for only reads may leave now; nothing was sent")


class FencedTransport(httpx.BaseTransport):
    """Wraps the transport that sends. ``base_path`` is cut off the path before ``reads`` are asked.

    ``redact`` clears what a refusal says; ``owns`` tells whether closing it closes what it wraps.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        fence: plugin.Fence,
        reads: Sequence[ReadRule],
        *,
        base_path: str = "",
        redact: Callable[[str], str] = str,
        owns: bool = True,
    ) -> None:
        self._inner = inner
        self._fence = fence
        self._reads = tuple(reads)
        self._base_path = base_path
        self._redact = redact
        self._owns = owns

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, unless it is a write while the fence is down.

        Raises:
            WriteRefused: it was.
        """
        if self._fence.read_only:
            path = raw_path(request.url)
            refuse_writes(
                self._fence,
                self._redact(f"{request.method} {path}"),
                lambda: is_read(request.method, path.removeprefix(self._base_path), request.read(), self._reads),
            )
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Release connections, if they are ours."""
        if self._owns:
            self._inner.close()


def _accepts(rule: ReadRule, body: bytes) -> bool:
    if rule.body is None:
        return True
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return rule.body(parsed)
