"""Webhooks: signed, told once, possibly lost, doubled or late; never redelivered by themselves."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pmsync_github.emulation import render_meta
from pmsync_github.emulation.render import Renderer
from pmsync_github.emulation.state import Comment, Issue, Label, Milestone, Repo
from pmsync_github.emulation.world import Notice, World

Sink = Callable[[Mapping[str, str], bytes], None]
"""Takes one delivery: lower-case headers and the raw body."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A repository's hook; ``events`` are names, or ``*``."""

    id: int
    repo_id: int
    sink: Sink
    secret: str
    events: frozenset[str]

    def wants(self, notice: Notice) -> bool:
        """Whether it is told of this."""
        return notice.repo.id == self.repo_id and bool(self.events & {"*", notice.event})


@dataclass(slots=True, order=True)
class _Delivery:
    due: float
    order: int
    hook: Hook = field(compare=False)
    headers: dict[str, str] = field(compare=False)
    body: bytes = field(compare=False)


class Messenger:
    """Turns notices into deliveries. Payloads show things as they were when it happened."""

    def __init__(self, world: World, base: Callable[[], str], seed: int) -> None:
        self._world = world
        self._base = base
        self._random = random.Random(seed)  # noqa: S311 - chance for tests, not secrets
        self._hooks: list[Hook] = []
        self._waiting: list[_Delivery] = []
        self._order = 0
        self._delivering = False

    def add(self, repo: Repo, sink: Sink, secret: str, events: Iterable[str]) -> Hook:
        """A new hook."""
        hook = Hook(self._world.next_id(), repo.id, sink, secret, frozenset(events))
        self._hooks.append(hook)
        return hook

    def notice(self, notice: Notice) -> None:
        """Queue the deliveries of one notice."""
        for hook in self._hooks:
            if hook.wants(notice):
                self._queue(hook, notice)

    def deliver(self) -> int:
        """Send what is due, in order of time; returns how many were sent. A sink may call back into the server."""
        if self._delivering or not self._waiting:
            return 0
        self._delivering = True
        sent = 0
        try:
            while self._waiting and min(self._waiting).due <= self._world.clock.now():
                delivery = min(self._waiting)
                self._waiting.remove(delivery)
                delivery.hook.sink(delivery.headers, delivery.body)
                sent += 1
        finally:
            self._delivering = False
        return sent

    def _queue(self, hook: Hook, notice: Notice) -> None:
        knobs, chance = self._world.knobs, self._random.random
        lost, doubled, held = chance() < knobs.webhook_loss, chance() < knobs.webhook_duplicate, chance() < knobs.webhook_reorder
        body = json.dumps(self._payload(notice)).encode()
        headers = {
            "content-type": "application/json",
            "user-agent": "GitHub-Hookshot/emulator",
            "x-github-event": notice.event,
            "x-github-delivery": str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            "x-github-hook-id": str(hook.id),
            "x-github-hook-installation-target-type": "repository",
            "x-github-hook-installation-target-id": str(hook.repo_id),
        }
        if hook.secret:
            headers["x-hub-signature-256"] = sign(hook.secret, body)
        self._world.record(
            notice.actor,
            "hook.lost" if lost else "hook.sent",
            headers["x-github-delivery"],
            event=notice.event,
            action=notice.action,
        )
        due = self._world.clock.now() + (knobs.webhook_delay if held else 0.0)
        for _ in range(0 if lost else 2 if doubled else 1):
            self._order += 1
            self._waiting.append(_Delivery(due, self._order, hook, headers, body))

    def _payload(self, notice: Notice) -> dict[str, Any]:
        show = Renderer(self._world, self._base().rstrip("/"))
        payload: dict[str, Any] = {"action": notice.action}
        for name, thing in notice.detail.items():
            payload[name] = self._shown(show, name, thing)
        payload["repository"] = self._repo(show, notice.repo)
        owner = self._world.users[notice.repo.owner.casefold()]
        if owner.kind == "Organization":
            payload["organization"] = {"login": owner.login, "id": owner.id, "node_id": owner.node_id}
        payload["sender"] = show.login(notice.actor)
        return payload

    def _shown(self, show: Renderer, name: str, thing: Any) -> Any:
        if name == "changes":
            return {key: self._shown(show, key, value) for key, value in thing.items()}
        if name == "assignee":
            return show.login(thing)
        if isinstance(thing, Issue):
            return show.issue(thing, whole=False)
        if isinstance(thing, Repo):
            return self._repo(show, thing)
        if isinstance(thing, Label):
            return show.label(thing)
        if isinstance(thing, Milestone):
            return show.milestone(thing)
        if isinstance(thing, Comment):
            return show.comment(thing)
        return thing

    def _repo(self, show: Renderer, repo: Repo) -> dict[str, Any]:
        shown = render_meta.repo(show, self._world, repo, None)
        for name in ("permissions", "organization", "network_count", "subscribers_count"):
            shown.pop(name, None)
        return shown


def sign(secret: str, body: bytes) -> str:
    """The value of ``X-Hub-Signature-256``."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
