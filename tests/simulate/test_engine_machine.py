"""Two flaky trackers, people in both, and a process that dies: whatever they do, in the end nothing is lost, nothing is there twice."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from pmsync.engine.setup import Policy
from pmsync.reconcile.rails import Limits
from pmsync.testing.faults import Fault, FaultKind

FAULTS = (FaultKind.REFUSE, FaultKind.LOSE_BEFORE, FaultKind.LOSE_AFTER, FaultKind.TWICE)
BOLD = Policy(limits=Limits(max_creates=1000, close="allow"))
SIDES = st.sampled_from("ab")
FIELDS = st.sampled_from(("title", "title", "status", "priority", "label"))
CHOICES = {"status": ("todo", "doing", "review", "done"), "priority": ("1", "2", "3", "4")}

settings.register_profile(
    "pmsync", max_examples=30, stateful_step_count=25, deadline=None, derandomize=bool(os.environ.get("CI"))
)


class Trackers(RuleBasedStateMachine):
    """Titles are unique, so that each can be found again: in a tracker, in a conflict, or replaced by somebody who had it before their eyes."""

    make_world = None
    crash: type[BaseException] = BaseException

    @initialize(kind=st.sampled_from(("listed", "keyed", "lagging", "listed-rich")))
    def begin(self, kind):
        self.world = type(self).make_world(
            {"a": "listed", "b": kind}, containers={"a": ("A", "A2"), "b": ("B", "B2")}, policy=BOLD
        )
        self.count = 0
        self.said = []  # (system, id, title), as people said it
        self.replaced = set()
        self.removed = set()

    # -- people ----------------------------------------------------------------------------------------------------------------

    @rule(name=SIDES)
    def files(self, name):
        title = self.fresh()
        self.said.append((name, self.world.create(name, title=title), title))

    @rule(name=SIDES, pick=st.integers(0, 50), field=FIELDS, choice=st.integers(0, 3))
    def edits(self, name, pick, field, choice):
        if (id_ := self.pick(name, pick)) is None:
            return
        if field == "title":
            self.retitles(name, id_)
        elif field == "label":
            labels = self.world.row(name, id_).get("labels", frozenset())
            self.world.edit(name, id_, labels=labels ^ {f"L{choice}"})
        else:
            self.world.edit(name, id_, **{field: CHOICES[field][choice]})

    @rule(name=SIDES, pick=st.integers(0, 50))
    def reverts(self, name, pick):
        """Back to a title that somebody gave it earlier."""
        id_ = self.pick(name, pick)
        earlier = [title for *where, title in self.said if where == [name, id_]]
        if len(earlier) > 1:
            self.replaced.add(self.world.row(name, id_)["title"])
            self.world.edit(name, id_, title=earlier[-2])

    @rule(name=SIDES, pick=st.integers(0, 50), path=st.sampled_from(("list", "create")))
    def retitles_in_the_middle_of_a_round(self, name, pick, path):
        if (id_ := self.pick(name, pick)) is not None:
            self.world.once("POST" if path == "create" else "GET", path, lambda: self.retitles(name, id_))
            self.world.sync()
            self.world.on_request = lambda *_: None

    @rule(name=SIDES, pick=st.integers(0, 50))
    def deletes(self, name, pick):
        id_ = self.pick(name, pick)
        if id_ is not None and len(self.removed) < 2:
            self.removed.add((name, id_))
            self.world.servers[name].person_deletes(id_)

    @rule(name=SIDES, pick=st.integers(0, 50))
    def moves(self, name, pick):
        if (id_ := self.pick(name, pick)) is not None:
            here = self.world.servers[name].rows[id_].container
            self.world.servers[name].person_moves(id_, next(home for home in self.world.homes[name] if home != here))

    @rule(name=SIDES, pick=st.integers(0, 50))
    def comments(self, name, pick):
        if (id_ := self.pick(name, pick)) is not None:
            self.world.servers[name].person_comments(id_, "me too")

    # -- the machine -----------------------------------------------------------------------------------------------------------

    @rule(name=SIDES, kind=st.sampled_from(FAULTS))
    def line_breaks(self, name, kind):
        self.world.servers[name].mishaps.append(Fault(kind, seconds=30))

    @rule(pause=st.sampled_from((1, 60, 700)))
    def syncs(self, pause):
        self.world.sync()
        self.world.clock.sleep(pause)

    @rule(step=st.integers(1, 60))
    def crashes(self, step):
        self.world.doom.passed, self.world.doom.strike = 0, step
        with contextlib.suppress(self.crash):
            self.world.sync()
        self.world.restart()

    @rule()
    def plans(self):
        before = self.world.writes
        self.world.plan()
        assert self.world.writes == before

    # -- the end ---------------------------------------------------------------------------------------------------------------

    def teardown(self):
        if not hasattr(self, "world"):
            return
        for server in self.world.servers.values():
            server.mishaps.clear()
        for pause in (700, 3700, 700):  # what was refused or missing is tried again after an hour
            self.world.clock.sleep(pause)
            self.world.rest()
        self.check_titles()
        self.check_objects()
        self.check_agreement()

    def check_titles(self):
        """No lost edit."""
        shown = {row["title"] for name in "ab" for row in self.world.rows(name)}
        kept = {one.shown for row in self.world.conflicts() for one in row.dispute.candidates}
        for name, id_, title in self.said:
            accounted = title in shown | kept | self.replaced or (name, id_) in self.removed
            assert accounted, f"{title}, said of record {id_} in {name}, is nowhere"

    def check_objects(self):
        """No duplicate: every record that we created is linked once, or told as surplus."""
        surplus = {row.subject for row in self.world.notices("surplus")}
        linked = {(link.ref.system, link.ref.remote_id) for link in self.world.links() if link.state.value == "linked"}
        pairs = [(link.item, link.scope.system) for link in self.world.links() if link.state.value == "linked"]
        assert len(pairs) == len(set(pairs))
        for name, server in self.world.servers.items():
            for row in server.rows.values():
                if row.creator == "robot" and not row.deleted:
                    assert (name, row.id) in linked or row.key in surplus, (name, row)

    def check_agreement(self):
        """Converged: where nothing is contested, both sides of every pair show the same."""
        contested = {(row.item, row.dispute.field) for row in self.world.conflicts()}
        sides = defaultdict(list)
        for link in self.world.links():
            if link.state.value == "linked" and (link.ref.system, link.ref.remote_id) not in self.removed:
                sides[link.item].append(self.world.row(link.ref.system, link.ref.remote_id))
        for item, rows in sides.items():
            for field in ("title", "status", "priority", "labels"):
                if len(rows) == 2 and (item, field) not in contested:
                    assert rows[0].get(field) == rows[1].get(field), (item, field, rows)

    def fresh(self):
        self.count += 1
        return f"T{self.count}"

    def retitles(self, name, id_):
        title = self.fresh()
        self.replaced.add(self.world.row(name, id_)["title"])
        self.said.append((name, id_, title))
        self.world.edit(name, id_, title=title)

    def pick(self, name, number):
        alive = [row.id for row in self.world.servers[name].rows.values() if not row.deleted]
        return alive[number % len(alive)] if alive else None


def test_nothing_is_lost_and_nothing_is_there_twice(make_world, crash):
    Trackers.make_world, Trackers.crash = staticmethod(make_world), crash
    case = Trackers.TestCase()
    case.settings = settings(settings.get_profile("pmsync"), suppress_health_check=list(HealthCheck))
    case.runTest()
