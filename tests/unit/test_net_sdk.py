"""Vendors' SDKs wired through ``SdkAdapter``: the real ``jira`` and ``PyGithub``."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import github
import httpx
import pytest
import requests
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester
from jira import JIRA
from jira.exceptions import JIRAError

from pmsync.connect.errors import Fatal, Park, Rejected, WriteRefused
from pmsync.net.http import Call, Limited, Reach, ReadRule
from pmsync.net.limiter import Limiter
from pmsync.net.sdk import SdkAdapter
from pmsync.testing.emulator import Dropped, Event, Request, Response, serve

JIRA_URL, GITHUB_URL = "https://acme.test", "https://api.github.test"
READS = [ReadRule("POST", re.compile(r"/rest/api/2/search/jql"))]
_INJECTION = threading.Lock()


def adapter(server: Any, base_url: str, environment: Any = None, **manners: Any) -> SdkAdapter:
    """An adapter that shares the limiter of the server's client, as a connector would."""
    return SdkAdapter(environment or server.environment(), server.http(**manners).limiter, READS, base_url=base_url)


def jira_of(mounted: SdkAdapter, base_url: str = JIRA_URL) -> JIRA:
    client = JIRA(base_url, basic_auth=("bot", "canary"), max_retries=0, get_server_info=False)
    client._session.mount(base_url, mounted)
    return client


@contextmanager
def injected(mounted: SdkAdapter) -> Iterator[None]:
    """PyGithub takes its connection class when a client is built, from a class attribute: hence the lock and the reset."""

    class Connection(HTTPSRequestsConnectionClass):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.session.mount("https://", mounted)

    with _INJECTION:
        Requester.injectConnectionClasses(HTTPRequestsConnectionClass, Connection)
        try:
            yield
        finally:
            Requester.resetConnectionClasses()


def github_of(mounted: SdkAdapter) -> github.Github:
    with injected(mounted):
        return github.Github(
            auth=github.Auth.Token("canary"),
            base_url=GITHUB_URL,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
        )


def reply(request: httpx.Request) -> httpx.Response:
    path = request.url.path
    if path == "/rest/api/2/myself":
        return httpx.Response(200, json={"accountId": "5b10", "timeZone": "UTC"})
    if path == "/repos/acme/api":
        return httpx.Response(200, json={"full_name": "acme/api", "url": f"{GITHUB_URL}/repos/acme/api"})
    return httpx.Response(201, json={"id": "10000", "name": "bug", "key": "PAY-1", "number": 1, "url": f"{GITHUB_URL}/x"})


def test_jira_speaks_through_the_adapter_and_is_counted(wire: Callable[..., Any]) -> None:
    server = wire(reply)
    assert jira_of(adapter(server, JIRA_URL)).myself()["accountId"] == "5b10"
    assert server.sent[0].headers["authorization"].startswith("Basic ")
    assert server.calls == [("jira", "GET", "/rest/api/2/myself", 200)]


def test_pygithub_speaks_through_the_adapter_and_is_counted(wire: Callable[..., Any]) -> None:
    server = wire(reply, system="github")
    assert github_of(adapter(server, GITHUB_URL)).get_repo("acme/api").full_name == "acme/api"
    assert server.sent[0].headers["authorization"] == "token canary"
    assert server.calls == [("github", "GET", "/repos/acme/api", 200)]


def test_the_injection_leaves_pygithub_as_it_was(wire: Callable[..., Any]) -> None:
    github_of(adapter(wire(reply), GITHUB_URL))
    assert Requester._Requester__httpsConnectionClass is HTTPSRequestsConnectionClass  # type: ignore[attr-defined]  # a private name


def test_the_fence_holds_both_sdks(wire: Callable[..., Any]) -> None:
    server = wire(reply)
    tracker, hub = jira_of(adapter(server, JIRA_URL)), github_of(adapter(server, GITHUB_URL))
    repository = hub.get_repo("acme/api")
    with server.fence.closed():
        tracker.myself()
        with pytest.raises(WriteRefused):
            tracker.create_component("API", "PAY")
        with pytest.raises(WriteRefused):
            repository.create_label("bug", "ff0000")
        with pytest.raises(WriteRefused):
            hub.requester.graphql_query("query { viewer { login } }", {})
    assert [request.method for request in server.sent] == ["GET", "GET"]


def test_a_read_by_post_passes_the_fence(wire: Callable[..., Any]) -> None:
    server = wire(reply)
    session = jira_of(adapter(server, JIRA_URL))._session
    with server.fence.closed():
        session.post(f"{JIRA_URL}/rest/api/2/search/jql", data={"jql": "project = PAY"})
    assert server.sent[0].content == b'{"jql": "project = PAY"}'


