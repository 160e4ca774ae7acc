"""Comments both ways: they cross once, follow edits and deletions, and never reach an audience that they were not meant for.

C33, C40, C54 of the peers' complaints, and C21: a lost answer never doubles a comment.
"""

from __future__ import annotations

import itertools

import pytest

from pmsync.engine.reading import explain
from pmsync.engine.setup import Policy
from pmsync.model.enums import Audience, Direction
from pmsync.model.record import ScopeRef
from pmsync.reconcile.protect import Facet, Selector
from pmsync.reconcile.rails import Limits
from pmsync.testing.faults import Fault, FaultKind
from pmsync_memory.server import ROBOT

BOTH = {"comments": Direction.BOTH}


def comments(world, name: str, id_: str = "") -> list[str]:
    """Every comment of a system (or of one of its records) as people read it, oldest first."""
    server = world.servers[name]
    return [note.body for note in server.notes.values() if not note.deleted and id_ in ("", note.row.id)]


def talking(make_world, systems=None, **policy):
    """Systems whose comments cross, with one record that shows in each, at rest."""
    world = make_world(systems, policy=Policy(defaults=BOTH, limits=Limits(close="allow"), **policy))
    world.create("a", title="Login fails")
    world.rest()
    return world


@pytest.fixture
def talk(make_world):
    return talking(make_world)


HEADER = "**Ana** wrote in [A-1](memory://a/A-1#{}):\n\n"


def test_a_comment_shows_on_the_other_side_under_a_header(talk):
    """C40: the copy says who wrote it and where."""
    made = talk.servers["a"].person_comments("1", "It fails on *Mondays*, too.")
    talk.rest()
    assert comments(talk, "b") == [HEADER.format(made) + "It fails on *Mondays*, too."]
    assert comments(talk, "a") == ["It fails on *Mondays*, too."]


def test_comments_cross_both_ways_and_never_back(talk):
    """No copy is copied: who it is shows by its link, not by its text."""
    talk.servers["a"].person_comments("1", "The same words")
    talk.servers["b"].person_comments("1", "The same words", by="ben")
    talk.rest()
    assert len(comments(talk, "a")) == len(comments(talk, "b")) == 2
    writes = talk.writes
    talk.rest()
    assert talk.writes == writes


def test_three_systems_each_hold_every_comment_once(make_world):
    world = talking(make_world, {"a": "listed", "b": "listed", "c": "listed"})
    for name in "abc":
        world.servers[name].person_comments("1", f"from {name}")
    world.rest()
    assert [len(comments(world, name)) for name in "abc"] == [3, 3, 3]


# -- edits and deletions ----------------------------------------------------------------------------------------------------------


def test_edits_follow_both_ways_and_the_header_is_no_part_of_the_text(talk):
    """C33."""
    made = talk.servers["a"].person_comments("1", "First\n\nSecond")
    talk.rest()
    [copy] = list(talk.servers["b"].notes.values())
    talk.servers["a"].person_edits_comment(made, "First\n\nSecond, edited")
    talk.rest()
    assert copy.body == HEADER.format(made) + "First\n\nSecond, edited"
    talk.servers["b"].person_edits_comment(copy.id, copy.body.replace("First", "First, by Ben"), by="ben")
    talk.rest()
    assert comments(talk, "a") == ["First, by Ben\n\nSecond, edited"]


def test_two_edits_of_different_paragraphs_both_stay(talk):
    made = talk.servers["a"].person_comments("1", "First\n\nSecond")
    talk.rest()
    [copy] = talk.servers["b"].notes.values()
    talk.servers["a"].person_edits_comment(made, "First by Ana\n\nSecond")
    talk.servers["b"].person_edits_comment(copy.id, copy.body.replace("Second", "Second by Ben"), by="ben")
    talk.rest()
    assert comments(talk, "a") == ["First by Ana\n\nSecond by Ben"]
    assert comments(talk, "b") == [HEADER.format(made) + "First by Ana\n\nSecond by Ben"]


def test_over_one_paragraph_the_place_decides_in_which_it_was_written(talk):
    made = talk.servers["a"].person_comments("1", "Words")
    talk.rest()
    [copy] = talk.servers["b"].notes.values()
    talk.servers["a"].person_edits_comment(made, "Words of Ana")
    talk.servers["b"].person_edits_comment(copy.id, copy.body.replace("Words", "Words of Ben"), by="ben")
    talk.rest()
    assert comments(talk, "a") == ["Words of Ana"]
    assert comments(talk, "b") == [HEADER.format(made) + "Words of Ana"]
    assert [entry.before.value for entry in talk.journal("overruled")] == ["Words of Ben"]


