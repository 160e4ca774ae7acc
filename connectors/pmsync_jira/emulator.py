"""A stateful stand-in for Jira, Cloud or Data Center: a pure function of requests, a clock and the knobs.

What it does not implement it answers with 501. ``events`` is the ground truth of what was changed, by whom and when; the methods below
``handle`` are side doors for tests and the demo, through which other people work on the same site.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from email.utils import formatdate

from pmsync.connect.clock import Clock
from pmsync.testing.emulator import Event, Request, Response
from pmsync_jira.emulation import router
from pmsync_jira.emulation.datacenter import DataCenter, DataCenterRenderer
from pmsync_jira.emulation.doors import SideDoors
from pmsync_jira.emulation.edition import BOT, Edition
from pmsync_jira.emulation.errors import Refusal, not_implemented
from pmsync_jira.emulation.exchange import Exchange
from pmsync_jira.emulation.knobs import JiraKnobs, Quota
from pmsync_jira.emulation.limits import DataCenterLimiter, Limiter
from pmsync_jira.emulation.records import Person
from pmsync_jira.emulation.render import Renderer
from pmsync_jira.emulation.state import State
from pmsync_jira.emulation.webhooks import Webhooks

__all__ = ["BOT", "JiraEmulator", "JiraKnobs", "Quota"]

MAINTENANCE = b"<!DOCTYPE html><html><head><title>Atlassian Cloud Notifications</title></head><body>Be right back.</body></html>"
READS = frozenset({"GET", "HEAD"})


class JiraEmulator(SideDoors):
    """One Jira site, of either deployment.

    ``bot`` is the account for API calls (Cloud: Basic with e-mail and token; Data Center: the token as bearer); more come by ``add_user``.
    ``knobs`` may be turned at any time.
    """

    def __init__(self, clock: Clock, knobs: JiraKnobs | None = None, *, bot: Person | None = None) -> None:
        self.knobs = knobs or JiraKnobs()
        edition = DataCenter() if self.knobs.deployment == "datacenter" else Edition()
        edition.renderer = DataCenterRenderer if self.knobs.deployment == "datacenter" else Renderer
        self.bot = bot or edition.bot
        self.state = State(clock, self.knobs, "https://acme.atlassian.net", edition)
        self.state.people[self.bot.account_id] = self.bot
        self.webhooks = Webhooks(self.state)
        limits = DataCenterLimiter if self.knobs.deployment == "datacenter" else Limiter
        self._limiter = limits(clock, self.knobs)

    @property
    def base_url(self) -> str:
        """Where it is reached; every URL in answers starts with it."""
        return self.state.base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self.state.base_url = url

    @property
    def events(self) -> list[Event]:
        """The ground-truth log."""
        return self.state.events

    @events.setter
    def events(self, events: list[Event]) -> None:
        self.state.events = events

    def handle(self, request: Request) -> Response:
        """Answer one request. Nothing but an accepted write changes anything."""
        date = {"date": formatdate(self.state.clock.now(), usegmt=True)}
        if self.knobs.maintenance:
            return Response(503, {"content-type": "text/html;charset=UTF-8", **date}, MAINTENANCE)
        try:
            response, headers = self._answer(request)
        except Refusal as refused:
            response, headers = refused.response(), {}
            if request.method not in READS:
                self.state.record(
                    "api", "refused", f"{request.method} {request.path}", status=refused.status, errors=refused.errors
                )
        return replace(response, headers={**response.headers, **headers, **date})

    def _answer(self, request: Request) -> tuple[Response, Mapping[str, str]]:
        refusal = self._limiter.quota()
        if refusal is not None:
            return refusal, {}
        person = self._signed_in(request)
        found = router.find(self.state.edition, request.method, request.path)
        if found is None:
            raise not_implemented(f"{request.method} {request.path}")
        route, params = found
        refusal, headers = self._limiter.burst(route.method, route.template)
        if refusal is None and route.method not in READS and "issueIdOrKey" in params:
            refusal = self._limit_issue(params["issueIdOrKey"])
        if refusal is not None:
            return refusal, {}
        try:
            return route.handler(Exchange(request, params, person, self.state)), headers
        except Refusal as refused:
            refused.headers.update(headers)
            raise

    def _limit_issue(self, name: str) -> Response | None:
        entry = self.state.entry(name)
        return None if entry is None else self._limiter.issue_write(str(entry.current.id))

    def _signed_in(self, request: Request) -> Person:
        given = request.headers.get("authorization", "")
        if not given and request.path.endswith("/serverInfo"):
            return Person("", "Anonymous")
        scheme, _, secret = given.partition(" ")
        if scheme.lower() == self.state.edition.signs:
            email, token = _basic(secret) if scheme.lower() == "basic" else ("", secret)
            for person in self.state.people.values():
                if person.token and person.active and person.token == token and email in {"", person.email}:
                    return person
        raise Refusal(
            401,
            "Client must be authenticated to access this resource.",
            headers={
                "WWW-Authenticate": 'OAuth realm="https%3A%2F%2Facme.atlassian.net"',
                "X-Seraph-Loginreason": "AUTHENTICATED_FAILED",
            },
        )


def _basic(secret: str) -> tuple[str, str]:
    """E-mail and token; nobody's where they cannot be read."""
    try:
        email, _, token = base64.b64decode(secret).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "?", ""
    return email or "?", token
