"""What is known of a write beside the read-back, and which look at a record is the later one."""

from __future__ import annotations

from dataclasses import replace

from pmsync.model.enums import Audience
from pmsync.testing.faults import Fault, FaultKind


def keep_history(world, name="b"):
    """The tracker keeps a history and takes no precondition, as Jira and GitHub do."""
    server = world.servers[name]
    server.personality = replace(server.personality, history=True)


def test_an_edit_put_back_before_the_read_back_is_an_edit_also_where_no_history_is_kept(linked):
    """The write's own answer shows that it had arrived, and the system names somebody else as the last who was there."""
    linked.edit("a", title="Ours")
    linked.once("PATCH", "update", lambda: linked.edit("b", by="ben", title="Login fails"))
    linked.rest()
    assert linked.row("a")["title"] == linked.row("b")["title"] == "Login fails"
    assert not linked.conflicts()


def test_a_label_taken_off_again_before_the_read_back_is_an_edit(linked):
    linked.edit("a", labels=frozenset({"Bug", "Night"}))
    linked.once("PATCH", "update", lambda: linked.edit("b", by="ben", labels=frozenset({"Bug"})))
    linked.rest()
    assert linked.row("a")["labels"] == linked.row("b")["labels"] == frozenset({"Bug"})


def test_of_a_write_that_landed_in_part_the_part_is_known(linked):
    """Two surfaces, one answer lost: what arrived of it and was edited since is no conflict, the rest is sent again."""
    keep_history(linked)
    linked.edit("a", title="Ours", status="doing")
    linked.servers["b"].ignored.add("status")
    linked.servers["b"].mishaps.append(Fault(FaultKind.LOSE_AFTER))
    linked.sync()
    linked.servers["b"].ignored.clear()
    linked.edit("b", by="ben", title="Ours, but better")
    linked.clock.sleep(600)
    linked.rest()
    assert linked.row("a")["title"] == linked.row("b")["title"] == "Ours, but better"
    assert linked.row("b")["status"] == "doing"
    assert not linked.conflicts()


def test_a_late_write_over_an_edit_is_a_conflict(linked):
    """The answer is lost, somebody edits, and only then the write arrives."""
    keep_history(linked)
    linked.edit("a", title="Ours")
    linked.servers["b"].mishaps.append(Fault(FaultKind.LATE, seconds=100.0))
    linked.sync()
    linked.clock.sleep(20)
    linked.edit("b", by="ben", title="Theirs")
    linked.clock.sleep(200)
    linked.rest()
    [row] = linked.conflicts()
    assert {one.shown for one in row.dispute.candidates} == {"Ours", "Theirs"}
    assert linked.hub("title") == "Login fails"


def test_a_write_that_arrives_twice_gives_back_what_was_made_upon_it(linked):
    """Ben saw ours and went on from there; its second arrival undid his edit, which nobody meant."""
    keep_history(linked)
    linked.edit("a", title="Ours")
    server = linked.servers["b"]
    deliver = server._deliver

    def twice(effect):
        made = deliver(effect)
        linked.clock.sleep(1)
        linked.edit("b", by="ben", title="Ours, but better")
        linked.clock.sleep(1)
        effect()
        server._deliver = deliver
        return made

    server._deliver = twice
    linked.rest()
    assert linked.row("a")["title"] == linked.row("b")["title"] == "Ours, but better"
    assert not linked.conflicts()


def test_a_value_written_over_joins_the_conflict_that_is_open(make_world):
    """A third system's edit comes in while the two are told apart."""
    world = make_world({"a": "listed", "b": "listed", "c": "listed"})
    world.create("a", title="Login fails")
    world.rest()
    keep_history(world)
    world.clock.sleep(60)
    world.edit("a", title="Ours")
    world.once("GET", "read", lambda: world.edit("b", by="ben", title="Theirs"))
    world.sync()
    world.edit("c", by="mei", title="A third")
    world.rest()
    [row] = world.conflicts()
    assert {one.shown for one in row.dispute.candidates} == {"Ours", "Theirs", "A third"}


# -- after the quiet period -----------------------------------------------------------------------------------------------------------


def believed_lost(world, **values):
    """A write to b is under way for so long that it counts as lost and is sent again; it arrives when 4000 seconds are over."""
    world.edit("a", **values)
    world.servers["b"].mishaps.append(Fault(FaultKind.LATE, seconds=4000.0))
    world.sync()
    world.clock.sleep(600)
    world.rest(pause=60.0)


def test_a_write_that_arrives_after_it_counted_as_lost_undoes_no_later_edit(linked):
    """Finding F3: the late value is our own, and nobody's edit; what was agreed upon since is written once more."""
    keep_history(linked)
    believed_lost(linked, title="Sent late")
    linked.edit("a", title="Since then")
    linked.rest(pause=60.0)
    assert linked.row("b")["title"] == "Since then"
    linked.clock.sleep(4000)
    linked.servers["b"].settle()
    assert linked.row("b")["title"] == "Sent late"
    linked.rest()
    assert linked.row("a")["title"] == linked.row("b")["title"] == "Since then"
    assert not linked.conflicts()


