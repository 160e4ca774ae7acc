"""What the simulator found in the engine, each made as small as it gets."""

from __future__ import annotations

import dataclasses

import pytest

from pmsync.connect.contract import Found
from pmsync.connect.markers import Marker, sign
from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.connect.registry import plugin
from pmsync.engine.person import Choice
from pmsync.model.enums import Kind
from pmsync.model.item import LinkState
from pmsync.model.record import ScopeRef
from pmsync.model.values import EMPTY, known
from pmsync.net.calls import CallLog
from pmsync.net.clock import VirtualClock
from pmsync.net.fence import Fence
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.testing.emulator import transport
from pmsync.testing.faults import Fault, FaultKind


@pytest.fixture
def nameless(world):
    """A tracker ``b`` that does not tell who changed a record last, as Jira and GitHub do not."""
    plain = world.connector_class._record

    class Nameless(world.connector_class):
        def _record(self, row):
            return dataclasses.replace(plain(self, row), actor="")

    world.connector_class = Nameless
    world.restart()
    return world


def touch_before_the_read_back(world, **values):
    """Ana edits the new record of ``b`` before we have read back that we made it."""

    def edit():
        world.clock.sleep(2)
        world.edit("b", by="ben", **values)

    world.once("POST", "create", edit)


@pytest.mark.parametrize(("made", "now"), [(set(), {"Theirs"}), ({"Mine"}, set()), ({"Mine"}, {"Mine", "Theirs"})])
def test_labels_changed_before_the_create_is_read_back_are_an_edit(nameless, made, now):
    """Simulator seeds 45 and 216: they were taken for the system's initial value, or for a part that did not arrive."""
    nameless.create("a", title="Login fails", labels=frozenset(made))
    touch_before_the_read_back(nameless, labels=frozenset(now))
    nameless.rest()
    assert nameless.row("a").get("labels", frozenset()) == now
    assert nameless.row("b").get("labels", frozenset()) == now


def test_a_status_changed_before_the_create_is_read_back_is_never_written_over(nameless):
    """Simulator seed 12: it was taken for what the system gives every new record. The create's own answer shows what it made."""
    nameless.create("a", title="Login fails", status="doing")
    touch_before_the_read_back(nameless, status="done")
    nameless.rest()
    assert nameless.row("a")["status"] == nameless.row("b")["status"] == "done"
    assert not nameless.conflicts()


def test_resolving_a_conflict_does_not_cover_an_edit_that_never_stood_in_it(world):
    """Simulator seed 127: an edit observed but not yet in the conflict was taken as seen, and written over."""
    world.create("a", title="Login fails", priority="1")
    world.rest()
    world.edit("a", priority="2")
    world.edit("b", by="ben", priority="3")
    world.sync()
    [row] = world.conflicts()
    world.edit("b", by="ben", priority="4")
    world.engine.pull(world.hear)
    world.engine.resolve_conflict(row.uid, Choice(value=known("high")), "mei")
    world.rest()
    assert world.row("b")["priority"] == "4"
    assert [one.dispute.field for one in world.conflicts()] == ["priority"]


def test_a_lost_create_that_was_moved_out_of_sight_is_unmanaged_and_holds_up_nothing(make_world):
    """Simulator seed 100: it was linked where no config reaches, and its unknown audience forbade every other write of its item."""
    world = make_world({"a": "listed", "b": "listed", "c": "listed"}, containers={"b": ("B", "ATTIC")})
    world.managed["b"] = ["B"]

    class Everywhere(world.connector_class):
        """Finds a lost record wherever it went, as Jira's keys do."""

        def find(self, scope, op, floor):
            rows = self._ask("GET", "look", lambda: [row for row in self._server.rows.values() if row.marker == op.marker])
            return Found(self._record(rows[0]))

    world.connector_class = Everywhere
    world.restart()
    world.create("a", title="Login fails")
    world.servers["b"].mishaps.append(Fault(FaultKind.LOSE_AFTER))
    world.sync()
    world.servers["b"].person_moves("1", "ATTIC")
    world.clock.sleep(400)
    world.rest()
    [moved] = [link for link in world.links() if link.ref.system == "b"]
    assert moved.state is LinkState.UNMANAGED
    world.edit("a", title="Login still fails")
    world.rest()
    assert world.row("c")["title"] == "Login still fails"


def test_a_pasted_marker_does_not_hide_the_record_it_was_copied_from():
    """Simulator seed 315: the lost create was never settled, for a person's copy of its body was found first."""
    clock, scope = VirtualClock(), ScopeRef("github", "acme/api")
    stage = plugin("github").stage(clock)
    stage.open("acme/api", "API")
    settings = {name: value for name, value in stage.settings().items() if name != "kind"}
    config = ScopeConfig(scope, plugin("github").scope_settings.model_validate("acme/api"))
    environment = Environment("github", clock, Fence(), CallLog(), transport(stage.emulator))
    connector = plugin("github").connector(plugin("github").settings.model_validate(settings), (config,), environment)
    change = Change("title", "title", EMPTY, known("Login fails"), known("Login fails"), "")
    marker = sign(Marker("0c", "0a", "0b"), b"key")
    op = Operation("op", OpKind.CREATE, "item", scope, None, "", Kind.TASK, (change,), marker, "")
    connector.prepare(scope, [op])
    floor = connector.floor(scope)
    [receipt] = connector.apply(scope, [op])
    clock.sleep(60)
    stage.copy(receipt.ref.remote_id, "ben", "Login fails, too")
    found = connector.find(scope, op, floor)
    assert isinstance(found, Found)
    assert found.record.ref == receipt.ref


