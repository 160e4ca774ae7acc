"""What the tests of the Jira connector work with: a site with people, connectors on it, and every call counted by name."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, known
from pmsync.net.clock import VirtualClock
from pmsync.net.fence import Fence
from pmsync.reconcile.lens import Unrepresentable
from pmsync.testing.emulator import transport
from pmsync.testing.faults import Fault, FaultKind, Faulty
from pmsync_jira import plugin
from pmsync_jira.client import READS
from pmsync_jira.connector import JiraConnector
from pmsync_jira.datacenter import READS as DATA_CENTER_READS

API = "/rest/api/3"
PAY = ScopeRef("jira", "PAY")
SECRET = "hook-secret"


def is_write(request: Any) -> bool:
    """Whether a request asks Jira to change something."""
    return request.method != "GET" and not any(rule.path.fullmatch(request.path) for rule in (*READS, *DATA_CENTER_READS))


class Kit:
    """A Jira site with the project PAY and Ana, who works on it. ``wrap`` is given the emulator."""

    def __init__(self, wrap: Any = lambda emulator: emulator, *, scheme: Any = None, **knobs: Any) -> None:
        self.clock = VirtualClock()
        self.site = plugin.emulator(self.clock, **knobs)
        self.site.add_project("PAY", "Payments", scheme)
        self.ana = self.site.add_user("Ana", email="ana@acme.com").account_id
        self.line = Faulty(wrap(self.site), self.clock, is_write)
        self.fence = Fence()
        self.calls: list[tuple[str, int]] = []
        whose = {"deployment": "datacenter"} if self.site.knobs.deployment == "datacenter" else {"login": self.site.bot.email}
        self.settings = {"url": self.site.base_url, **whose, "token": self.site.bot.token, "webhook_secret": SECRET}

    def connector(self, *scopes: Any, maps: Any = None, **settings: Any) -> JiraConnector:
        """A fresh connector; scopes as in the config (default: PAY)."""
        parsed = [plugin.scope_settings.model_validate(one) for one in scopes or ("PAY",)]
        configs = tuple(ScopeConfig(ScopeRef("jira", plugin.scope_key(one)), one, maps or {}) for one in parsed)
        environment = Environment("jira", self.clock, self.fence, self._count, transport(self.line))
        return plugin.connector(plugin.settings.model_validate({**self.settings, **settings}), configs, environment)

    def file(self, title: str = "A thing", **fields: Any) -> RecordRef:
        """Ana files an issue in PAY."""
        return RecordRef("jira", str(self.site.add_issue("PAY", title, actor=self.ana, **fields).id))

    def edit(self, ref: RecordRef, **fields: Any) -> None:
        """Ana edits an issue."""
        self.site.edit_issue(ref.remote_id, self.ana, **fields)

    def break_next(self, kind: FaultKind, **settings: Any) -> None:
        """Let something befall the next write."""
        self.line.next_write(Fault(kind, **settings))

    def called(self) -> Counter[str]:
        """Calls since the last time, by name without the API root."""
        names = Counter(name.replace(self.site.state.edition.root, "") for name, _ in self.calls)
        self.calls.clear()
        return names

    def _count(self, system: str, method: str, name: str, status: int) -> None:
        self.calls.append((name, status))


def put(connector: JiraConnector, scope: ScopeRef, surface: str, value: Any, before: Any = EMPTY) -> Any:
    """The remote value that stands for a hub value (None: empty)."""
    lens = next(one.lens for one in connector.surfaces(scope) if one.id == surface)
    after = lens.put(known(value), before)
    assert not isinstance(after, Unrepresentable), after
    return after


__all__ = ["API", "PAY", "Kit", "Known", "is_write", "put"]
