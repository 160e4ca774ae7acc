"""The call log."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx

from pmsync.net.calls import Called, CallLog
from pmsync.net.clock import VirtualClock
from pmsync.net.http import Call, Http, Manners


def test_calls_are_counted_by_system_name_and_kind() -> None:
    log = CallLog(read_names={"POST /search/jql"})
    log("jira", "GET", "GET /myself", 200)
    log("jira", "POST", "POST /search/jql", 200)
    log("jira", "POST", "POST /issue", 0)
    log("github", "PATCH", "PATCH /issues/{}", 200)
    assert (log.total, log.reads, log.writes) == (4, 2, 2)
    assert log.by_system() == {"jira": 3, "github": 1}
    assert log.by_name("jira") == {"GET /myself": 1, "POST /search/jql": 1, "POST /issue": 1}
    assert log.counts()[Called("jira", "POST", "POST /issue", 0)] == 1


def test_a_log_starts_again_at_zero() -> None:
    log = CallLog()
    log("jira", "GET", "x", 200)
    log.reset()
    assert (log.total, log.by_name()) == (0, {})


def test_threads_lose_no_count() -> None:
    log = CallLog()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: log("jira", "GET", "x", 200), range(2000)))
    assert log.total == 2000


def test_a_log_is_an_environments_on_call(wire: Callable[..., Any]) -> None:
    log = CallLog()
    environment = replace(wire(httpx.Response(200, json={})).environment(), on_call=log, clock=VirtualClock())
    http = Http(environment, "https://acme.test", Manners(limited=lambda answer, now: None), auth=dict)
    http.send(Call("GET", "/x/1", "GET /x/{}"))
    assert log.by_name() == {"GET /x/{}": 1}