def test_a_record_unlinked_while_it_is_missed_is_not_looked_for_any_more(world):
    """Simulator seed 207: linked anew it has another link, and the old one's notice stayed for good."""
    world.create("a", title="A bystander")
    world.create("a", title="Login fails")
    world.rest()
    [lost] = [link for link in world.links() if link.ref.system == "b" and link.key == "B-2"]
    [kept] = [link for link in world.links() if link.ref.system == "a" and link.item == lost.item]
    world.servers["b"].person_deletes(lost.ref.remote_id)
    world.edit("a", kept.ref.remote_id, title="Changed")
    world.sync()
    assert world.notices("missing")
    world.engine.unlink(lost.key)
    world.engine.link(kept.key, lost.key)
    for _ in range(3):
        world.clock.sleep(86_401)
        world.sync()
    assert not world.notices("missing")


@pytest.mark.parametrize("skew", [-900.0, 900.0])
def test_a_clock_that_is_wrong_hides_nothing_that_a_create_in_doubt_made(make_world, skew):
    """Simulator seeds 224 and 295: by the server's clock the record was older than our create, so it became a thing of its own."""
    world = make_world({"a": "listed", "b": "unmarked"})
    world.create("a", title="Login fails", body="It says 500.")
    world.servers["b"].mishaps.append(Fault(FaultKind.LOSE_AFTER))
    world.sync()
    world.servers["b"].rows["1"].created_at += skew
    world.edit("b", by="ben", title="Retitled")
    world.clock.sleep(700)
    world.sync()
    assert (len(world.items()), len(world.notices("unclaimed"))) == (1, 1)


def test_a_record_of_a_system_that_left_the_config_is_no_stranger(make_world):
    """It was pulled and had no item yet when the config dropped its system."""
    world = make_world({"a": "listed", "b": "renaming"})
    world.create("b", title="Login fails")
    world.engine.pull(world.hear)
    del world.managed["b"]
    world.servers.pop("b")
    world.rules = ()
    world.restart()
    assert world.sync().exit_code == 0
    assert not world.items()


def test_a_conflict_ends_when_the_other_party_leaves(make_world):
    """Simulator seeds 417 and 475: it stayed open between records that agree, for the sake of one that nobody manages any more."""
    world = make_world({"a": "listed", "b": "listed", "c": "listed"}, containers={"b": ("B", "ATTIC")})
    world.managed["b"] = ["B"]
    world.restart()
    world.create("a", title="Login fails")
    world.rest()
    world.edit("a", title="Ours")
    world.edit("b", by="ben", title="Theirs")
    world.rest()
    assert len(world.conflicts()) == 1
    world.servers["b"].person_moves("1", "ATTIC")
    world.clock.sleep(3 * 86_400)
    world.rest()
    assert not world.conflicts()
    assert world.row("c")["title"] == "Ours"
    assert world.row("b")["title"] == "Theirs"


def test_a_conflict_ends_when_a_party_is_linked_anew(make_world):
    """Simulator seed 475: what the record said under its old link stood against it for ever."""
    world = make_world({"a": "listed", "b": "listed"})
    world.create("a", title="Login fails")
    world.rest()
    world.edit("a", title="Ours")
    world.edit("b", by="ben", title="Theirs")
    world.rest()
    keys = {link.ref.system: link.key for link in world.links()}
    world.engine.unlink(keys["b"])
    world.engine.link(keys["a"], keys["b"])
    world.edit("b", by="ben", title="Ours")
    world.rest()
    assert not world.conflicts()


def test_a_plan_does_not_write_over_an_edit_that_only_put_back_what_it_saw(linked):
    """Simulator seed 452: written meanwhile, taken off again by a person, and then written once more by a plan that was older than both."""
    linked.edit("a", labels=frozenset({"Bug", "Night"}))
    plan = linked.plan()
    linked.rest()
    assert "Night" in linked.row("b")["labels"]
    linked.edit("b", by="ben", labels=linked.row("b")["labels"] - {"Night"})
    linked.apply(plan)
    assert "Night" not in linked.row("b")["labels"]
    linked.rest()
    assert "Night" not in linked.row("a")["labels"]


def test_a_plan_does_not_write_where_a_conflict_was_opened_since(make_world):
    """Nothing is written while it is open, whoever approved it before."""
    world = make_world({"a": "listed", "b": "listed", "c": "listed"})
    world.create("a", title="Login fails")
    world.rest()
    world.edit("a", title="Ours")
    plan = world.plan()
    assert len(plan.ops) == 2
    world.edit("b", by="ben", title="Theirs")
    world.engine.pull(world.hear)
    world.plan()
    assert len(world.conflicts()) == 1
    world.apply(plan)
    assert world.row("c")["title"] == "Login fails"
    [row] = world.conflicts()
    assert {one.shown for one in row.dispute.candidates} == {"Ours", "Theirs"}
