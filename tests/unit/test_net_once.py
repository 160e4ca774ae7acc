"""Nothing twice: whatever a server and a network do, one write is carried out at most once, and what is reported is true."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmsync.connect.errors import Ambiguous, ConnectorError, Fatal, NotSent, Retry
from pmsync.connect.plugin import Environment
from pmsync.net.clock import VirtualClock
from pmsync.net.fence import Fence
from pmsync.net.http import Call, Http, Limited, Manners, Reach
from pmsync.testing.emulator import Dropped, Event, Request, Response, serve

CREATE = Call("POST", "/issue", "POST /issue", json={"title": "x"})

DOES = st.sampled_from(
    [
        ("commits", 201),
        ("commits", 204),
        ("commits", 500),
        ("commits", 502),
        ("commits", 503),
        ("commits", 504),
        ("commits", "late"),
        ("commits", "reset"),
        ("commits", "cut off"),
        ("commits", "page"),
        ("refuses", 429),
        ("refuses", 400),
        ("refuses", 403),
        ("refuses", 409),
        ("refuses", 500),
        ("refuses", 503),
        ("refuses", 301),
        ("refuses", "unreached"),
    ]
)


class Server:
    """Commits or not, and answers or not, as scripted; then commits and answers for ever."""

    def __init__(self, script: list[tuple[str, int | str]]) -> None:
        self.script = script
        self.created = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        effect, shown = self.script.pop(0) if self.script else ("commits", 201)
        self.created += effect == "commits"
        match shown:
            case "late":
                raise httpx.ReadTimeout("late", request=request)
            case "reset":
                raise httpx.ReadError("reset", request=request)
            case "unreached":
                raise httpx.ConnectError("refused", request=request)
            case "cut off":
                return httpx.Response(201, content=b'{"id"', headers={"content-type": "application/json"})
            case "page":
                return httpx.Response(200, html="<html>")
            case int():
                return httpx.Response(shown, json={"id": "1"}, headers={"retry-after": "1", "location": "/moved"})
        raise AssertionError(shown)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(DOES, max_size=7))
def test_one_call_creates_at_most_one_record_and_never_lies_about_it(script: list[tuple[str, int | str]]) -> None:
    """C1, C2: an answer means created; anything but Ambiguous means not created."""
    server, clock = Server(list(script)), VirtualClock()
    manners = Manners(
        limited=lambda answer, now: Limited(Reach.ENDPOINT, now + 1, "burst") if answer.status in (429, 503) else None
    )
    environment = Environment("jira", clock, Fence(), lambda *call: None, httpx.MockTransport(server))
    http = Http(environment, "https://acme.test", manners, auth=dict)
    try:
        http.send(CREATE)
    except Ambiguous:
        assert server.created <= 1
    except ConnectorError:
        assert server.created == 0
    else:
        assert server.created == 1


class Tracker:
    """A server over real sockets that carries out a POST and drops the connection."""

    def __init__(self) -> None:
        self.base_url = ""
        self.events: list[Event] = []
        self.posts = 0
        self.gets = 0

    def handle(self, request: Request) -> Response:
        if request.method == "POST":
            self.posts += 1
            raise Dropped(sent=True)
        self.gets += 1
        if self.gets % 2:
            raise Dropped(sent=True)
        return Response.of(200, {"n": self.gets})


@pytest.fixture
def socketed() -> Callable[[str], Http]:
    clock = VirtualClock()

    def build(url: str) -> Http:
        environment = Environment("jira", clock, Fence(), lambda *call: None)
        return Http(
            environment, url, Manners(limited=lambda answer, now: None), auth=lambda: {"authorization": "Bearer canary-0123"}
        )

    return build


def test_over_a_real_socket_a_dropped_post_is_sent_once_and_a_dropped_get_again(socketed: Callable[[str], Http]) -> None:
    tracker = Tracker()
    with serve(tracker) as url:
        http = socketed(url)
        assert http.send(Call("GET", "/x", "x")).json() == {"n": 2}
        with pytest.raises(Ambiguous):
            http.send(CREATE)
        http.close()
    assert (tracker.posts, tracker.gets) == (1, 2)


def test_a_refused_connection_is_not_sent_for_a_write_and_retry_for_a_read(socketed: Callable[[str], Http]) -> None:
    tracker = Tracker()
    with serve(tracker) as url:
        pass
    http = socketed(url)
    with pytest.raises(NotSent):
        http.send(CREATE)
    with pytest.raises(Retry) as raised:
        http.send(Call("GET", "/x", "x"))
    assert "is the server up" in raised.value.hint
    http.close()


def test_plain_http_where_tls_was_configured_is_not_sent_and_retry(socketed: Callable[[str], Http]) -> None:
    """A TLS failure: the request never leaves."""
    tracker = Tracker()
    with serve(tracker) as url:
        http = socketed(url.replace("http://", "https://"))
        with pytest.raises(NotSent):
            http.send(CREATE)
        with pytest.raises(Retry):
            http.send(Call("GET", "/x", "x"))
        http.close()
    assert (tracker.posts, tracker.gets) == (0, 0)


def test_a_self_signed_certificate_is_fatal_at_once_over_a_real_socket(socketed: Callable[[str], Http], tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the openssl program, which makes the certificate, is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    asked = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-keyout",
        key,
        "-out",
        certificate,
    ]
    subprocess.run([openssl, *asked], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        http = socketed(f"https://localhost:{server.server_port}")
        with pytest.raises(Fatal) as raised:
            http.send(Call("GET", "/x", "x"))
        with pytest.raises(NotSent):
            http.send(CREATE)
        http.close()
        server.shutdown()
        thread.join()
    assert "certificate" in raised.value.message
    assert "SSL_CERT_FILE" in raised.value.hint


def test_an_environment_proxy_is_used_for_other_hosts_only(
    socketed: Callable[[str], Http], monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = Tracker()
    for name in ("ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serve(tracker) as url:
        http = socketed(url)
        http.send(Call("GET", "/x", "x"))
        http.close()
    beyond = socketed("https://acme.test")
    with pytest.raises(NotSent):
        beyond.send(CREATE)
    beyond.close()


def test_a_proxy_that_cannot_be_used_is_fatal_and_its_login_not_repeated(
    socketed: Callable[[str], Http], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("https_proxy", "ftp://pm:hunter22@proxy.test")
    with pytest.raises(Fatal) as raised:
        socketed("https://acme.test")
    assert "hunter22" not in f"{raised.value.message} {raised.value.hint} {raised.value!r}"


def test_nothing_is_kept_open_after_close(socketed: Callable[[str], Http], recwarn: Any) -> None:
    tracker = Tracker()
    with serve(tracker) as url:
        http = socketed(url)
        http.send(Call("GET", "/x", "x"))
        http.close()
    assert not [warning for warning in recwarn if issubclass(warning.category, ResourceWarning)]
