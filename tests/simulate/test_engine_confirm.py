"""A success code is not proof, and a read-back is not ours alone: what was sent becomes the base, all else is an observation."""

from __future__ import annotations

from pmsync.connect.errors import Rejected
from pmsync.model.values import EMPTY, Known
from pmsync.testing.faults import Fault, FaultKind

HOUR = 3600.0


def base(world, system, surface):
    [link] = [link for link in world.links() if link.scope.system == system]
    return world.read(lambda tx: tx.bases.of_links([link.uid]))[link.uid][surface].base


# -- edits at every moment ---------------------------------------------------------------------------------------------------------


def test_an_edit_between_our_write_and_the_read_back_is_ingested(linked):
    """Correctness 1.8: the base becomes what we sent, so that the other value counts as an edit."""
    linked.edit("a", title="Ours")
    linked.once("PATCH", "update", lambda: linked.edit("b", by="ben", title="Theirs, after ours"))
    linked.sync()
    assert linked.row("b")["title"] == "Theirs, after ours"
    linked.rest()
    assert linked.row("a")["title"] == "Theirs, after ours"
    assert not linked.conflicts()


def test_another_field_edited_before_the_read_back_is_ingested(linked):
    linked.edit("a", title="Ours")
    linked.once("PATCH", "update", lambda: linked.edit("b", by="ben", status="review"))
    linked.rest()
    assert (linked.row("a")["title"], linked.row("a")["status"]) == ("Ours", "review")


def test_the_base_moves_only_to_what_was_sent_and_only_where_it_was_sent(linked):
    linked.edit("a", title="Ours")
    linked.once("PATCH", "update", lambda: linked.edit("b", by="ben", title="Theirs", status="review"))
    linked.sync()
    [write] = [entry for entry in linked.journal("write") if entry.field == "title" and entry.after == Known("Ours")]
    assert write.system == "b"
    [ingested] = [entry for entry in linked.journal("hub") if entry.after == Known("Theirs")]
    assert ingested.before == Known("Ours")
    assert any(entry.field == "status" and entry.actor == "ben" for entry in linked.journal("hub"))


def test_an_edit_between_plan_and_pre_read_drops_the_op_with_a_reason(linked):
    linked.edit("a", title="Ours")
    plan = linked.plan()
    assert len(plan.ops) == 1
    linked.edit("b", by="ben", title="Theirs")
    before = linked.writes
    linked.apply(plan)
    assert linked.writes == before
    [dropped] = linked.events("dropped")
    assert "Theirs" in dropped.text
    assert any("Theirs" in entry.why for entry in linked.journal("skip"))
    linked.sync()
    [conflict] = linked.conflicts()
    assert {one.shown for one in conflict.dispute.candidates} == {"Ours", "Theirs"}


def test_a_plan_applied_twice_writes_once(linked):
    """Request 29: replaying is harmless."""
    linked.edit("a", title="Ours")
    plan = linked.plan()
    linked.apply(plan)
    before = linked.writes
    linked.apply(plan)
    assert linked.writes == before


def test_a_stale_read_of_a_write_in_doubt_is_no_edit(linked):
    """Correctness 1.5: while our write is unresolved, the old value seen again is not a person's revert."""
    linked.edit("a", title="Ours")
    linked.servers["b"].mishaps.append(Fault(FaultKind.LOSE_BEFORE))
    for _ in range(3):
        linked.sync()
        linked.clock.sleep(30)
    assert linked.hub("title") == "Ours"
    linked.rest()
    assert linked.row("b")["title"] == "Ours"


def test_a_foreign_edit_while_our_write_is_in_doubt_waits_and_is_kept(linked):
    linked.edit("a", title="Ours")
    linked.servers["b"].mishaps.append(Fault(FaultKind.LOSE_BEFORE))
    linked.sync()
    linked.edit("b", by="ben", title="Theirs")
    linked.sync()
    assert linked.hub("title") == "Ours"
    linked.rest()
    [conflict] = linked.conflicts()
    assert {one.shown for one in conflict.dispute.candidates} == {"Ours", "Theirs"}
    assert (linked.row("a")["title"], linked.row("b")["title"]) == ("Ours", "Theirs")


def test_compare_and_set_refuses_and_the_edit_is_merged(make_world):
    world = make_world({"a": "listed", "b": "listed-rich"})
    world.create("a", title="Login fails")
    world.rest()
    world.edit("a", title="Ours")
    world.once("GET", "read", lambda: world.edit("b", by="ben", title="Theirs"))
    world.rest()
    assert world.row("b")["title"] == "Theirs"
    assert len(world.conflicts()) == 1


# -- creates -----------------------------------------------------------------------------------------------------------------------


def test_a_status_that_a_create_could_not_carry_is_set_by_an_update(make_world):
    """The initial value that a new record shows is nobody's edit and reopens nothing."""
    world = make_world()
    world.create("a", title="Login fails", status="done")
    world.servers["b"].ignored.add("status")
    world.once("POST", "create", world.servers["b"].ignored.clear)
    world.rest()
    assert (world.row("a")["status"], world.row("b")["status"]) == ("done", "done")
    assert world.hub("status") == "done"


