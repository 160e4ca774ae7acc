"""The help desk beside the trackers: tickets are feedback about issues, and show where these stand; no customer is told anything."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.engine.engine import Engine
from pmsync.engine.setup import Policy, Product, Setup
from pmsync.model.enums import Kind, Status
from pmsync.model.record import ScopeRef
from pmsync.net.clock import VirtualClock
from pmsync.net.fence import Fence
from pmsync.store import Store
from pmsync.testing.emulator import transport
from pmsync.testing.stage import Sketch
from pmsync_jira import plugin as jira_plugin
from pmsync_rt import plugin as rt_plugin


@dataclass
class Desk:
    """A Jira project and a Request Tracker queue around one store. ``calls`` counts requests by system and method."""

    folder: Path
    clock: VirtualClock = field(default_factory=VirtualClock)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.jira, self.rt = jira_plugin.stage(self.clock), rt_plugin.stage(self.clock)
        self.jira.open("PAY", "Payments")
        self.rt.open("Support", "Support")
        scopes = (ScopeRef("jira", "PAY"), ScopeRef("desk", "Support"))
        connectors = {
            "jira": self._connector("jira", jira_plugin, self.jira, scopes[0]),
            "desk": self._connector("desk", rt_plugin, self.rt, scopes[1]),
        }
        self.store = Store.open(f"sqlite:///{self.folder / 'pmsync.db'}", self.clock)
        setup = Setup(connectors, (Product("payments", scopes),), Policy(), b"a key that signs markers")
        self.engine = Engine(setup, self.store, self.clock)

    def _connector(self, system: str, plugin: Any, stage: Any, scope: ScopeRef) -> Any:
        given = {name: value for name, value in stage.settings().items() if name != "kind"}
        config = ScopeConfig(scope, plugin.scope_settings.model_validate(scope.key))
        environment = Environment(system, self.clock, Fence(), self._called, transport(stage.emulator))
        return plugin.connector(plugin.settings.model_validate(given), (config,), environment)

    def _called(self, system: str, method: str, path: str, status: int) -> None:
        self.calls[(system, method)] += 1

    def sync(self) -> None:
        """Two rounds, an hour apart, so that what trails is there."""
        for _ in range(2):
            report = self.engine.sync(lambda event: None)
            assert report.exit_code == 0
            self.clock.sleep(3600)

    def roadmap(self, key: str) -> str:
        """What the ticket's only filled custom field shows."""
        values = self.rt.emulator.state.tickets[int(key.partition("#")[2])].values
        return "".join(value for group in values.values() for value in group if value)


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    yield made
    made.store.close()


def test_a_ticket_shows_where_its_issue_stands(desk):
    """Requests 10, 11 and 12: whoever answers the customer sees it in the ticket."""
    desk.jira.file("PAY", Sketch("Refunds fail", "ana", status=Status.IN_PROGRESS))
    ticket = desk.rt.file("Support", Sketch("Refund of order 7 (PAY-1)", "bob"))
    desk.sync()
    assert desk.roadmap(ticket) == "in progress"
    desk.jira.edit("PAY-1", "ana", status=Status.DONE)
    desk.sync()
    assert desk.roadmap(ticket) != "shipped", "what is built is not yet in the customer's hands"


def test_a_resolved_ticket_closes_no_issue(desk):
    """C21: that one customer is content says nothing about the work."""
    desk.jira.file("PAY", Sketch("Refunds fail", "ana", status=Status.IN_PROGRESS))
    ticket = desk.rt.file("Support", Sketch("Refund of order 7 (PAY-1)", "bob"))
    desk.sync()
    desk.rt.edit(ticket, "ana", status=Status.DONE)
    desk.sync()
    [issue] = desk.jira.look().values()
    assert issue.values["status"] == "In Progress"


def test_tickets_and_issues_of_one_title_stay_apart(desk):
    desk.jira.file("PAY", Sketch("Refunds fail", "ana"))
    desk.rt.file("Support", Sketch("Refunds fail", "bob"))
    desk.sync()
    with desk.store.transaction() as tx:
        assert sorted(item.kind for item in tx.items.page("")) == [Kind.FEEDBACK, Kind.TASK]


def test_a_quiet_round_asks_each_system_once(desk):
    desk.jira.file("PAY", Sketch("Refunds fail", "ana", status=Status.IN_PROGRESS))
    desk.rt.file("Support", Sketch("Refund of order 7 (PAY-1)", "bob"))
    desk.sync()
    desk.engine.sync(lambda event: None)
    desk.clock.sleep(60)
    desk.calls.clear()
    desk.engine.sync(lambda event: None)
    assert sum(desk.calls.values()) == 2