@pytest.mark.parametrize(
    "fault", [httpx.ReadTimeout("lost"), httpx.RemoteProtocolError("reset"), httpx.Response(502), httpx.Response(503)]
)
def test_no_sdk_repeats_a_write(wire: Callable[..., Any], fault: Any) -> None:
    """C1: out of the box both SDKs post an issue again after a lost answer, and create it twice."""
    server = wire(reply)
    repository = github_of(adapter(server, GITHUB_URL)).get_repo("acme/api")
    server.replies, server.sent = [fault], []
    with pytest.raises((requests.RequestException, github.GithubException)):
        repository.create_issue("x")
    with pytest.raises((requests.RequestException, JIRAError)):
        jira_of(adapter(server, JIRA_URL)).create_component("API", "PAY")
    assert [request.method for request in server.sent] == ["POST", "POST"]
    assert server.waited == 0


def test_a_limit_met_by_the_sdk_holds_the_client_too_and_the_other_way_round(wire: Callable[..., Any]) -> None:
    server = wire(httpx.Response(429, headers={"retry-after": "1847", "x-reach": "system"}), reply)
    http = server.http()
    tracker = jira_of(SdkAdapter(server.environment(), http.limiter, READS, base_url=JIRA_URL))
    with pytest.raises(JIRAError):
        tracker.myself()
    with pytest.raises(Park) as parked:
        tracker.myself()
    assert parked.value.until == server.started + 1847
    with pytest.raises(Park):
        http.send(Call("GET", "/x", "x"))
    assert len(server.sent) == 1


def test_the_pace_is_kept(wire: Callable[..., Any]) -> None:
    server = wire(reply)
    tracker = jira_of(adapter(server, JIRA_URL, reads_per_minute=2))
    for _ in range(5):
        tracker.myself()
    assert server.waited == pytest.approx(120, abs=0.1)


def test_a_graphql_limit_in_a_200_is_noted(wire: Callable[..., Any]) -> None:
    server = wire(httpx.Response(200, json={"errors": [{"type": "RATE_LIMITED"}]}))

    def limited(answer: Any, now: float) -> Limited | None:
        return Limited(Reach.SYSTEM, now + 500, "RATE_LIMITED") if b"RATE_LIMITED" in answer.content else None

    tracker = jira_of(adapter(server, JIRA_URL, limited=limited))
    tracker.myself()
    with pytest.raises(Park):
        tracker.myself()


@pytest.mark.parametrize("location", ["https://evil.test/x", "http://acme.test/x"])
def test_an_sdk_that_follows_a_redirect_elsewhere_is_stopped(wire: Callable[..., Any], location: str) -> None:
    server = wire(httpx.Response(302, headers={"location": location}), reply)
    client = jira_of(adapter(server, JIRA_URL))
    client._session.mount("https://", client._session.get_adapter(JIRA_URL))
    client._session.mount("http://", client._session.get_adapter(JIRA_URL))
    with pytest.raises(Fatal):
        client.myself()
    assert len(server.sent) == 1


def test_a_write_answered_by_a_redirect_is_not_turned_into_a_get(wire: Callable[..., Any]) -> None:
    server = wire(httpx.Response(301, headers={"location": "/moved"}), reply)
    with pytest.raises(Rejected):
        jira_of(adapter(server, JIRA_URL)).create_component("API", "PAY")
    assert len(server.sent) == 1


def test_credentials_do_not_travel_in_clear_text(wire: Callable[..., Any]) -> None:
    server = wire(reply)
    with pytest.raises(Fatal):
        jira_of(adapter(server, "http://acme.test"), "http://acme.test").myself()
    assert server.sent == []


class Tracker:
    """The least server that an SDK can talk to over a socket."""

    def __init__(self) -> None:
        self.base_url = ""
        self.events: list[Event] = []
        self.asked: list[Request] = []

    def handle(self, request: Request) -> Response:
        self.asked.append(request)
        if request.method == "POST":
            raise Dropped(sent=True)
        return Response.of(200, {"accountId": "5b10"})


def test_over_a_real_socket_a_dropped_write_is_sent_once(wire: Callable[..., Any]) -> None:
    server, tracker = wire(reply), Tracker()
    with serve(tracker) as url:
        environment = server.environment()
        environment = type(environment)(environment.system, environment.clock, environment.fence, environment.on_call)
        client = jira_of(SdkAdapter(environment, Limiter(server.clock, server.http().limiter.manners), READS, base_url=url), url)
        assert client.myself()["accountId"] == "5b10"
        with pytest.raises(requests.ConnectionError):
            client.create_component("API", "PAY")
        client.close()
    assert sum(request.method == "POST" for request in tracker.asked) == 1
    assert server.calls[-1] == ("jira", "POST", "/rest/api/2/component", 0)
