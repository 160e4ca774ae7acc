"""Secrets stay out of texts, log events and errors (C55)."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from pmsync.connect.errors import PmsyncError
from pmsync.net.fence import Fence
from pmsync.net.http import Call
from pmsync.net.redact import MASK, RedactingFilter, Redactor, redact_processor

CANARY = 'c4nary+/"s3cret\\=é'
PLAIN = "c4nary-5ecret-Zx81"


@pytest.mark.parametrize(
    "spelt",
    [
        CANARY,
        quote(CANARY, safe=""),
        json.dumps(CANARY),
        repr(CANARY),
        json.dumps({"authorization": f"token {CANARY}"}),
        f"https://bot:{CANARY}@acme.test/x",
    ],
)
def test_every_spelling_of_a_secret_is_masked(spelt: str) -> None:
    clean = Redactor([CANARY]).text(f"before {spelt} after")
    assert MASK in clean
    assert clean.startswith("before ")
    assert "c4nary" not in clean


@given(st.text(max_size=20), st.text(max_size=8), st.sampled_from([base64.b64encode, base64.urlsafe_b64encode]))
def test_a_secret_inside_base64_is_masked_whatever_login_stands_before_it(
    login: str, after: str, encode: Callable[[bytes], bytes]
) -> None:
    secret = "c4nary-5ecret-Zx81-more"
    coded = encode(f"{login}:{secret}{after}".encode()).decode()
    clean = Redactor([secret]).text(coded)
    masked = len(coded) - len(clean.replace(MASK, ""))
    assert masked >= len(secret) * 4 // 3 - 4, "all but the letters shared with a neighbour"


@pytest.mark.parametrize(
    "text",
    [
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
        "ATATT3xFfGF0T4JNjBdcSgzFZEkW0=2A3B4C5D",
        "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc",
        "Authorization: Basic Ym90QGFjbWUuY29tOmh1bnRlcjI=",
        "token 0123456789abcdef",
        "postgresql://pm:hunter22@db/pmsync",
    ],
)
def test_known_token_shapes_are_masked_though_nobody_registered_them(text: str) -> None:
    clean = Redactor().text(f"see {text}, please")
    assert MASK in clean
    assert clean.startswith("see ")
    assert clean.endswith(", please")
    assert not any(part in clean for part in ("16C7e", "11ABC", "3xFfG", "eyJ", "Ym90", "012345", "hunter22"))


@pytest.mark.parametrize(
    "text", ["basic authentication is off", "the bearer department", "a token expired yesterday", "https://acme.test/@ana"]
)
def test_plain_words_are_left_alone(text: str) -> None:
    assert Redactor(["", "x", "  "]).text(text) == text


def test_secrets_that_hold_one_another_are_masked_whole() -> None:
    assert Redactor(["abcd", "abcdefgh"]).text("abcdefgh") == MASK


def test_a_redactor_does_not_tell_its_secrets() -> None:
    assert PLAIN not in repr(Redactor([PLAIN]))


def test_a_log_event_is_cleared_in_depth() -> None:
    """C55: values, keys, nested containers, objects whose repr tells."""

    class Telling:
        def __repr__(self) -> str:
            return f"<client token={PLAIN}>"

    processor = redact_processor(Redactor([PLAIN]))
    event = processor(
        None, "info", {"event": f"sent {PLAIN}", "a": [{"b": (PLAIN, 1, None, 2.5)}], "o": Telling(), PLAIN: PLAIN.encode()}
    )
    assert PLAIN not in repr(event)
    assert event["a"] == [{"b": (MASK, 1, None, 2.5)}]


def test_a_structlog_exception_is_cleared() -> None:
    lines: list[str] = []

    def sink(_logger: Any, _method: str, event: Any) -> str:
        lines.append(json.dumps(event))
        raise structlog.DropEvent

    log = structlog.wrap_logger(None, [structlog.processors.format_exc_info, redact_processor(Redactor([PLAIN])), sink])
    try:
        raise ValueError(PLAIN)
    except ValueError:
        log.exception("failed")
    assert len(lines) == 1
    assert "ValueError" in lines[0]
    assert PLAIN not in lines[0]


def test_what_an_sdk_logs_is_cleared(caplog: pytest.LogCaptureFixture) -> None:
    """Message, arguments and traceback."""
    logger = logging.getLogger("an.sdk")
    keep = RedactingFilter(Redactor([PLAIN]))
    logger.addFilter(keep)
    try:
        try:
            raise ValueError(PLAIN)
        except ValueError:
            logger.exception("headers %s of %d", {"authorization": PLAIN}, 1)
    finally:
        logger.removeFilter(keep)
    assert "ValueError" in caplog.text
    assert "of 1" in caplog.text
    assert PLAIN not in caplog.text


def echo(status: int, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    """A careless server that shows what it was sent."""

    def reply(request: httpx.Request) -> httpx.Response:
        sent = request.headers["authorization"]
        return httpx.Response(
            status, json={"message": f"you sent {sent}", "errors": {sent: sent}}, headers={**headers, "x-seen": sent}
        )

    return reply


def page(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, html="<html>" + "x" * 60 + request.headers["authorization"])


def text(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text="you sent " + request.headers["authorization"])


FAULTS = [
    *[echo(status) for status in (301, 400, 401, 403, 404, 409, 410, 422, 500, 501, 503)],
    echo(429, **{"retry-after": "9999"}),
    echo(302, location=f"https://evil.test/?t={PLAIN}"),
    page,
    text,
    httpx.ConnectError(f"Illegal header value b'Bearer {PLAIN}'"),
    httpx.LocalProtocolError(f"Illegal header value b'Bearer {PLAIN}'"),
    httpx.ReadTimeout(PLAIN),
    httpx.RemoteProtocolError(PLAIN),
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("closed", [False, True])
def test_a_canary_secret_is_in_no_error_whatever_goes_wrong(
    wire: Callable[..., Any], caplog: pytest.LogCaptureFixture, fault: Any, method: str, closed: bool
) -> None:
    """C55: not in message, hint, repr, attributes, log events, nor in the traceback with all its causes."""
    caplog.set_level(logging.DEBUG)
    server = wire(fault, token=f"Bearer {PLAIN}", fence=Fence(read_only=closed))
    http = server.http()
    with pytest.raises(PmsyncError) as raised:
        http.send(Call(method, f"/x/{PLAIN}?t={PLAIN}", "x", json={"a": 1} if method == "POST" else None)).json()
    told = "\n".join(
        [
            raised.value.message,
            raised.value.hint,
            repr(raised.value),
            repr(vars(raised.value)),
            repr(http),
            "".join(traceback.format_exception(raised.value, chain=True)),
            caplog.text,
        ]
    )
    assert PLAIN not in told


def test_a_token_that_auth_hands_out_later_is_known_too(wire: Callable[..., Any]) -> None:
    """A GitHub App's tokens change every hour."""
    server = wire(echo(400))
    http = server.http()
    server.token = "Bearer an0ther-t0ken-Zz"
    with pytest.raises(PmsyncError) as raised:
        http.send(Call("GET", "/x", "x"))
    assert "an0ther" not in str(raised.value)