def test_a_status_that_never_lands_on_a_new_record_reopens_nothing(make_world):
    world = make_world()
    world.create("a", title="Login fails", status="done")
    world.servers["b"].ignored.add("status")
    world.rest()
    assert (world.row("a")["status"], world.row("b")["status"]) == ("done", "todo")
    assert len(world.notices("refused")) == 1


def test_labels_of_which_a_create_kept_a_part_are_completed(make_world):
    """Nothing that was left out counts as removed by a person."""
    world = make_world()
    world.create("a", title="Login fails", labels=frozenset({"Bug", "UI"}))
    world.once("POST", "create", lambda: world.servers["b"].rows["1"].values.update(labels=frozenset({"Bug"})))
    world.rest()
    assert world.row("a")["labels"] == world.row("b")["labels"] == frozenset({"Bug", "UI"})


# -- silent drops and refusals -----------------------------------------------------------------------------------------------------


def test_a_silent_drop_is_reported_not_retried_every_round_and_no_erase(linked):
    """Request 32: the remote answers success and keeps its old value."""
    linked.servers["b"].ignored.add("title")
    linked.edit("a", title="Ours")
    linked.sync()
    [told] = linked.events("rejected")
    assert "not stored" in told.text
    before = linked.writes
    for _ in range(3):
        linked.clock.sleep(60)
        linked.sync()
        assert not linked.events("rejected")
    assert linked.writes == before
    assert (linked.row("a")["title"], linked.hub("title")) == ("Ours", "Ours")
    assert base(linked, "b", "title").hub == Known("Login fails")


def test_a_silent_drop_is_tried_again_on_the_slow_beat_and_lands_when_mended(linked):
    linked.servers["b"].ignored.add("title")
    linked.edit("a", title="Ours")
    linked.sync()
    linked.servers["b"].ignored.clear()
    linked.clock.sleep(HOUR + 1)
    linked.rest()
    assert linked.row("b")["title"] == "Ours"
    assert not linked.notices("refused")


def test_labels_of_which_an_update_kept_a_part_erase_nothing(linked):
    linked.edit("a", labels=frozenset({"Bug", "Night", "Slow"}))
    drop = lambda: linked.servers["b"].rows["1"].values.update(labels=frozenset({"Bug", "Night"}))  # noqa: E731
    linked.once("PATCH", "update", drop)
    linked.rest()
    assert linked.row("a")["labels"] == frozenset({"Bug", "Night", "Slow"})
    assert len(linked.notices("refused")) == 1
    linked.edit("b", by="ben", labels=frozenset({"Night"}))
    linked.clock.sleep(HOUR)
    linked.rest()
    assert linked.row("a")["labels"] == linked.row("b")["labels"] == frozenset({"Night", "Slow"})


def test_a_rejected_write_is_parked_with_its_reason_and_the_others_go_on(make_world):
    """C10, C24: one poison item stops nothing, and a permanent error is not tried again and again."""
    world = make_world()
    for number in range(5):
        world.create("a", title=f"Number {number}")
    world.rest()
    world.edit("a", "3", title="poison")
    reject(world.servers["b"], "poison")
    for id_ in "1245":
        world.edit("a", id_, title=f"Changed {id_}")
    world.sync()
    assert sorted(row["title"] for row in world.rows("b")) == ["Changed 1", "Changed 2", "Changed 4", "Changed 5", "Number 2"]
    before = world.writes
    for _ in range(3):
        world.clock.sleep(60)
        world.sync()
    assert world.writes == before
    assert ["this title is not wanted" in notice.reason for notice in world.notices("refused")] == [True]


def test_a_rejected_create_rests_and_is_tried_again_on_the_slow_beat(make_world):
    world = make_world()
    world.create("a", title="poison")
    world.create("a", title="fine")
    forgive = reject(world.servers["b"], "poison")
    world.sync()
    assert [row["title"] for row in world.rows("b")] == ["fine"]
    before = world.writes
    world.clock.sleep(60)
    world.sync()
    assert world.writes == before
    forgive()
    world.clock.sleep(HOUR + 1)
    world.rest()
    assert sorted(row["title"] for row in world.rows("b")) == ["fine", "poison"]


def test_what_was_not_sent_is_tried_again_by_the_next_run_and_not_before(linked):
    linked.servers["b"].mishaps.append(Fault(FaultKind.REFUSE))
    linked.edit("a", title="Ours")
    report = linked.sync()
    assert report.exit_code == 1
    assert (linked.row("b")["title"], len(linked.events("not_sent"))) == ("Login fails", 1)
    assert linked.sync().exit_code == 0
    assert linked.row("b")["title"] == "Ours"


def test_a_label_set_that_was_emptied_is_emptied_elsewhere(linked):
    linked.edit("a", labels=frozenset())
    linked.rest()
    assert "labels" not in linked.row("b")
    assert base(linked, "b", "labels").remote == EMPTY


def reject(server, title):
    """Let the server refuse one title from now on, and never anything else; returns the cure."""
    judge = server._judge

    def sterner(values):
        if values.get("title") == title:
            raise Rejected("this title is not wanted", surfaces={"title": "this title is not wanted"}, hint="use another one")
        judge(values)

    server._judge = sterner

    def forgive():
        server._judge = judge

    return forgive
