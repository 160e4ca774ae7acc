"""What the judge forgives, because nothing that the systems tell shows it to anybody, and what it does not forgive beside it."""

from __future__ import annotations

import dataclasses
from contextlib import nullcontext
from types import SimpleNamespace
from unittest.mock import patch

import pytest

from pmsync.engine.history import History
from pmsync.model.record import ScopeRef
from pmsync.reconcile.operation import Change
from pmsync.store.scopes import ScopeRow
from pmsync.testing.simulate import claims, losses
from pmsync.testing.simulate.agreement import _only_copies_are_left, _prioritized
from pmsync.testing.simulate.case import Case
from pmsync.testing.simulate.causes import Circumstances
from pmsync.testing.simulate.losses import _beyond_anyone, _label_lost
from pmsync.testing.simulate.outcome import run
from pmsync.testing.simulate.permits import of_sync
from pmsync.testing.simulate.restraint import _apart, _written_over
from pmsync.testing.simulate.shape import COPY, RESTORE, draw
from pmsync.testing.simulate.truth import ROBOT, Act
from pmsync.testing.simulate.world import World


def act(seq, who, thing, after):
    return Act(seq, float(seq), who, thing.partition(":")[0], thing, "set", "title", "Login fails", after)


THEIRS, CARRIED, UPON = act(1, "ana", "a:1", "Ours"), act(2, ROBOT, "b:1", "Ours"), act(3, "ben", "b:1", "Ours, but better")


def apart(doubtful, blind):
    case = SimpleNamespace(blind=blind, circumstances=Circumstances(doubtful=doubtful))
    return _apart(case, THEIRS, UPON, [THEIRS, CARRIED, UPON])


def test_an_edit_upon_a_write_in_doubt_is_one_at_cross_purposes_only_where_nobody_is_told_who_changed_what():
    assert apart({UPON.seq}, {"b"})
    assert not apart({UPON.seq}, {"c"}), "the history tells that he had seen it"
    assert not apart(set(), {"b"}), "the write was confirmed"
    assert not apart({THEIRS.seq}, {"b"}), "another edit was made in doubt"


@pytest.mark.parametrize(("robbed", "shown", "forgiven"), [(True, "Ours", True), (False, "Ours", False), (True, "Theirs", False)])
def test_a_conflict_over_a_value_that_we_wrote_over_unseen_is_no_needless_one_though_all_records_agree(robbed, shown, forgiven):
    """Simulator seed 43277; a conflict of any other value, or of one that shows somewhere, still is."""
    theirs = dataclasses.replace(act(1, "ben", "b:1", "Theirs"), who="ben" if robbed else ROBOT)
    ours = dataclasses.replace(act(2, ROBOT, "b:1", "Ours"), before="Theirs")
    case = SimpleNamespace(acts={"I1": [theirs, ours]}, means=lambda system, name, value: frozenset({value}))
    group = [SimpleNamespace(system="b", thing="b:1", seen=SimpleNamespace(values={"title": shown}))]
    assert _written_over(case, "title", frozenset({"Ours", "Theirs"}), group) is forgiven


def test_of_a_record_that_was_tied_anew_again_and_again_the_tie_that_holds_counts(linked):
    """Simulator seed 42738: it was counted as unmanaged, for its earlier ties are."""
    [keep, other] = [link.key for link in linked.links()]
    for _ in range(4):
        linked.engine.unlink(other)
        linked.engine.link(keep, other)
        linked.rest()
        assert claims.read(linked.store.transaction()).item_of("b", "1")


def test_what_was_agreed_is_forgotten_until_a_store_that_was_put_back_has_read_everything_again():
    found = Circumstances(remembered=5, reread=9, retied={"I1": 12})
    assert (found.forgotten("I1"), found.forgotten("I2")) == (12, 9)


def judged(world):
    found = claims.read(world.machine.peek())
    return Case(world.shape, world.grounds, world.truth, found, world.circumstances)


def put_back_and_copied():
    """A world at rest whose store was put back, and copied, in its chaos."""
    for seed in (seed for seed in range(500, 800) if {RESTORE, COPY} <= draw(seed).kinds):
        world = World(draw(seed))
        world.play()
        if world.circumstances.remembered and world.come_to_rest():
            return world
    raise AssertionError("no store was put back")


