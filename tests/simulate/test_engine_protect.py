"""Protected records are read and never written, by any path."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmsync.engine.setup import Policy
from pmsync.model.record import ScopeRef
from pmsync.reconcile.protect import selector
from pmsync.reconcile.rails import Limits

ROOMY = Limits(max_creates=1000, max_updates=1000, max_closes=1000)
SYSTEMS = {"a": "listed", "b": "listed", "c": "listed"}
SCOPES = [ScopeRef(name, name.upper()) for name in SYSTEMS]


def protecting(*texts):
    return Policy(limits=ROOMY, protect=tuple(selector(text, SYSTEMS, SCOPES) for text in texts))


@pytest.fixture
def three(make_world):
    """One record that shows in three systems, at rest; what is protected is decided afterwards."""

    def make(*texts):
        world = make_world(SYSTEMS, policy=Policy(limits=ROOMY))
        world.create("a", title="Login fails", status="doing", priority="1", labels=frozenset({"Bug"}))
        world.rest()
        world.policy = protecting(*texts)
        world.restart()
        return world

    return make


def seen(world, field):
    return [world.row(name).get(field) for name in SYSTEMS]


@pytest.mark.parametrize("text", ["b", "b:B", "b:B-1", "b:1", "B:b-1"])
def test_a_protected_place_is_read_and_not_written(three, text):
    world = three(text)
    if text == "B:b-1":
        world.policy = protecting("b:b-1")
        world.restart()
    world.edit("a", title="Changed", labels=frozenset({"Bug", "Night"}), status="done")
    report = world.sync()
    assert report.exit_code == 0
    assert seen(world, "title") == ["Changed", "Login fails", "Changed"]
    assert seen(world, "status") == ["done", "doing", "done"], "a close is a write"
    assert world.row("b")["labels"] == frozenset({"Bug"})
    [told] = world.events("skipped", "protected")
    assert told.text == f"B-1 is not written: it is protected by {world.policy.protect[0].text}"
    world.edit("b", by="ben", priority="3")
    world.rest()
    assert seen(world, "priority") == ["3", "3", "3"], "its own edits still count"
    assert not world.events("skipped", "protected"), "told once"


def test_a_label_protects_every_record_of_its_item_at_once(three):
    world = three("label:hands-off")
    world.edit("c", by="ben", labels=frozenset({"Bug", "Hands off"}))
    world.edit("a", title="Changed")
    world.rest()
    assert seen(world, "title") == ["Changed", "Login fails", "Login fails"]
    assert seen(world, "labels") == [frozenset({"Bug"}), frozenset({"Bug"}), frozenset({"Bug", "Hands off"})]
    world.edit("c", by="ben", labels=frozenset({"Bug"}))
    world.rest()
    assert seen(world, "title") == ["Changed"] * 3, "what was missed is settled when the label is gone"
    assert not world.notices("protected")


def test_a_status_protects_the_records_that_show_it(three):
    world = three("status:done")
    world.edit("a", status="done")
    world.rest()
    assert seen(world, "status") == ["done"] * 3, "entering the status is no write to what has it"
    world.edit("a", title="Changed")
    world.edit("b", by="ben", status="todo")
    world.rest()
    assert seen(world, "title") == ["Changed", "Changed", "Login fails"]
    assert seen(world, "status") == ["done", "todo", "done"]


def test_nothing_is_created_in_a_protected_place_or_from_an_item_that_bears_the_label(make_world):
    world = make_world(SYSTEMS, policy=protecting("b:B", "label:hands-off"))
    world.create("a", title="Free")
    world.create("a", title="Left alone", labels=frozenset({"hands-off"}))
    world.rest()
    assert [[row["title"] for row in world.rows(name)] for name in SYSTEMS] == [["Free", "Left alone"], [], ["Free"]]


def test_a_label_that_arrives_after_the_plan_protects_all_the_same(three):
    """The target is read again just before it is written, and a plan that was approved does not lift it."""
    world = three("label:hands-off")
    world.edit("a", title="Changed")
    plan = world.plan()
    world.edit("b", by="ben", labels=frozenset({"Bug", "hands-off"}))
    world.apply(plan)
    assert world.row("b")["title"] == "Login fails"
    assert "protected by label:hands-off" in world.events("dropped")[0].text


def test_a_create_planned_before_its_source_was_protected_is_dropped(make_world):
    world = make_world(policy=protecting("label:hands-off"))
    world.create("a", title="Login fails")
    plan = world.plan()
    world.edit("a", labels=frozenset({"hands-off"}))
    world.apply(plan)
    assert world.rows("b") == []


def test_a_selector_that_names_nothing_is_told(three):
    """A slip in a name protects nothing: that must not be silent."""
    world = three("b:B-99")
    world.sync()
    [told] = world.events("skipped", "protects_nothing")
    assert "b:B-99" in told.text
    world.sync()
    assert not world.events("skipped", "protects_nothing")
    world.policy = protecting()
    world.restart()
    world.sync()
    assert not world.notices("protects_nothing")


EDITS = st.tuples(
    st.sampled_from(sorted(SYSTEMS)),
    st.integers(1, 3),
    st.one_of(
        st.fixed_dictionaries({"title": st.sampled_from(["x", "y", "z"])}),
        st.fixed_dictionaries({"status": st.sampled_from(["todo", "doing", "done"])}),
        st.fixed_dictionaries({"labels": st.sets(st.sampled_from(["hands-off", "Bug"])).map(frozenset)}),
    ),
)
SELECTORS = st.sets(st.sampled_from(["label:hands-off", "status:done", "b:B-1", "c:C", "a"]), min_size=1, max_size=2)


@given(SELECTORS, st.lists(st.one_of(EDITS, st.just("sync")), max_size=10))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_protected_is_ever_written(make_world, texts, acts):
    """The law, over random edits: at the moment of each write of ours, its record shows nothing that protects it."""
    world = make_world(SYSTEMS, policy=protecting(*sorted(texts)))
    for name, number in itertools.product(SYSTEMS, range(3)):
        world.create(name, title=f"Number {number}")
    written = []
    for name, server in world.servers.items():
        watch(world, name, server, written)
    for act in [*acts, "sync", "sync"]:
        if act == "sync":
            world.sync()
            world.clock.sleep(700)
        else:
            name, number, values = act
            world.edit(name, str(number), **values)
    assert [one for one in written if one[2]] == []


def watch(world, name, server, written):
    update = server.update

    def watched(id_, *args, **kwargs):
        written.append((name, id_, protectors(world, name, server.rows[id_])))
        return update(id_, *args, **kwargs)

    server.update = watched
    create = server.create

    def made(container, *args, **kwargs):
        written.append((name, container, [one.text for one in world.policy.protect if one.text in (name, f"{name}:{container}")]))
        return create(container, *args, **kwargs)

    server.create = made


def protectors(world, name, row):
    """By the server's own state, told apart by hand: not by the code that is judged."""
    facts = {name, f"{name}:{row.container}", f"{name}:{row.key}", f"status:{row.values.get('status', 'todo')}"}
    facts |= {f"label:{label}" for label in row.values.get("labels", ())}
    return [one.text for one in world.policy.protect if one.text in facts]
