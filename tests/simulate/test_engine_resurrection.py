"""What people deleted, moved away or unlinked is not made anew; and nothing is copied from what is no longer there to be copied."""

from __future__ import annotations

import dataclasses

import pytest

from pmsync.model.enums import Audience
from pmsync.model.record import ScopeRef
from pmsync.reconcile.routing import Create, Rule
from pmsync.testing.faults import Fault, FaultKind

HOUR, DAY = 3600.0, 86_400.0


@pytest.fixture
def wide(make_world):
    """Two containers in each of two systems; mirrors are made in the first ones."""
    world = make_world(containers={"a": ("A", "A2", "ELSEWHERE"), "b": ("B", "B2")})
    world.managed["a"] = ["A", "A2"]
    world.restart()
    return world


def long_after(world):
    """The sweeps come by, and everything is settled."""
    for _ in range(3):
        world.clock.sleep(DAY + 1)
        world.sync()
    return world.rest()


def titles(world, name):
    return sorted(row["title"] for row in world.rows(name))


def bystander(world):
    """A listing that is empty of a sudden is not believed."""
    world.create("a", title="A bystander")
    world.create("b", title="A bystander")


def link_of(world, title, name):
    """The link of an item in one system."""
    [item] = [item for item in world.items() if item.fields["title"].value.value == title]
    [link] = [link for link in world.links() if link.item == item.uid and link.ref.system == name]
    return link


# -- deleted by a person -----------------------------------------------------------------------------------------------------------


def test_a_record_deleted_in_a_second_container_is_not_made_anew_in_the_first(wide):
    """C45: the mirror of b would live in A, and A never had a record of it."""
    bystander(wide)
    login = wide.create("a", home="A2", title="Login fails")
    wide.rest()
    wide.servers["a"].person_deletes(login)
    long_after(wide)
    wide.edit("b", link_of(wide, "Login fails", "b").ref.remote_id, by="ben", title="Edited in b")
    wide.rest()
    assert (titles(wide, "a"), titles(wide, "b")) == (["A bystander"], ["A bystander", "Edited in b"])


def test_a_mirror_that_was_moved_and_then_deleted_is_not_made_anew(wide):
    """C43, C45: it was made in B, and deleted in B2."""
    bystander(wide)
    wide.create("a", title="Login fails")
    wide.rest()
    mirror = link_of(wide, "Login fails", "b").ref.remote_id
    wide.servers["b"].person_moves(mirror, "B2")
    wide.rest()
    wide.servers["b"].person_deletes(mirror)
    long_after(wide)
    assert (titles(wide, "a"), titles(wide, "b")) == (["A bystander", "Login fails"], ["A bystander"])


def test_a_deleted_mirror_is_not_made_anew_when_its_source_moves_and_is_edited(wide):
    """C45."""
    bystander(wide)
    login = wide.create("a", title="Login fails")
    wide.rest()
    wide.servers["b"].person_deletes(link_of(wide, "Login fails", "b").ref.remote_id)
    long_after(wide)
    for home in ("A2", "ELSEWHERE", "A"):
        wide.servers["a"].person_moves(login, home)
        wide.edit("a", login, title=f"Seen in {home}")
        long_after(wide)
    assert (titles(wide, "a"), titles(wide, "b")) == (["A bystander", "Seen in A"], ["A bystander"])


def test_nothing_is_made_of_a_deleted_record_in_a_system_that_is_added_later(make_world):
    """C45: the item is kept, and shows nowhere any more."""
    world = make_world({"a": "listed", "b": "listed"}, rules=())
    login = world.create("a", title="Login fails")
    world.create("a", title="A bystander")
    world.rest()
    world.servers["a"].person_deletes(login)
    long_after(world)
    world.rules = world.mirror_all()
    world.restart()
    world.read(lambda tx: tx.dirty.mark([f"item:{item.uid}" for item in tx.items.page("")], None, "the rules changed"))
    world.rest()
    assert titles(world, "b") == ["A bystander"]


def test_a_restored_record_is_linked_again_and_its_mirror_goes_on(wide):
    """C45: a trash can, or a permission that came back."""
    bystander(wide)
    login = wide.create("a", title="Login fails")
    wide.rest()
    wide.servers["a"].person_deletes(login)
    long_after(wide)
    wide.servers["a"].rows[login].deleted = False
    wide.edit("a", login, title="Back again")
    wide.rest()
    assert (titles(wide, "a"), titles(wide, "b")) == (["A bystander", "Back again"],) * 2


