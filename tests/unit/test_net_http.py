"""``Http``: what is sent, how often, and which error follows."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from pmsync.connect.errors import (
    Ambiguous,
    AuthFailed,
    Conflict,
    ConnectorError,
    Fatal,
    Gone,
    NotSent,
    Park,
    Rejected,
    Retry,
)
from pmsync.net.http import Answer, Call, Limited, Reach, ReadRule

GET = Call("GET", "/issue/1", "GET /issue/{}")
POST = Call("POST", "/issue", "POST /issue", json={"title": "x"})
SEARCH = Call("POST", "/search/jql", "POST /search/jql", json={"jql": "project = PAY"})
READS = [ReadRule("POST", re.compile(r"/search/jql"))]


def ok(**headers: str) -> httpx.Response:
    return httpx.Response(200, json={"ok": True}, headers=headers)


def test_an_answer_carries_status_lower_case_headers_and_body(wire: Callable[..., Any]) -> None:
    answer = wire(ok(ETag='"a"')).http().send(GET)
    assert (answer.status, answer.headers["etag"], answer.json()) == (200, '"a"', {"ok": True})


def test_parameters_keep_their_order_and_repeats(wire: Callable[..., Any]) -> None:
    server = wire(ok())
    server.http().send(Call("GET", "/x?a=1", "x", params=[("b", "é &"), ("b", "2")]))
    assert server.sent[0].url.params.multi_items() == [("a", "1"), ("b", "é &"), ("b", "2")]


def test_each_request_that_left_is_counted_with_its_status(wire: Callable[..., Any]) -> None:
    server = wire(httpx.Response(503), httpx.ReadTimeout("x"), ok())
    server.http().send(GET)
    assert [call[3] for call in server.calls] == [503, 0, 200]
    assert {call[:3] for call in server.calls} == {("jira", "GET", "GET /issue/{}")}


def test_the_same_write_is_encoded_to_the_same_bytes(wire: Callable[..., Any]) -> None:
    """An idempotency key is honoured only for a byte-identical body."""
    server = wire(ok())
    http = server.http()
    for _ in range(2):
        http.send(Call("POST", "/t", "t", json={"b": "é", "a": [1, None]}))
    assert server.sent[0].content == server.sent[1].content == '{"b":"é","a":[1,null]}'.encode()


@pytest.mark.parametrize("value", [float("nan"), "half a \ud83d pair"])
def test_what_json_cannot_carry_is_rejected_before_anything_is_sent(wire: Callable[..., Any], value: object) -> None:
    """Not a number must never arrive as null, which would clear the field."""
    server = wire(ok())
    with pytest.raises(Rejected):
        server.http().send(Call("POST", "/t", "t", json={"v": value}))
    assert server.sent == []


def test_cookies_are_not_kept(wire: Callable[..., Any]) -> None:
    server = wire(ok(**{"set-cookie": "session=1"}))
    http = server.http()
    http.send(GET)
    http.send(GET)
    assert "cookie" not in server.sent[1].headers


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, AuthFailed),
        (403, AuthFailed),
        (404, Gone),
        (410, Gone),
        (409, Conflict),
        (412, Conflict),
        (400, Rejected),
        (422, Rejected),
    ],
)
@pytest.mark.parametrize("call", [GET, POST])
def test_each_refusal_has_its_error_and_is_not_repeated(
    wire: Callable[..., Any], status: int, error: type[ConnectorError], call: Call
) -> None:
    server = wire(
        httpx.Response(status, json={"errorMessages": ["no\x1b[31m such\u202e"], "errors": {"priority": "not on screen"}})
    )
    with pytest.raises(error) as raised:
        server.http().send(call)
    assert len(server.sent) == 1
    assert raised.value.system == "jira"
    assert raised.value.message == (
        rf"jira: {call.method} {call.path}: answered {status}: no\x1b[31m such\u202e; priority: not on screen"
    )


def test_gone_tells_the_status(wire: Callable[..., Any]) -> None:
    with pytest.raises(Gone) as raised:
        wire(httpx.Response(410)).http().send(GET)
    assert raised.value.status == 410


def test_an_expected_status_comes_back_as_an_answer(wire: Callable[..., Any]) -> None:
    answer = wire(httpx.Response(404)).http().send(Call("GET", "/x", "x", expect=frozenset({200, 404})))
    assert answer.status == 404


# -- reads ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        httpx.Response(502, text="<html>bad gateway"),
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("dns"),
        httpx.ReadTimeout("late"),
        httpx.RemoteProtocolError("cut off"),
        httpx.Response(200, content=b'{"issues": [', headers={"content-type": "application/json"}),
    ],
)
@pytest.mark.parametrize("call", [GET, SEARCH])
def test_a_read_is_repeated_four_times_over_half_a_minute_then_raises_retry(
    wire: Callable[..., Any], fault: httpx.Response | Exception, call: Call
) -> None:
    server = wire(fault)
    with pytest.raises(Retry) as raised:
        server.http(reads=READS).send(call)
    assert len(server.sent) == 5
    assert 0.7 * 30 <= server.waited <= 1.3 * 30
    assert raised.value.at > server.clock.now()


def test_two_runs_of_one_system_wait_alike(wire: Callable[..., Any]) -> None:
    """Jitter is seeded, so that a run can be replayed."""
    waits = []
    for _ in range(2):
        server = wire(httpx.Response(503))
        with pytest.raises(Retry):
            server.http().send(GET)
        waits.append(server.waited)
    assert waits[0] == waits[1]


def test_retry_after_1847_parks_instead_of_sleeping(wire: Callable[..., Any]) -> None:
    """Jira's hourly quota: the worker is free for other systems until the hour is over."""
    server = wire(httpx.Response(429, headers={"retry-after": "1847", "x-reach": "system"}))
    http = server.http()
    for _ in range(2):
        with pytest.raises(Park) as parked:
            http.send(GET)
        assert parked.value.until == server.started + 1847
        assert parked.value.reason == "burst"
    assert server.waited == 0
    assert len(server.sent) == 1, "the second call is held without asking"