def takes_off_a_label(world):
    """Somebody takes a label off one of several records that show it; returns what he did."""
    case = judged(world)
    for group in case.standing.values():
        linked = [one for one in group if one.item and one.item == group[0].item and case.at_home(one)]
        shown = frozenset.intersection(*(one.seen.labels for one in linked)) if len(linked) > 1 else frozenset()
        if shown and case.unprotected(case.talking(linked)) == linked:
            world.grounds[linked[0].system].label(linked[0].record, "mei", remove=[min(shown)])
            [act] = world.truth.observe("mei")
            return act
    raise AssertionError("no label shows twice")


@pytest.mark.parametrize("planted", [True, False])
def test_labels_that_are_never_taken_off_are_noticed_also_where_a_store_was_put_back_and_copied(planted):
    """The judge forgives what was forgotten with the store, and nothing that came after it had read everything again."""
    world = put_back_and_copied()
    taken = takes_off_a_label(world)
    with patch.object(Change, "removed", property(lambda change: frozenset())) if planted else nullcontext():
        world.come_to_rest()
    lost = [one for one in losses.findings(judged(world)) if f"(act {taken.seq})" in one.text]
    assert bool(lost) is planted


@pytest.mark.parametrize(
    ("lapse", "blind", "forgiven"), [((2, 4), "b", True), ((3, 4), "b", False), ((1, 3), "b", False), ((2, 4), "c", False)]
)
def test_an_edit_that_put_back_what_a_forgotten_write_had_replaced_is_forgiven_only_where_nobody_can_tell(lapse, blind, forgiven):
    """Simulator seed 61941: to the store that was put back, the record shows what was agreed upon, as if nobody had been there."""
    ours = dataclasses.replace(act(2, ROBOT, "b:1", "Ours"), before="Login fails")
    back = dataclasses.replace(act(3, "ana", "b:1", "Login fails"), before="Ours")
    case = SimpleNamespace(blind={blind}, circumstances=Circumstances(lapses=[lapse]))
    assert _beyond_anyone(case, back, [ours, back]) is forgiven


def test_an_edit_that_is_lost_to_a_planted_fault_after_a_store_was_put_back_is_still_seen():
    """Nothing is read any more of what people set: the lapse of the store does not excuse it."""
    seeds = [seed for seed in range(1, 60) if RESTORE in draw(seed).kinds]
    with patch.object(History, "of", classmethod(lambda cls, fetched, ref, floor, me: cls((), me))):
        found = [one for seed in seeds for one in run(seed).findings if one.invariant == "lost"]
    assert found


@pytest.mark.parametrize(
    ("protected", "shown", "lost"),
    [
        (("a", "A"), {"a": (), "b": ("l1",), "c": ("l1",)}, False),
        (("a", "A"), {"a": (), "b": ("l1",), "c": ()}, True),
        (("a", "A"), {"a": ("l1",), "b": (), "c": ("l1",)}, True),
        (None, {"a": (), "b": ("l1",), "c": ("l1",)}, True),
    ],
)
def test_a_label_that_is_lost_is_seen_also_beside_a_protected_record(protected, shown, lost):
    """Only the protected record itself may lack what somebody added; simulator seeds 97, 118, and 166."""
    added = dataclasses.replace(act(1, "ana", "b:1", "l1"), name="labels", before="")
    group = [
        SimpleNamespace(
            system=name, thing=f"{name}:1", item="item", seen=SimpleNamespace(container=name.upper(), labels=frozenset(labels))
        )
        for name, labels in shown.items()
    ]
    case = SimpleNamespace(
        blind=set(), circumstances=Circumstances(), shape=SimpleNamespace(protected=protected), talking=lambda group: group
    )
    case.unprotected = lambda linked: Case.unprotected(case, linked)
    assert _label_lost(case, added, group, [added]) is lost


def priority(seq, who, thing, before, after, **more):
    return dataclasses.replace(act(seq, who, thing, after), name="priority", before=before, **more)