def test_a_header_that_somebody_took_away_stays_away(talk):
    made = talk.servers["a"].person_comments("1", "Words")
    talk.rest()
    [copy] = talk.servers["b"].notes.values()
    talk.servers["b"].person_edits_comment(copy.id, "Words", by="ben")
    talk.rest()
    talk.servers["a"].person_edits_comment(made, "Other words")
    talk.rest()
    assert (comments(talk, "a"), comments(talk, "b")) == (["Other words"], ["Other words"])


@pytest.mark.parametrize("kind", ["listed", "listed-rich"])
def test_a_deletion_follows_as_a_notice_and_the_journal_keeps_the_text(make_world, kind):
    world = talking(make_world, {"a": kind, "b": kind})
    made = world.servers["a"].person_comments("1", "A secret, by mistake")
    world.rest()
    world.servers["a"].person_deletes_comment(made)
    world.rest(90_000)
    assert comments(world, "b") == [HEADER.format(made) + "*This comment was deleted.*"]
    assert any(entry.before and entry.before.value == "A secret, by mistake" for entry in world.journal("hub"))


def test_a_copy_that_was_deleted_is_not_made_again_and_the_original_stays(talk):
    talk.servers["a"].person_comments("1", "Words")
    talk.rest()
    [copy] = talk.servers["b"].notes
    talk.servers["b"].person_deletes_comment(copy, by="ben")
    talk.rest(90_000)
    assert (comments(talk, "a"), comments(talk, "b")) == (["Words"], [])


def test_comments_that_went_with_their_record_leave_the_copies_as_they_are(talk):
    made = talk.servers["a"].person_comments("1", "Words")
    talk.rest()
    talk.servers["a"].person_deletes("1")
    talk.rest(90_000)
    assert comments(talk, "b") == [HEADER.format(made) + "Words"]


def test_a_comment_that_can_be_read_again_says_again_what_it_says(talk):
    """What was hidden from us looks deleted; nothing of ours is ever written over it."""
    made = talk.servers["a"].person_comments("1", "Words")
    talk.rest()
    talk.servers["a"].notes[made].deleted = True
    talk.clock.sleep(90_000)
    talk.rest(90_000)
    assert comments(talk, "b") == [HEADER.format(made) + "*This comment was deleted.*"]
    talk.servers["a"].notes[made].deleted = False
    talk.servers["a"].person_edits_comment(made, "Words, again")
    talk.rest()
    assert (comments(talk, "a"), comments(talk, "b")) == (["Words, again"], [HEADER.format(made) + "Words, again"])


# -- what takes part --------------------------------------------------------------------------------------------------------------


def test_comments_are_only_pulled_unless_the_config_says_more(linked):
    """ADR 007: thousands of pulled comments are no items."""
    linked.servers["a"].person_comments("1", "Words")
    linked.rest()
    assert comments(linked, "b") == []
    assert len(linked.items()) == 1


def test_a_comment_arrives_once_its_record_is_linked(make_world):
    """It was made before anybody knew its record."""
    world = make_world(policy=Policy(defaults=BOTH, limits=Limits(close="allow")))
    world.create("a", title="Login fails")
    made = world.servers["a"].person_comments("1", "Early")
    world.rest()
    assert comments(world, "b") == [HEADER.format(made) + "Early"]


def test_comments_from_before_they_crossed_stay_where_they_are(make_world):
    world = make_world()
    world.create("a", title="Login fails")
    world.servers["a"].person_comments("1", "Old")
    world.rest()
    world.clock.sleep(3600)
    world.policy = Policy(defaults=BOTH, limits=Limits(close="allow"))
    world.restart()
    world.servers["a"].person_comments("1", "New")
    world.rest()
    assert [body.rpartition("\n")[2] for body in comments(world, "b")] == ["New"]


def test_the_config_may_let_old_ones_cross_as_well(make_world):
    """What the config says of its scope is new, so the scope is read from the beginning."""
    world = make_world()
    world.fingerprints.update(dict.fromkeys(world.scopes(), "only pulled"))
    world.create("a", title="Login fails")
    world.servers["a"].person_comments("1", "Old")
    world.rest()
    world.clock.sleep(3600)
    world.policy = Policy(defaults=BOTH, limits=Limits(close="allow"), comments_since=0.0)
    world.fingerprints = dict.fromkeys(world.scopes(), "both ways")
    world.restart()
    world.sync()
    world.rest()
    assert [body.rpartition("\n")[2] for body in comments(world, "b")] == ["Old"]