def test_a_half_second_retry_after_is_obeyed(wire: Callable[..., Any]) -> None:
    server = wire(httpx.Response(429, headers={"retry-after": "0.5"}), ok())
    server.http().send(POST)
    assert len(server.sent) == 2
    assert server.waited == pytest.approx(0.5)


def test_a_429_that_the_manners_do_not_know_is_a_limit_all_the_same(wire: Callable[..., Any]) -> None:
    server = wire(httpx.Response(429, headers={"retry-after": "7"}), ok())
    server.http(limited=lambda answer, now: None).send(POST)
    assert server.waited == pytest.approx(7)


def test_a_429_on_one_target_does_not_hold_others(wire: Callable[..., Any]) -> None:
    """Jira refuses the 21st write within 2 s to one issue; the others go on."""
    server = wire(httpx.Response(429, headers={"retry-after": "100", "x-reach": "target"}), ok())
    http = server.http()
    with pytest.raises(Park):
        http.send(Call("PUT", "/issue/1", "PUT /issue/{}", json={}))
    http.send(Call("PUT", "/issue/2", "PUT /issue/{}", json={}))
    assert server.waited == 0
    with pytest.raises(Park):
        http.send(Call("PUT", "/issue/1", "PUT /issue/{}", json={}))


def test_a_200_that_names_a_limit_is_a_limit(wire: Callable[..., Any]) -> None:
    """GitHub's GraphQL says RATE_LIMITED in a 200."""

    def limited(answer: Answer, now: float) -> Limited | None:
        return Limited(Reach.SYSTEM, now + 9, "RATE_LIMITED") if b"RATE_LIMITED" in answer.content else None

    server = wire(httpx.Response(200, json={"errors": [{"type": "RATE_LIMITED"}]}), ok())
    server.http(limited=limited).send(POST)
    assert server.waited == pytest.approx(9)


def test_pacing_is_kept_between_calls(wire: Callable[..., Any]) -> None:
    server = wire(ok())
    http = server.http(write_gap=1.0)
    for _ in range(4):
        http.send(POST)
    assert server.waited == pytest.approx(3, abs=0.01)


