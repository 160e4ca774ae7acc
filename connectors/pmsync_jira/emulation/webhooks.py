"""Webhooks: signed, at least once, in no order, with rich text as strings, and lost when the knobs say so."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pmsync_jira.emulation.records import Person
from pmsync_jira.emulation.render import Renderer
from pmsync_jira.emulation.state import Happening, State
from pmsync_jira.emulation.views import SYSTEM_FIELDS, fields_json

RETRIED = frozenset({408, 409, 425, 429}) | frozenset(range(500, 600))
MOST_RETRIES = 5
FIRST_RETRY, LAST_RETRY = 300.0, 900.0
COMMENT_FIELDS = ("summary", "issuetype", "project", "assignee", "priority", "status")
WATCHER = Person("", "webhook")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP request to a webhook's address. Header names are lower case, as receivers see them."""

    headers: Mapping[str, str]
    body: bytes


Sink = Callable[[Delivery], int]
"""Receives a delivery and answers with an HTTP status; 408, 409, 425, 429 and 5xx bring it back later."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    due: float
    identifier: str
    body: bytes
    retries: int = 0


@dataclass(slots=True)
class Webhooks:
    """The one webhook of a site; it exists once ``sink`` is set. Nothing is delivered before ``pump`` is called."""

    state: State
    sink: Sink | None = None
    _waiting: list[_Waiting] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Watch the site."""
        self.state.watchers.append(self._note)

    def pump(self) -> int:
        """Deliver what is due on the site's clock; returns how many deliveries were made."""
        now = self.state.clock.now()
        due = [waiting for waiting in self._waiting if waiting.due <= now]
        self._waiting = [waiting for waiting in self._waiting if waiting.due > now]
        if self.state.knobs.webhook_shuffle:
            self.state.random.shuffle(due)
        for waiting in due:
            self._deliver(waiting)
        return len(due)

    def _note(self, happening: Happening) -> None:
        if self.sink is None:
            return
        knobs, chance = self.state.knobs, self.state.random
        body = json.dumps(payload(self.state, happening)).encode()
        identifier = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        if chance.random() < knobs.webhook_loss:
            return
        waiting = _Waiting(self.state.clock.now(), identifier, body)
        copies = 2 if chance.random() < knobs.webhook_duplicates else 1
        self._waiting.extend([waiting] * copies)

    def _deliver(self, waiting: _Waiting) -> None:
        if self.sink is None:
            return
        status = self.sink(Delivery(self._headers(waiting), waiting.body))
        if status in RETRIED and waiting.retries < MOST_RETRIES:
            pause = self.state.random.uniform(FIRST_RETRY, LAST_RETRY)
            self._waiting.append(replace(waiting, due=self.state.clock.now() + pause, retries=waiting.retries + 1))

    def _headers(self, waiting: _Waiting) -> dict[str, str]:
        headers = {
            "content-type": "application/json; charset=UTF-8",
            "user-agent": "Atlassian Webhook HTTP Client",
            "x-atlassian-webhook-identifier": waiting.identifier,
            "x-atlassian-webhook-flow": "Primary",
        }
        if waiting.retries:
            headers["x-atlassian-webhook-retry"] = str(waiting.retries)
        if self.state.knobs.webhook_secret:
            digest = hmac.new(self.state.knobs.webhook_secret.encode(), waiting.body, hashlib.sha256).hexdigest()
            headers["x-hub-signature"] = f"sha256={digest}"
        return headers


def payload(state: State, happening: Happening) -> dict[str, Any]:
    """The body of a delivery, in the shapes of the second API version."""
    renderer: Renderer = state.edition.renderer(state, WATCHER, api="2")
    issue = happening.issue
    shown: dict[str, Any] = {"timestamp": happening.at, "webhookEvent": happening.kind}
    names = COMMENT_FIELDS if happening.comment is not None else tuple(name for name in SYSTEM_FIELDS if name != "comment")
    view = {
        "id": str(issue.id),
        "self": f"{renderer.rest}/issue/{issue.id}",
        "key": issue.key,
        "fields": fields_json(renderer, issue, (*names, *issue.custom) if happening.comment is None else names),
    }
    if happening.comment is not None:
        return {**shown, "comment": renderer.comment(issue.id, happening.comment), "issue": view}
    shown.update(user=renderer.user(happening.actor), issue=view)
    if happening.kind != "jira:issue_deleted":
        shown["issue_event_type_name"] = _event_type(happening)
    if happening.history is not None:
        shown["changelog"] = {"id": happening.history.id, "items": renderer.changes(happening.history)}
    return shown


def _event_type(happening: Happening) -> str:
    if happening.kind == "jira:issue_created" or happening.history is None:
        return "issue_created"
    fields = {change.field_id for change in happening.history.changes}
    if "issuekey" in fields:
        return "issue_moved"
    return "issue_generic" if "status" in fields else "issue_updated"