@pytest.mark.parametrize(
    ("ways", "shown"), [(("pull", "push"), (["from a"], 2)), (("push", "pull"), (["from b"], 1)), (("off", "both"), ([], 1))]
)
def test_each_system_has_its_direction(make_world, ways, shown):
    directions = {("comments", name): Direction(way) for name, way in zip("ab", ways, strict=True)}
    world = make_world(policy=Policy(directions, limits=Limits(close="allow")))
    world.create("a", title="Login fails")
    world.rest()
    world.servers["a"].person_comments("1", "from a")
    world.servers["b"].person_comments("1", "from b")
    world.rest()
    copies = [note for server in world.servers.values() for note in server.notes.values() if note.author == ROBOT]
    assert [note.body.rpartition("\n")[2] for note in copies] == shown[0]
    assert len(comments(world, "b")) == shown[1]


def test_a_marker_that_somebody_copied_makes_no_copy_of_ours(talk):
    talk.servers["a"].person_comments("1", "Words")
    talk.rest()
    [copy] = talk.servers["b"].notes.values()
    quoted = talk.servers["b"].person_comments("1", copy.body, by="ben")
    talk.servers["b"].notes[quoted].marker = copy.marker
    talk.rest()
    assert len(comments(talk, "a")) == 2
    assert len(comments(talk, "b")) == 2


def test_many_comments_at_once_wait_for_a_person(make_world):
    world = make_world(policy=Policy(defaults=BOTH, limits=Limits(close="allow", max_comments=3)))
    world.create("a", title="Login fails")
    world.rest()
    for number in range(5):
        world.servers["a"].person_comments("1", f"Comment {number}")
        world.clock.sleep(1)
    report = world.sync()
    assert report.exit_code == 3
    assert comments(world, "b") == []
    world.apply(report.held)
    assert [body.rpartition(" ")[2] for body in comments(world, "b")] == ["0", "1", "2", "3", "4"]


# -- audiences --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "comment", "other", "named", "crosses"),
    [
        ("internal", "internal", "internal", False, True),
        ("internal", "private", "internal", False, False),
        ("internal", "internal", "public", False, False),
        ("internal", "internal", "public", True, False),
        ("public", "internal", "public", True, False),
        ("public", "public", "public", False, True),
        ("public", "public", "internal", False, True),
    ],
)
def test_a_comment_never_becomes_more_public_than_it_was(make_world, place, comment, other, named, crosses):
    """C54, and the config cannot change it: ``audience: public`` beside a destination is about records."""
    home = ScopeRef("b", "B")
    policy = Policy(
        defaults=BOTH, limits=Limits(close="allow"), named_public=frozenset({home}) if named else frozenset[ScopeRef]()
    )
    world = make_world(policy=policy)
    world.servers["a"].containers["A"] = Audience[place.upper()]
    world.servers["b"].containers["B"] = Audience[place.upper()] if not named else Audience[other.upper()]
    world.create("a", title="Login fails")
    world.rest()
    world.servers["b"].containers["B"] = Audience[other.upper()]
    world.clock.sleep(4000)
    world.servers["a"].person_comments("1", "Words", audience=Audience[comment.upper()])
    world.rest()
    assert bool(comments(world, "b")) is crosses


def test_what_is_restricted_later_tells_nothing_more(talk):
    made = talk.servers["a"].person_comments("1", "Words")
    talk.rest()
    talk.servers["a"].person_restricts_comment(made)
    talk.servers["a"].person_edits_comment(made, "Secret words")
    talk.rest()
    assert comments(talk, "b") == [HEADER.format(made) + "Words"]


def test_a_place_that_was_opened_later_is_told_nothing_more(talk):
    made = talk.servers["a"].person_comments("1", "Words")
    talk.rest()
    talk.servers["b"].containers["B"] = Audience.PUBLIC
    talk.clock.sleep(4000)
    talk.servers["a"].person_edits_comment(made, "Inside words")
    talk.servers["a"].person_comments("1", "More inside words")
    talk.rest()
    assert comments(talk, "b") == [HEADER.format(made) + "Words"]


# -- lost answers and crashes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [FaultKind.LOSE_AFTER, FaultKind.LOSE_BEFORE, FaultKind.LATE, FaultKind.REFUSE])
@pytest.mark.parametrize("personality", ["listed", "lagging", "keyed", "listed-rich"])
def test_a_lost_answer_never_doubles_a_comment(make_world, kind, personality):
    """C21."""
    world = talking(make_world, {"a": "listed", "b": personality})
    world.servers["a"].person_comments("1", "Words")
    world.servers["b"].mishaps.append(Fault(kind, seconds=100.0))
    world.rest()
    assert len(comments(world, "b")) == 1
    assert len(comments(world, "a")) == 1
    assert not world.open_ops()