@pytest.mark.parametrize(
    ("edits", "counts"),
    [
        ([], False),
        ([("ben", "Medium", "Low")], True),
        ([("ben", "Medium", "Low"), ("ana", "Low", "Medium")], False),
        ([("ben", "Medium", "Low"), (ROBOT, "Low", "High"), ("ana", "High", "Medium")], True),
    ],
)
def test_a_priority_that_was_put_back_before_anybody_looked_was_never_set(edits, counts):
    """Simulator seed 70179: the record shows what the system made it with, and no comparison of states tells more."""
    made = priority(1, ROBOT, "b:1", "", "Medium", first=True)
    acts = [made, *(priority(seq, who, "b:1", before, after) for seq, (who, before, after) in enumerate(edits, 2))]
    assert _prioritized([SimpleNamespace(thing="b:1")], acts) is counts


def test_a_priority_that_was_carried_and_then_put_back_was_set():
    acts = [
        priority(1, ROBOT, "b:1", "", "Medium", first=True),
        priority(2, "ben", "b:1", "Medium", "Low"),
        priority(3, ROBOT, "a:1", "", "Low"),
        priority(4, "ana", "b:1", "Low", "Medium"),
    ]
    assert _prioritized([SimpleNamespace(thing="b:1")], acts)


@pytest.mark.parametrize(("item", "excused"), [("another", True), ("item", False), (None, False)])
def test_that_only_our_copy_of_an_original_is_left_is_no_excuse_while_another_one_of_the_item_stands(item, excused):
    """Simulator seed 100021: what people filed beside it is an item of its own, and says nothing of where this one should show."""
    filed = [dataclasses.replace(act(seq, "ana", thing, ""), verb="create") for seq, thing in ((1, "a:1"), (2, "b:1"))]
    copied = act(3, ROBOT, "c:1", "Login fails")
    away = dataclasses.replace(act(4, "ana", "a:1", "ATTIC"), verb="move")
    case = SimpleNamespace(
        homes={("a", "A")}, circumstances=Circumstances(remembered=5), item_of=lambda thing: item if thing == "b:1" else None
    )
    assert _only_copies_are_left(case, "item", [*filed, copied, away]) is excused


@pytest.mark.parametrize(("made", "known", "lost"), [(1, 9.0, False), (3, 9.0, True), (1, 1.0, True)])
def test_a_label_that_comes_back_is_forgiven_only_where_no_store_knew_the_record_as_it_was_taken_off(made, known, lost):
    """Simulator seed 102288: a copy of the store had made it, and the store itself met it later as for the first time."""
    ours = dataclasses.replace(act(made, ROBOT, "b:1", ""), verb="create")
    taken = dataclasses.replace(act(4, "ana", "b:1", ""), name="labels", before="l1")
    group = [SimpleNamespace(system="b", thing="b:1", item="item", seen=SimpleNamespace(container="B", labels=frozenset({"l1"})))]
    case = SimpleNamespace(
        blind=set(),
        circumstances=Circumstances(remembered=2),
        known_at=lambda thing: known,
        talking=lambda group: group,
        unprotected=lambda group: group,
    )
    assert _label_lost(case, taken, group, [ours, taken]) is lost


@pytest.mark.parametrize(
    ("changed", "paused", "allowed"), [("a", "", False), ("a", "b", False), ("b", "b", True), ("", "", True)]
)
def test_a_changed_config_forbids_writes_but_for_that_of_a_system_that_is_paused(changed, paused, allowed):
    """Simulator seed 112667: whoever paused it has its config compared when it goes on; what goes elsewhere meanwhile was worked with."""
    scopes = {name: ScopeRef(name, "X") for name in "ab"}
    rows = {scope: ScopeRow(scope, config_hash="old" if name == changed else "new") for name, scope in scopes.items()}
    tx = SimpleNamespace(scopes=SimpleNamespace(many=lambda wanted: rows), ops=SimpleNamespace(open=list))
    setup = SimpleNamespace(scopes=lambda: list(rows), fingerprints=dict.fromkeys(rows, "new"))
    machine = SimpleNamespace(peek=lambda: nullcontext(tx), process=SimpleNamespace(setup=setup))
    world = SimpleNamespace(machine=machine, operator=SimpleNamespace(paused=paused))
    assert of_sync(world)(THEIRS) is allowed