def test_an_edit_that_such_a_write_went_over_unseen_is_merged(linked):
    """Ben had just gone on from what was agreed upon: his value returns."""
    keep_history(linked)
    believed_lost(linked, title="Sent late")
    linked.edit("a", title="Since then")
    linked.rest(pause=60.0)
    linked.clock.sleep(linked.servers["b"]._late[0][0] - linked.clock.now() - 5)
    linked.edit("b", by="ben", title="Since then, and better")
    linked.clock.sleep(10)
    linked.servers["b"].settle()
    linked.rest()
    assert linked.row("a")["title"] == linked.row("b")["title"] == "Since then, and better"
    assert not linked.conflicts()


def test_an_edit_made_upon_such_a_write_stands_against_what_it_undid(linked):
    """Ben never saw what was agreed upon since, for the late write had undone it: both stand."""
    keep_history(linked)
    believed_lost(linked, title="Sent late")
    linked.edit("a", title="Since then")
    linked.rest(pause=60.0)
    linked.clock.sleep(4000)
    linked.servers["b"].settle()
    linked.clock.sleep(5)
    linked.edit("b", by="ben", title="Sent late, and better")
    linked.rest()
    [row] = linked.conflicts()
    assert {one.shown for one in row.dispute.candidates} == {"Since then", "Sent late, and better"}


def test_a_label_that_such_a_write_adds_again_does_not_come_back(linked):
    keep_history(linked)
    believed_lost(linked, labels=frozenset({"Bug", "Night"}))
    linked.edit("a", labels=frozenset({"Bug"}))
    linked.rest(pause=60.0)
    linked.clock.sleep(4000)
    linked.servers["b"].settle()
    assert "Night" in linked.row("b")["labels"]
    linked.rest()
    assert linked.row("a")["labels"] == linked.row("b")["labels"] == frozenset({"Bug"})


def test_a_persons_edit_to_the_value_that_was_believed_lost_is_an_edit(linked):
    """The write never arrives; somebody sets that very value."""
    keep_history(linked)
    linked.edit("a", title="Sent late")
    linked.servers["b"].mishaps.append(Fault(FaultKind.LOSE_BEFORE))
    linked.sync()
    linked.clock.sleep(600)
    linked.rest()
    linked.edit("a", title="Since then")
    linked.rest()
    linked.edit("b", by="ben", title="Sent late")
    linked.rest()
    assert linked.row("a")["title"] == linked.row("b")["title"] == "Sent late"


# -- older looks ----------------------------------------------------------------------------------------------------------------------


def trailing(world, name):
    """The tracker's listing goes on showing what there is now; direct reads show what there will be."""
    server = world.servers[name]
    kept = {id_: replace(row, values=dict(row.values)) for id_, row in server.rows.items()}
    now = server.changed_rows

    def stale(container, after):
        batch = now(container, after)
        return replace(batch, entries=tuple(kept.get(row.id, row) for row in batch.entries))

    server.changed_rows = stale
    return lambda: setattr(server, "changed_rows", now)


def test_a_listing_that_shows_an_older_state_than_is_known_is_no_edit(linked):
    """Simulator seed 655: what was read directly before it was listed went back to what it had been."""
    catch_up = trailing(linked, "b")
    linked.clock.sleep(10)
    linked.edit("a", title="Ours")
    linked.sync()
    assert linked.row("b")["title"] == "Ours"
    linked.clock.sleep(60)
    linked.edit("b", by="ben", status="review")
    linked.sync()
    linked.sync()
    assert linked.row("a")["title"] == "Ours"
    catch_up()
    linked.edit("b", by="ben", labels=frozenset({"Late"}))
    linked.rest()
    assert (linked.row("a")["title"], linked.row("a")["status"]) == ("Ours", "review")


def test_a_remote_that_went_back_in_time_is_believed(linked):
    """A restored backup: the listing shows an older state than is known, and a direct read says the same."""
    server = linked.servers["b"]
    old = replace(server.rows["1"], values=dict(server.rows["1"].values))
    linked.clock.sleep(60)
    linked.edit("b", by="ben", title="Later")
    linked.rest()
    server._changes += 1
    server.rows["1"] = replace(old, changed=server._changes)
    linked.rest()
    assert linked.row("a")["title"] == "Login fails"


def test_of_two_changes_with_one_stamp_the_second_is_not_missed(linked):
    """The listing says something else of the same moment: a direct read tells."""
    linked.edit("b", by="ben", title="First")
    linked.sync()
    linked.edit("b", by="ben", title="Second")
    linked.rest()
    assert linked.row("a")["title"] == "Second"


# -- notices ----------------------------------------------------------------------------------------------------------------------------


def test_a_notice_of_the_audience_guard_ends_with_its_reason(make_world):
    """What was not to be shown in public is not wanted there any more: nobody is to look at it."""
    world = make_world()
    world.create("a", title="Login fails")
    world.rest()
    world.servers["b"].containers["B"] = Audience.PUBLIC
    world.clock.sleep(7200)
    world.edit("a", title="Secret")
    world.rest()
    assert world.notices("audience")
    assert world.row("b")["title"] == "Login fails"
    world.edit("a", title="Login fails")
    world.rest()
    assert not world.notices("audience")
