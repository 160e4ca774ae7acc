"""Invariant 15: whatever a run wrote is put back by its undo, to the letter, unless somebody touched it since; and then nothing stirs.

The test keeps its own account, from what people see in the trackers before and after every run, and knows nothing of the journal.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from pmsync.engine.setup import Policy
from pmsync.reconcile.plan import Plan
from pmsync.reconcile.rails import Limits
from pmsync.testing.faults import Fault, FaultKind

BOLD = Policy(limits=Limits(max_creates=1000, max_updates=1000, max_closes=1000, close="allow"))
FIELDS = ("title", "status", "priority", "labels")
CHOICES = {"status": ("todo", "doing", "review", "done"), "priority": ("1", "2", "3", "4")}
SIDES = st.sampled_from("ab")
FAULTS = (FaultKind.REFUSE, FaultKind.LOSE_BEFORE, FaultKind.LOSE_AFTER, FaultKind.TWICE)
CLOSED = ("done", "dropped")


class Undoing(RuleBasedStateMachine):
    """``wrote``: per run the places it changed, with what stood there before and after; ``said``: who wrote to a place in turn."""

    make_world = None

    @initialize(kind=st.sampled_from(("listed", "keyed", "lagging", "listed-rich", "lagging-rich")))
    def begin(self, kind):
        self.world = type(self).make_world({"a": "listed", "b": kind}, policy=BOLD)
        self.count = 0
        self.wrote = {}
        self.created = {}
        self.undid = {}
        self.said = {}
        self.touched, self.fresh_edits, self.given = set(), set(), set()
        for name in "aab":
            self.files(name)
        self.rest()

    # -- people and the machine ------------------------------------------------------------------------------------------------

    @rule(name=SIDES)
    def files(self, name):
        self.count += 1
        self.world.create(name, title=f"T{self.count}", status="doing")

    @rule(name=SIDES, pick=st.integers(0, 50), field=st.sampled_from(FIELDS), choice=st.integers(0, 3))
    def edits(self, name, pick, field, choice):
        """Each place at most once between two runs, so that no edit is undone before anybody could see it."""
        rows = [row for row in self.world.servers[name].rows.values() if not row.deleted]
        if not rows or (name, rows[pick % len(rows)].id, field) in self.fresh_edits:
            return
        row = rows[pick % len(rows)]
        self.count += 1
        value = CHOICES[field][choice] if field in CHOICES else f"T{self.count}"
        if field == "labels":
            value = row.values.get("labels", frozenset()) ^ {f"L{choice}"}
        if row.values.get(field) != value:
            self.world.edit(name, row.id, **{field: value})
            self.fresh_edits.add((name, row.id, field))
            self.touched.add((name, row.id))

    @rule(name=SIDES, kind=st.sampled_from(FAULTS))
    def line_breaks(self, name, kind):
        self.world.servers[name].mishaps.append(Fault(kind, seconds=30))

    @rule(name=SIDES, pick=st.integers(0, 50), field=st.sampled_from(FIELDS), choice=st.integers(0, 3))
    def edits_and_syncs(self, name, pick, field, choice):
        self.edits(name, pick, field, choice)
        self.run(self.world.sync)

    @rule()
    def syncs(self):
        self.run(self.world.sync)

    @rule(pick=st.integers(0, 20))
    def undoes_updates(self, pick):
        self.undo([run for run in self.wrote if self.wrote[run] and not self.created[run]], pick)

    @rule()
    def undoes_the_last_undo(self):
        self.undo([run for run in self.wrote if run in self.undid and not self.created.get(self.undid[run])], 0)

    @rule(pick=st.integers(0, 20), really=st.integers(0, 3))
    def undoes_creates(self, pick, really):
        if really == 3:
            self.undo([run for run in self.wrote if self.created[run]], pick)

    def undo(self, runs, pick):
        """Undo one of ``runs``, counted from the last."""
        if not runs:
            return
        self.rest()
        run = runs[-1 - pick % len(runs)]
        expected = self.expected(run)
        plan = self.world.engine.undo(self.world.hear, run)[0].plan
        done = self.run(lambda: self.world.engine.apply_plan(Plan.decode(plan.encode()), self.world.hear))
        self.undid[done] = run
        self.given |= {where for where in self.created.get(run, ()) if where not in self.touched}
        assert self.snapshot() == expected, f"undo of {run}"
        before = self.world.writes
        self.rest()
        assert (self.world.writes, self.snapshot()) == (before, expected), "something stirs after an undo"
        assert not self.world.notices("stale_map")
        self.check_verify()

    # -- the account -----------------------------------------------------------------------------------------------------------

    def snapshot(self):
        return {
            (name, row.id, field): row.values.get(field)
            for name, server in self.world.servers.items()
            for row in server.rows.values()
            for field in FIELDS
        }

    def run(self, act):
        """Let one run happen, and enter what it changed."""
        before = self.snapshot()
        report = act()
        after = self.snapshot()
        self.fresh_edits.clear()
        self.created[report.run] = {where[:2] for where in after if where not in before}
        self.wrote[report.run] = {
            where: (before[where], value) for where, value in after.items() if where in before and before[where] != value
        }
        for where in self.wrote[report.run]:
            self.said.setdefault(where, []).append(report.run)
        return report.run

    def rest(self):
        for server in self.world.servers.values():
            server.mishaps.clear()
        for _ in range(16):
            before = self.world.writes
            self.world.clock.sleep(3700)
            self.run(self.world.sync)
            if self.world.writes == before and not self.world.open_ops() and self.calm():
                return
        raise AssertionError("no rest")

    def calm(self):
        """Nothing is left to look at but what rests for an hour."""
        before = self.world.writes
        self.run(self.world.sync)
        return self.world.writes == before

    def expected(self, run):
        """What people must see after the undo of ``run``."""
        found = dict(self.snapshot())
        contested = self.contested()
        for where, (before, after) in self.wrote[run].items():
            mine = where[:2] in self.created[run] or where[:2] in self.given
            if not mine and self.stands(run, where) and (where[:2], where[2]) not in contested:
                found[where] = taken_back(before, after, found[where])
        for where in self.created[run]:
            if where not in self.touched | self.given and found[*where, "status"] not in CLOSED:
                found[*where, "status"] = "dropped"
        return found

    def stands(self, run, where):
        """Whether the write of ``run`` is the last there, but for writes that were taken back."""
        stack = []
        for one in self.said[where][self.said[where].index(run) :]:
            if stack and self.undid.get(one) == stack[-1]:
                stack.pop()
            else:
                stack.append(one)
        return stack == [run]

    def contested(self):
        items = {link.item: [] for link in self.world.links()}
        for link in self.world.links():
            items[link.item].append((link.ref.system, link.ref.remote_id))
        return {(where, row.dispute.field) for row in self.world.conflicts() for where in items[row.item]}

    def check_verify(self):
        """Every difference at rest has its reason."""
        for stored in (False, True):
            found = self.world.engine.verify(self.world.hear, stored=stored, keep=None)
            assert found.exit_code == 0, found.listed

    def teardown(self):
        if hasattr(self, "world"):
            self.rest()
            self.check_verify()


def taken_back(before, after, now):
    """The value after an undo: sets lose what was added and regain what was removed, as far as both still stand."""
    if isinstance(before, frozenset) or isinstance(after, frozenset):
        old, new, current = before or frozenset(), after or frozenset(), now or frozenset()
        if not (new - old) <= current or (old - new) & current:
            return now
        return (current - (new - old)) | (old - new) or None
    return before if now == after else now


def test_undo_restores_every_tracker(make_world):
    Undoing.make_world = staticmethod(make_world)
    case = Undoing.TestCase()
    case.settings = settings(
        max_examples=int(os.environ.get("UNDO_EXAMPLES", "15")),
        stateful_step_count=20,
        deadline=None,
        derandomize=bool(os.environ.get("CI")),
        suppress_health_check=list(HealthCheck),
    )
    case.runTest()