def test_a_crash_anywhere_loses_nothing_and_doubles_nothing(make_world, crash):
    """Ana and Ben comment, one of them edits, and the process dies before every request and every commit in turn."""

    def act(world):
        world.servers["a"].person_comments("1", "from Ana")
        world.servers["b"].person_comments("1", "from Ben", by="ben")

    world = talking(make_world)
    frozen = world.freeze()
    for strike in itertools.count(1):
        world.thaw(frozen)
        act(world)
        world.doom.strike = strike
        try:
            world.sync()
        except crash:
            world.restart()
        survived = world.doom.strike == strike and not world.doom.dead
        world.doom.strike = 0
        world.rest()
        bodies = [sorted(body.rpartition("\n")[2] for body in comments(world, name)) for name in "ab"]
        assert bodies == [["from Ana", "from Ben"]] * 2, strike
        if survived:
            break


def test_an_undone_run_leaves_a_word_in_the_place_of_its_copies(talk):
    talk.servers["a"].person_comments("1", "Words")
    report = talk.sync()
    undoing, _ = talk.engine.undo(talk.hear, report.run)
    talk.apply(undoing.plan)
    [copy] = comments(talk, "b")
    assert copy.endswith("*This copy was taken back.*")
    talk.rest()
    assert comments(talk, "a") == ["Words"]
    assert len(comments(talk, "b")) == 1


def test_a_lost_comment_on_a_record_that_is_gone_is_given_up(talk):
    """It can be looked for no more, and would be waited for in vain."""
    talk.servers["a"].person_comments("1", "Words")
    talk.servers["b"].mishaps.append(Fault(FaultKind.LOSE_BEFORE))
    talk.sync()
    assert talk.open_ops()
    talk.servers["b"].person_deletes("1")
    talk.rest(90_000)
    assert not talk.open_ops()


def test_nothing_is_said_on_a_protected_record(make_world):
    shielded = Selector("b:B-1", Facet.RECORD, "b:b-1")
    world = make_world(policy=Policy(defaults=BOTH, limits=Limits(close="allow")))
    world.create("a", title="Login fails")
    world.rest()
    world.policy = Policy(defaults=BOTH, limits=Limits(close="allow"), protect=(shielded,))
    world.restart()
    world.servers["a"].person_comments("1", "Words")
    world.rest()
    assert comments(world, "b") == []


def test_kind_comment_protects_every_comment(make_world):
    shielded = Selector("kind:comment", Facet.KIND, "comment")
    world = talking(make_world, protect=(shielded,))
    world.servers["a"].person_comments("1", "Words")
    world.rest()
    assert comments(world, "b") == []


def test_comments_are_verified_and_explained_like_anything_else(talk):
    """They have no title, and a name of their own."""
    made = talk.servers["a"].person_comments("1", "Words")
    talk.rest()
    found = talk.engine.verify(talk.hear)
    assert (found.listed, found.unexplained) == ([], 0)
    told = explain(talk.store, f"A-1 comment {made}", None)
    assert told.title == ""
    assert {"body", "on", "attribution"} == {field.field for field in told.fields}
    assert len(told.records) == 2


def test_comments_do_not_count_among_the_records_of_a_scope(talk):
    """The rails that are shares of what is linked, and the sweep, are about records."""
    for number in range(5):
        talk.servers["a"].person_comments("1", f"Words {number}")
    talk.rest()
    assert talk.read(lambda tx: tx.links.count(ScopeRef("b", "B"))) == 1
    assert len(talk.items()) == 6


def test_an_issue_that_was_taken_out_takes_its_comments_along(talk):
    """``pmsync unlink``: nothing more is written there, and nothing is taken over from there."""
    made = talk.servers["a"].person_comments("1", "Words")
    talk.rest()
    [copy] = talk.servers["b"].notes.values()
    talk.engine.unlink("B-1")
    talk.servers["a"].person_edits_comment(made, "Other words")
    talk.rest()
    assert comments(talk, "b") == [HEADER.format(made) + "Words"]
    talk.servers["b"].person_edits_comment(copy.id, HEADER.format(made) + "Words of Ben", by="ben")
    talk.servers["b"].person_comments("1", "More of Ben", by="ben")
    talk.servers["a"].person_comments("1", "More of Ana")
    talk.rest()
    assert comments(talk, "a") == ["Other words", "More of Ana"]
    assert len(comments(talk, "b")) == 2