def test_what_is_filed_anew_after_everything_was_deleted_is_a_new_thing(world):
    """C45: of the same title, and with none of the old values."""
    bystander(world)
    world.create("a", title="Login fails", status="done", priority="1", body="Long ago.")
    world.rest()
    for name in ("a", "b"):
        world.servers[name].person_deletes(link_of(world, "Login fails", name).ref.remote_id)
    long_after(world)
    world.create("a", title="Login fails")
    world.rest()
    [row] = [row for row in world.rows("a") if row["title"] == "Login fails"]
    assert (row["status"], row.get("priority"), row.get("body")) == ("todo", None, None)
    assert (titles(world, "b"), len(world.items())) == (["A bystander", "Login fails"], 3)


def test_a_copy_of_a_deleted_record_is_a_thing_of_its_own(world):
    """C45: its marker is the old record's, and a person made it."""
    bystander(world)
    world.create("a", title="Login fails")
    world.rest()
    mirror = link_of(world, "Login fails", "b").ref.remote_id
    server = world.servers["b"]
    copied = server.person_creates("B", {**server.rows[mirror].values, "title": "Another matter"}, "ben")
    server.rows[copied].marker = server.rows[mirror].marker
    server.person_deletes(mirror)
    long_after(world)
    assert titles(world, "a") == ["A bystander", "Another matter", "Login fails"]
    assert titles(world, "b") == ["A bystander", "Another matter"]


# -- taken out of management -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("home", ["A", "A2"])
def test_an_unlinked_record_is_not_made_anew(wide, home):
    """C45: neither where it stands, nor in the container in which mirrors are made."""
    wide.create("a", home=home, title="Login fails")
    wide.rest()
    wide.engine.unlink(link_of(wide, "Login fails", "a").key)
    wide.edit("b", by="ben", title="Edited in b")
    long_after(wide)
    assert (titles(wide, "a"), titles(wide, "b")) == (["Login fails"], ["Edited in b"])


def test_an_old_plan_makes_nothing_where_a_record_was_made_moved_and_deleted_since(wide):
    """C45: what was approved was done once."""
    wide.rules = wide.mirror_all(Create.REVIEW)
    wide.restart()
    bystander(wide)
    wide.create("a", title="Login fails")
    plan = wide.plan()
    wide.apply(plan)
    wide.rest()
    mirror = link_of(wide, "Login fails", "b").ref.remote_id
    wide.servers["b"].person_moves(mirror, "B2")
    wide.rest()
    wide.servers["b"].person_deletes(mirror)
    long_after(wide)
    wide.apply(plan)
    fresh = wide.plan()
    assert not [op for op in fresh.ops if op.kind == "create"]
    assert titles(wide, "b") == ["A bystander"]


def test_a_plan_makes_no_second_record_where_somebody_filed_one_in_another_container(wide):
    """C19: adopted between plan and apply, in a container that no mirror is made in."""
    wide.rules = wide.mirror_all(Create.REVIEW)
    wide.restart()
    wide.create("a", title="Login fails")
    plan = wide.plan()
    wide.create("b", home="B2", title="Login fails")
    wide.sync()
    wide.apply(plan)
    wide.rest()
    assert (len(wide.rows("a")), len(wide.rows("b")), len(wide.items())) == (1, 1, 1)


# -- sources that are no longer what was planned from ---------------------------------------------------------------------------------


def gone(world):
    world.servers["a"].person_deletes("1")


def out_of_scope(world):
    world.servers["a"].person_moves("1", "ELSEWHERE")


def restricted(world):
    connector = world.connectors["a"]
    plain = connector._record

    def record(row):
        return dataclasses.replace(plain(row), audience=Audience.PRIVATE) if row.id == "1" else plain(row)

    connector._record = record


def relabelled(world):
    world.edit("a", labels=frozenset())


LEAVING = [gone, out_of_scope, restricted, relabelled]


@pytest.fixture
def labelled(make_world):
    """Only what is labelled Public is mirrored in ``b``; two such things stand in ``a``."""
    world = make_world(containers={"a": ("A", "ELSEWHERE"), "b": ("B",)})
    world.managed["a"] = ["A"]
    world.rules = (Rule(frozenset(), "Public", "a", ScopeRef("b", "B"), Create.AUTO),)
    world.restart()
    world.create("a", title="Leaves", labels=frozenset({"Public"}))
    world.create("a", title="Stays", labels=frozenset({"Public"}))
    return world


