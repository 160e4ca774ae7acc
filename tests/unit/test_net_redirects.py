"""Where requests may go: the base URL, redirects, clear text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pmsync.connect.errors import AuthFailed, Fatal, Rejected
from pmsync.net.address import Address
from pmsync.net.http import Call

GET = Call(
    "GET", "/repos/o/old/issues", "GET /repos/{}/issues", params={"state": "all", "since": "2026-01-01", "per_page": "100"}
)


def moved(status: int, location: str) -> httpx.Response:
    return httpx.Response(status, headers={"location": location})


OK = httpx.Response(200, json=[])


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("location", ["https://acme.test/repositories/1/issues", "/repositories/1/issues"])
def test_the_query_is_kept_over_a_redirect(wire: Callable[..., Any], status: int, location: str) -> None:
    """A renamed repository must not turn "all since January" into "the open ones"."""
    server = wire(moved(status, location), OK)
    server.http().send(GET)
    assert server.sent[1].url.path == "/repositories/1/issues"
    assert dict(server.sent[1].url.params) == dict(GET.params)
    assert server.sent[1].headers["authorization"] == server.token


def test_a_location_with_its_own_query_is_taken_as_it_is(wire: Callable[..., Any]) -> None:
    server = wire(moved(302, "/elsewhere?page=2"), OK)
    server.http().send(GET)
    assert str(server.sent[1].url) == "https://acme.test/elsewhere?page=2"


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.test/x",
        "http://acme.test/x",
        "https://acme.test:8443/x",
        "//evil.test/x",
        "https://acme.test@evil.test/x",
        "https://acme.test.evil.test/x",
        "file:///etc/passwd",
        "https://[broken",
    ],
)
def test_a_redirect_to_a_foreign_host_is_refused_and_no_credentials_are_sent(wire: Callable[..., Any], location: str) -> None:
    server = wire(moved(301, location), OK)
    with pytest.raises(Fatal) as raised:
        server.http().send(GET)
    assert len(server.sent) == 1
    assert location.rpartition("@")[2] in raised.value.hint


@pytest.mark.parametrize("location", ["/other/x", "/jira/../other", "/jira/%2e%2e/other", "/jirax"])
def test_a_redirect_out_of_the_base_path_is_refused(wire: Callable[..., Any], location: str) -> None:
    server = wire(moved(301, location), OK, base_url="https://acme.test/jira")
    with pytest.raises(Fatal):
        server.http().send(Call("GET", "/x", "x"))
    assert len(server.sent) == 1


def test_five_redirects_are_followed_and_no_more(wire: Callable[..., Any]) -> None:
    server = wire(*[moved(302, f"/{n}") for n in range(5)], OK)
    assert server.http().send(GET).status == 200
    loop = wire(moved(302, "/again"))
    with pytest.raises(Fatal):
        loop.http().send(GET)
    assert len(loop.sent) == 6


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_write_never_follows_a_redirect_and_names_the_new_place(wire: Callable[..., Any], status: int) -> None:
    server = wire(moved(status, "https://acme.test/repositories/1/issues"), OK)
    with pytest.raises(Rejected) as raised:
        server.http().send(Call("POST", "/repos/o/old/issues", "POST /repos/{}/issues", json={}))
    assert len(server.sent) == 1
    assert "https://acme.test/repositories/1/issues" in raised.value.hint


def test_a_caller_who_expects_the_redirect_gets_it(wire: Callable[..., Any]) -> None:
    """A moved issue shows as a move, not as another issue."""
    server = wire(moved(301, "/repos/o/new/issues/7"), OK)
    answer = server.http().send(Call("GET", "/repos/o/r/issues/1", "x", expect=frozenset({200, 301})))
    assert (answer.status, answer.headers["location"]) == (301, "/repos/o/new/issues/7")


@pytest.mark.parametrize(
    "url", ["", "acme", "ftp://acme.test", "https://", "https://[::1", "https://acme.test/?x=1", "https://acme.test/#x"]
)
def test_a_base_url_that_is_no_web_address_is_fatal(url: str) -> None:
    with pytest.raises(Fatal):
        Address(url)


def test_a_login_in_the_base_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(Fatal) as raised:
        Address("https://bot:hunter22@acme.test")
    assert "hunter22" not in raised.value.message + raised.value.hint


def test_a_page_link_within_the_base_is_followed_whole(wire: Callable[..., Any]) -> None:
    server = wire(OK, base_url="https://acme.test/api/v3/")
    server.http().send(Call("GET", "https://acme.test/api/v3/issues?after=Y3Vyc29y%3D&per_page=100", "x"))
    assert str(server.sent[0].url) == "https://acme.test/api/v3/issues?after=Y3Vyc29y%3D&per_page=100"


@pytest.mark.parametrize("path", ["https://evil.test/issues", "https://acme.test/other", "/../other", "/%2e%2e/other"])
def test_a_page_link_out_of_the_base_is_refused(wire: Callable[..., Any], path: str) -> None:
    server = wire(OK, base_url="https://acme.test/api/v3")
    with pytest.raises(Fatal, match="leads out of the base URL"):
        server.http().send(Call("GET", path, "x"))
    assert server.sent == []


@pytest.mark.parametrize(
    "call",
    [
        Call("GET", "/x\r\nHost: evil.test", "x"),
        Call("GET", "/x#fragment", "x", params={"a": "1"}),
        Call("GET", "/x", "x", params={"a": "half a \ud83d pair"}),
        Call("GET", "/x\ud83d", "x"),
    ],
)
def test_what_no_url_can_carry_is_rejected_unsent(wire: Callable[..., Any], call: Call) -> None:
    server = wire(OK)
    with pytest.raises(Rejected):
        server.http().send(call)
    assert server.sent == []


@pytest.mark.parametrize("host", ["acme.test", "10.0.0.7", "localhost.evil.test"])
def test_credentials_do_not_travel_in_clear_text(wire: Callable[..., Any], host: str) -> None:
    server = wire(OK, base_url=f"http://{host}")
    with pytest.raises(Fatal, match="clear text"):
        server.http().send(GET)
    assert server.sent == []


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:99", "jira.localhost"])
def test_loopback_may_be_clear_text(wire: Callable[..., Any], host: str) -> None:
    assert wire(OK, base_url=f"http://{host}").http().send(GET).status == 200


@pytest.mark.parametrize("token", ["Bearer abcdefgh\n", "Bearer abc\r\nX-Evil: 1", "Bearer schlüssel", "Bearer abcdefgh "])
def test_a_token_that_no_header_can_carry_is_refused_with_a_hint(wire: Callable[..., Any], token: str) -> None:
    server = wire(OK, token=token)
    with pytest.raises(AuthFailed) as raised:
        server.http().send(GET)
    assert server.sent == []
    assert "line break" in raised.value.hint
    assert token.split()[1] not in raised.value.message
