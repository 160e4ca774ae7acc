"""Vendors' SDKs under the same rules: an adapter for ``requests`` sessions that fences, paces and counts, and repeats nothing.

The SDK is the connector's business: it mounts the adapter on the session (``session.mount("https://", SdkAdapter(...))``), with the
SDK's own retries and pauses off. With an in-process transport in the environment the request goes there, so that an SDK talks to an
emulator without a socket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import httpx
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from pmsync.connect.errors import Fatal, Rejected
from pmsync.connect.plugin import Environment
from pmsync.net.address import Address, raw_path
from pmsync.net.fence import is_read, refuse_writes
from pmsync.net.limiter import Limiter, Ticket
from pmsync.net.manners import ReadRule
from pmsync.net.message import Answer

_RECODED = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class SdkAdapter(HTTPAdapter):
    """Sends what an SDK asks for through the fence and the limiter of its system.

    Refusals for limits are only noted in the limiter (the next request is held up); the answer goes back to the SDK as it is.
    Requests leave only for the scheme, host and port of ``base_url``, redirected ones included.
    """

    def __init__(self, environment: Environment, limiter: Limiter, reads: Sequence[ReadRule], *, base_url: str) -> None:
        self._environment = environment
        self._limiter = limiter
        self._reads = tuple(reads)
        self._address = Address(base_url)
        super().__init__(max_retries=0)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send once.

        Raises:
            WriteRefused: the fence is down and the request is no read.
            Park: the limits ask for a longer rest than the manners' patience.
            Rejected: a write was answered by a redirect, which a session would follow as a GET.
            Fatal: the request leads to another host than the system's, or carries credentials in clear text.
            requests.RequestException: the network's faults, as SDKs expect them.
        """
        method, url = (request.method or "GET").upper(), httpx.URL(request.url or "")
        label = f"{self._environment.system}: {method} {raw_path(url)}"
        self._stay_home(url, label, request)
        body = _body_of(request)
        read = is_read(method, self._address.below(url), body, self._reads)
        refuse_writes(self._environment.fence, label, lambda: read)
        ticket = Ticket(method, url.path, raw_path(url), not read)
        with self._limiter.slot(ticket):
            try:
                if self._environment.transport is None:
                    answer = super().send(request, stream, timeout, verify, cert, {} if self._address.loopback else proxies)
                else:
                    answer = self._in_process(request, method, url, body)
            except requests.RequestException:
                self._count(method, url, 0)
                raise
        self._count(method, url, answer.status_code)
        self._note_limits(ticket, answer)
        if not read and answer.is_redirect:
            raise Rejected(
                f"{label}: answered {answer.status_code}, and no write follows a redirect", hint="was it moved or renamed?"
            )
        return answer

    def _count(self, method: str, url: httpx.URL, status: int) -> None:
        self._environment.on_call(self._environment.system, method, raw_path(url), status)

    def _stay_home(self, url: httpx.URL, label: str, request: requests.PreparedRequest) -> None:
        if not self._address.same_origin(url):
            raise Fatal(f"{label}: leads away from {self._address.host}", hint="nothing was sent there, and no credentials")
        if self._address.cleartext and "authorization" in request.headers:
            raise Fatal(f"{label}: the credentials would travel in clear text", hint="write the URL of the system with https://")

    def _in_process(self, request: requests.PreparedRequest, method: str, url: httpx.URL, body: bytes) -> requests.Response:
        headers = {str(key): _text(value) for key, value in request.headers.items() if key.lower() not in _RECODED}
        try:
            answer = self._environment.transport.handle_request(httpx.Request(method, url, headers=headers, content=body))
            content = answer.read()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as failure:
            raise requests.ConnectionError(str(failure), request=request) from failure
        except httpx.TimeoutException as failure:
            raise requests.ReadTimeout(str(failure), request=request) from failure
        except httpx.TransportError as failure:
            raise requests.ConnectionError(str(failure), request=request) from failure
        kept = {key: value for key, value in answer.headers.items() if key.lower() not in _RECODED}
        raw = HTTPResponse(
            BytesIO(content), headers=kept, status=answer.status_code, reason=answer.reason_phrase, preload_content=False
        )
        return self.build_response(request, raw)

    def _note_limits(self, ticket: Ticket, answer: requests.Response) -> None:
        if answer.status_code < 400 and "json" not in answer.headers.get("content-type", ""):
            return
        headers = {key.lower(): value for key, value in answer.headers.items()}
        seen = Answer(answer.status_code, headers, answer.content)
        limited = self._limiter.manners.limited(seen, self._environment.clock.now())
        if limited is not None:
            self._limiter.hold(ticket, limited)


def _body_of(request: requests.PreparedRequest) -> bytes:
    body: Any = request.body
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    data = body.read() if hasattr(body, "read") else b"".join(body)
    request.body = data  # what was read is sent, and can be sent
    return bytes(data)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