@pytest.mark.parametrize("leave", LEAVING)
def test_a_sync_copies_nothing_that_left_since_it_was_pulled(labelled, leave):
    """C54, C45: between the pull and the create."""
    labelled.once("GET", "list", lambda: leave(labelled))
    labelled.sync()
    labelled.rest()
    assert titles(labelled, "b") == ["Stays"]


@pytest.mark.parametrize("leave", LEAVING)
def test_a_plan_copies_nothing_that_left_since_it_was_made(labelled, leave):
    """C54, C45: a plan may be days old."""
    plan = labelled.plan()
    labelled.clock.sleep(3 * DAY)
    leave(labelled)
    labelled.apply(plan)
    assert titles(labelled, "b") == ["Stays"]
    labelled.rest()
    assert titles(labelled, "b") == ["Stays"]


@pytest.mark.parametrize("leave", [gone, out_of_scope, restricted])
def test_a_lost_create_is_not_sent_again_once_its_source_left(labelled, leave):
    """C12, C45: the first one never arrived."""
    labelled.servers["b"].mishaps.extend([Fault(FaultKind.LOSE_BEFORE), Fault(FaultKind.LOSE_BEFORE)])
    labelled.sync()
    leave(labelled)
    labelled.edit("a", "2", title="Stays, edited")
    for _ in range(6):
        labelled.clock.sleep(700)
        labelled.sync()
    assert titles(labelled, "b") == ["Stays, edited"]


def test_a_create_carries_what_its_source_says_just_before(world):
    """C54: a secret taken out of the text between the pull and the create is not copied."""
    world.create("a", title="Login fails", body="The password is hunter2.")
    world.once("GET", "list", lambda: world.edit("a", body="It says 500."))
    world.rest()
    assert world.row("b")["body"] == "It says 500."
    assert not [one for one in world.servers["b"].events if "hunter2" in str(one.detail)]


def test_a_create_waits_while_its_source_cannot_be_read(make_world):
    """C45: a source that nobody can look at may be gone or restricted."""
    world = make_world({"a": "listed", "b": "listed"}, rules=())
    world.create("a", title="Login fails")
    world.rest()
    world.rules = world.mirror_all()
    world.restart()
    world.read(lambda tx: tx.dirty.mark([f"item:{item.uid}" for item in tx.items.page("")], None, "the rules changed"))
    world.servers["a"].denied.add("read")
    world.sync()
    assert titles(world, "b") == []
    world.servers["a"].denied.clear()
    world.rest()
    assert titles(world, "b") == ["Login fails"]


# -- duplicates that people clean up -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clean", ["close", "delete"])
def test_cleaning_up_a_duplicate_leaves_the_good_one_alone(world, clean):
    """C20: two of one title on each side; whichever Ben closes or deletes, only its own mirror follows."""
    good = world.create("a", title="Login fails")
    double = world.create("a", title="Login fails")
    world.rest()
    if clean == "close":
        world.edit("a", double, status="dropped")
    else:
        world.servers["a"].person_deletes(double)
    long_after(world)
    assert world.row("a", good)["status"] == "todo"
    shown = sorted(row["status"] for row in world.rows("b"))
    assert shown == (["dropped", "todo"] if clean == "close" else ["todo", "todo"])


def test_a_reopened_record_is_the_same_thing(world):
    """C19: closing and reopening, again and again, on either side."""
    world.create("a", title="Login fails")
    world.rest()
    for name, status in [("a", "done"), ("b", "todo"), ("b", "done"), ("a", "doing")]:
        world.edit(name, status=status)
        world.rest()
    assert (len(world.rows("a")), len(world.rows("b")), len(world.items())) == (1, 1, 1)


def test_a_thing_that_two_containers_hold_one_after_the_other_is_one_thing(wide):
    """C19: to and fro between containers of the config, its mirror likewise."""
    login = wide.create("a", title="Login fails")
    wide.rest()
    for home in ("A2", "A", "A2"):
        wide.servers["a"].person_moves(login, home)
        wide.servers["b"].person_moves("1", home.replace("A", "B"))
        wide.rest()
    assert (len(wide.rows("a")), len(wide.rows("b")), len(wide.items())) == (1, 1, 1)


def test_a_comment_that_is_delivered_again_is_kept_once(linked):
    """C21: also after its record moved to and fro."""
    linked.servers["a"].person_comments("1", "I see it too.")
    linked.edit("a", title="Changed")
    linked.rest()
    ref = link_of(linked, "Changed", "a").ref
    linked.read(lambda tx: tx.cursors.forget(ScopeRef("a", "A")))
    linked.edit("a", title="Changed again")
    linked.rest()
    assert len(linked.read(lambda tx: tx.observations.comments(ref))) == 1
