"""A text that one side shows cut: nothing of it flows back, nobody's words are lost, and the plan says what is lost on the way (C24)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pmsync.model.enums import Direction, Kind, Role
from pmsync.model.item import HubValue, Item, Link, LinkState, Provenance
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known
from pmsync.reconcile.lenses.text import Markdown, TextLens, Verdict
from pmsync.reconcile.overwritten import Overwritten, take_back
from pmsync.reconcile.reconcile import reconcile
from pmsync.reconcile.surface import Surface
from pmsync.reconcile.view import Base, ItemView, Replica, SurfaceView

WHOLE = Known("\n\n".join(f"Paragraph {number} says something." for number in range(40)))
NARROW, WIDE = TextLens(limit=300, markdown=True), TextLens(markdown=True)
SHOWN = NARROW.put(WHOLE, EMPTY)
EDITED = Known(SHOWN.value.replace("Paragraph 0", "My paragraph"))
BARE = Known(EDITED.value.rpartition("\n\n")[0])
"""The edited text without its notice."""


class Strict(Markdown):
    """A system that bends what says ``bent`` and must not be written where it says ``never``."""

    def judge(self, text, old):
        return Verdict(("it is bent",) if "bent" in text else (), f"never over {old}" if "never" in text else "")


def replica(system, shows, base, lens, direction=Direction.BOTH):
    scope, ref = ScopeRef(system, "X"), RecordRef(system, "1")
    link = Link(f"L-{system}", "item", ref, scope, Role.MIRROR, LinkState.LINKED, f"{system}-1", "", "created")
    record = Record(ref, scope, f"{system}-1", "", Kind.TASK, {"s": shows}, "v", 50.0, 0.0, raw={"s": "raw"})
    return Replica(link, record, (SurfaceView(Surface("s", "body", lens), direction, shows, base),))


def view(jira, github=WHOLE, hub=WHOLE, direction=Direction.BOTH, owner=""):
    item = Item("item", "pay", Kind.TASK, {"body": HubValue(hub, 2, Provenance("github", "bea", 60.0))})
    sides = (replica("jira", jira, Base(SHOWN, WHOLE), NARROW, direction), replica("github", github, Base(WHOLE, WHOLE), WIDE))
    return ItemView(item, sides, {}, {"body": owner} if owner else {}, 1_000.0)


@pytest.mark.parametrize("owner", ["", "jira", "github"])
@pytest.mark.parametrize("shows", [EDITED, BARE, Known("Another text."), Known(SHOWN.value + "\n\nAn answer")])
def test_an_edit_of_what_was_cut_stays_where_it_is_and_is_told(shows, owner):
    decision = reconcile(view(shows, owner=owner))
    assert (decision.hub, decision.wanted, decision.bases, decision.disputes) == ((), (), (), ())
    [skip] = decision.skips
    assert (skip.code, skip.link) == ("cut", "L-jira")
    assert "only the beginning of a longer text stands in jira" in skip.reason


def test_what_is_shown_is_no_edit():
    decision = reconcile(view(SHOWN))
    assert (decision.hub, decision.wanted, decision.skips) == ((), (), ())


def test_an_edit_of_the_whole_is_written_to_the_cut_text():
    edited = Known(WHOLE.value.replace("Paragraph 1 ", "Paragraph one "))
    decision = reconcile(view(SHOWN, edited))
    [wanted] = decision.wanted
    assert (wanted.link, wanted.change.before, wanted.change.after) == ("L-jira", SHOWN, NARROW.put(edited, EMPTY))
    assert wanted.change.losses[0].startswith("the text is cut: ")


def test_an_emptied_field_is_written_anew():
    [wanted] = reconcile(view(EMPTY)).wanted
    assert (wanted.link, wanted.change.after) == ("L-jira", SHOWN)


def test_a_side_that_only_receives_is_written_over_as_ever_and_the_edit_is_in_the_journal():
    decision = reconcile(view(EDITED, direction=Direction.PUSH))
    assert [one.change.after for one in decision.wanted] == [SHOWN]
    assert [one.value for one in decision.overruled] == [EDITED]


@pytest.mark.parametrize("value", [EDITED, BARE])
def test_an_edit_that_we_wrote_over_unseen_is_in_the_journal(value):
    decision = take_back(view(SHOWN), Overwritten("L-jira", "s", value, Base(SHOWN, WHOLE), "ben", 70.0))
    assert [(one.value, one.winner) for one in decision.overruled] == [(value, WHOLE)]
    assert (decision.hub, decision.disputes) == ((), ())


def test_a_cut_text_that_is_met_first_brings_nothing():
    """The store is new, and the whole text is read later."""
    item = Item("item", "pay", Kind.TASK, {})
    first = ItemView(item, (replica("jira", SHOWN, None, NARROW),), {}, {}, 1_000.0)
    assert (reconcile(first).hub, [skip.code for skip in reconcile(first).skips]) == ((), ["unmapped"])
    both = replace(first, replicas=(*first.replicas, replica("github", WHOLE, None, WIDE)))
    assert [write.value for write in reconcile(both).hub] == [WHOLE]


def judged(text):
    item = Item("item", "pay", Kind.TASK, {"body": HubValue(Known(text), 2, Provenance("github", "bea", 60.0))})
    old = Base(Known("old"), Known("old"))
    return reconcile(
        ItemView(item, (replica("jira", Known("old"), old, TextLens(markdown=True, form=Strict())),), {}, {}, 1_000.0)
    )


def test_a_change_tells_what_is_lost():
    [wanted] = judged("bent").wanted
    assert wanted.change.losses == ("it is bent",)
    assert judged("as it is").wanted[0].change.losses == ()


def test_what_must_not_be_written_is_left_alone_with_the_reason():
    """The reason rests on what the record holds beyond its Markdown."""
    decision = judged("never")
    assert decision.wanted == ()
    assert [(skip.code, skip.reason) for skip in decision.skips] == [("unrepresentable", "never over raw")]