def test_not_implemented_is_final_for_a_read(wire: Callable[..., Any]) -> None:
    with pytest.raises(Fatal, match="501: no such thing here"):
        wire(httpx.Response(501, json={"message": "no such thing here"})).http().send(GET)


# -- writes --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ReadTimeout("late"),
        httpx.WriteTimeout("late"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("cut off"),
        httpx.Response(500),
        httpx.Response(502, text="<html>"),
        httpx.Response(503, headers={"retry-after": "1"}),
        httpx.Response(201, content=b'{"id": "100', headers={"content-type": "application/json"}),
        httpx.Response(200, html="<html>login"),
        httpx.Response(207, json={}),
    ],
)
def test_a_write_whose_answer_is_lost_is_sent_exactly_once_and_raises_ambiguous(
    wire: Callable[..., Any], fault: httpx.Response | Exception
) -> None:
    """C1, C2: a lost answer, a 5xx or an unreadable success is resolved by looking, never by sending again."""
    server = wire(fault, ok())
    with pytest.raises(Ambiguous):
        server.http().send(POST)
    assert len(server.sent) == 1
    assert server.waited == 0


@pytest.mark.parametrize("fault", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full")])
def test_a_write_that_never_left_says_so(wire: Callable[..., Any], fault: Exception) -> None:
    server = wire(fault)
    with pytest.raises(NotSent) as raised:
        server.http().send(POST)
    assert len(server.sent) == 1
    assert "proxy" in raised.value.hint


@pytest.mark.parametrize("content", [b"", b"[]"])
def test_an_answer_to_a_write_that_cannot_be_decoded_is_ambiguous(wire: Callable[..., Any], content: bytes) -> None:
    """A create that answers 201 without what it created may have created it."""

    class Created(msgspec.Struct):
        id: str

    answer = wire(httpx.Response(201, content=content)).http().send(POST)
    with pytest.raises(Ambiguous):
        answer.decode(Created)


# -- things that are not the API ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json"])
def test_a_200_with_a_web_page_is_fatal_and_shows_its_beginning_escaped(wire: Callable[..., Any], kind: str) -> None:
    page = "<!doctype html>\n<title>Sign in</title>\x07" + "y" * 500
    server = wire(httpx.Response(200, content=page.encode(), headers={"content-type": kind}))
    with pytest.raises(Fatal) as raised:
        server.http().send(GET)
    assert r"web page, not JSON: <!doctype html>\n<title>Sign in</title>\x07yyy" in raised.value.message
    assert len(raised.value.message) < 200
    assert "URL" in raised.value.hint
    assert len(server.sent) == 1


def test_text_that_was_asked_for_is_not_held_to_be_json(wire: Callable[..., Any]) -> None:
    server = wire(httpx.Response(200, html="<html>"))
    assert server.http().send(Call("GET", "/x", "x", headers={"Accept": "text/html"})).content == b"<html>"
    assert server.sent[0].headers["accept"] == "text/html"


@pytest.mark.parametrize("content", [b"ok", b""])
def test_json_of_a_text_is_fatal(wire: Callable[..., Any], content: bytes) -> None:
    answer = Answer(200, {}, content)
    with pytest.raises(Fatal):
        answer.json()


def test_a_misfit_names_the_place_in_the_answer(wire: Callable[..., Any]) -> None:
    class Issue(msgspec.Struct):
        id: int

    answer = wire(httpx.Response(200, json={"id": "a"})).http().send(GET)
    with pytest.raises(Fatal, match=r"jira: GET /issue/1: the answer \(200\).*Expected `int`, got `str` - at `\$.id`"):
        answer.decode(Issue)


def test_an_untrusted_certificate_is_fatal_at_once_with_a_hint(wire: Callable[..., Any]) -> None:
    refused = httpx.ConnectError("handshake")
    refused.__cause__ = ssl.SSLCertVerificationError("self-signed certificate in certificate chain")
    server = wire(refused)
    with pytest.raises(Fatal) as raised:
        server.http().send(GET)
    assert len(server.sent) == 1
    assert "SSL_CERT_FILE" in raised.value.hint
