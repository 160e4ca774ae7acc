"""The status lens: names, categories, the config, and the refusal to guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmsync.connect.errors import ConfigError
from pmsync.model.enums import Status
from pmsync.model.values import EMPTY, Known
from pmsync.reconcile.laws import check_enum
from pmsync.reconcile.lens import Unrepresentable
from pmsync_jira import wire
from pmsync_jira.statuses import vocabulary
from pmsync_jira.vocabulary import check_maps

CLASSIC = [("Open", "new"), ("In Progress", "indeterminate"), ("Reopened", "new"), ("Resolved", "done"), ("Closed", "done")]
NAMES = [
    "To Do",
    "Open",
    "Offen",
    "Wartet",
    "In Arbeit",
    "In Review",
    "Testing",
    "Fertig",
    "Closed",
    "Released",
    "Won\u2019t Do",
    "Done",
]


def statuses(rows):
    return [wire.Status(str(number), name, wire.Category(category)) for number, (name, category) in enumerate(rows, 1)]


def read(rows, maps=None):
    """Name to what it means, and hub status to the name that is written."""
    found = vocabulary(statuses(rows), maps or {}, "jira")
    reads = {found.display[token]: hub for token, hub in found.lens.reads.items()}
    writes = {hub: found.display[token] for hub, token in found.lens.writes.items()}
    return reads, writes, found


def test_well_known_names_are_read_and_written():
    reads, writes, _ = read(
        [("To Do", "new"), ("In Progress", "indeterminate"), ("In Review", "indeterminate"), ("Done", "done")]
    )
    assert reads == {"To Do": "backlog", "In Progress": "in_progress", "In Review": "in_review", "Done": "done"}
    assert writes["in_review"] == "In Review"


def test_localised_names_are_read_by_their_category():
    """Trap 12: names are translated, categories are not."""
    reads, writes, _ = read([("Zu erledigen", "new"), ("In Arbeit", "indeterminate"), ("Fertig", "done")])
    assert reads == {"Zu erledigen": "backlog", "In Arbeit": "in_progress", "Fertig": "done"}
    assert (writes["backlog"], writes["in_progress"], writes["done"]) == ("Zu erledigen", "In Arbeit", "Fertig")


def test_category_overrules_a_misleading_name():
    """A status called Done that Jira counts as being worked on is not done."""
    reads, _, _ = read([("Done", "indeterminate"), ("Closed", "done")])
    assert reads["Done"] == "in_progress"


def test_config_goes_before_names_whatever_their_case():
    reads, writes, _ = read([*CLASSIC, ("Ready for QA", "indeterminate")], {"ready  FOR qa": "in_review"})
    assert reads["Ready for QA"] == "in_review"
    assert writes["in_review"] == "Ready for QA"


def test_first_line_of_the_config_is_written_where_two_mean_the_same():
    _, writes, _ = read([("QA", "indeterminate"), ("Review", "indeterminate")], {"Review": "in_review", "QA": "in_review"})
    assert writes["in_review"] == "Review"


def test_ambiguous_status_is_refused_with_its_candidates_c36():
    """C36: two statuses fit equally well, so none is picked silently, and the line that decides is named."""
    _, writes, found = read([("Offen", "new"), ("Wartet", "new"), ("Fertig", "done")])
    assert "backlog" not in writes
    refused = found.lens.put(Known("backlog"), EMPTY)
    assert isinstance(refused, Unrepresentable)
    assert "'Offen', 'Wartet'" in refused.reason
    assert 'maps.status.jira: {"Offen": backlog}' in refused.reason


def test_a_line_of_the_config_ends_the_ambiguity_c36():
    _, writes, _ = read([("Offen", "new"), ("Wartet", "new"), ("Fertig", "done")], {"Wartet": "backlog"})
    assert writes["backlog"] == "Wartet"


def test_choice_among_well_known_names_is_told():
    """Closed and Resolved both say done; which one is written stands among the defaults."""
    _, writes, found = read(CLASSIC)
    assert (writes["backlog"], writes["done"]) == ("Open", "Closed")
    told = [taken.why for taken in found.defaults if taken.hub == "done" and "Resolved would do too" in taken.why]
    assert told == ["done is written as Closed, though Resolved would do too"]


def test_hub_status_without_its_own_is_written_as_its_categorys_and_told():
    _, writes, found = read([("To Do", "new"), ("In Progress", "indeterminate"), ("Done", "done")])
    assert writes == {
        "inbox": "To Do",
        "backlog": "To Do",
        "planned": "To Do",
        "in_progress": "In Progress",
        "in_review": "In Progress",
        "done": "Done",
        "released": "Done",
        "declined": "Done",
        "duplicate": "Done",
    }
    assert {taken.hub for taken in found.defaults if "no status of the project reads as" in taken.why} == {
        "inbox",
        "planned",
        "in_review",
        "released",
        "declined",
        "duplicate",
    }


def test_different_meanings_do_not_stand_in_for_each_other():
    """Neither Released nor Won't Do may be written for done just because one is mentioned first."""
    _, writes, found = read([("To Do", "new"), ("Released", "done"), ("Won't Do", "done")])
    assert "done" not in writes
    assert "'Released', \"Won't Do\"" in found.lens.refused["done"]


def test_missing_category_is_refused_not_rounded():
    _, _, found = read([("To Do", "new"), ("Done", "done")])
    assert found.lens.refused["in_progress"] == "the project has no status that means doing"


def test_same_name_in_two_workflows_is_no_ambiguity():
    _, writes, _ = read([("Offen", "new"), ("Offen", "new"), ("Fertig", "done")])
    assert writes["backlog"] == "Offen"


def test_status_without_category_and_known_name_stays_unmapped():
    """C30: unknown is not empty, and not a guess either."""
    reads, _, _ = read([("Limbo", "undefined"), ("Done", "undefined")])
    assert reads == {"Done": "done"}


def test_every_reading_that_nobody_wrote_down_is_told_with_its_line():
    _, _, found = read(CLASSIC, {"Resolved": "released"})
    lines = {taken.change for taken in found.defaults}
    assert 'maps.status.jira: {"In Progress": in_progress}' in lines
    assert not any('"Resolved"' in line and "released" in line for line in lines)


def test_unknown_value_in_the_config_names_the_nearest():
    with pytest.raises(ConfigError) as refused:
        check_maps("jira", {"status": {"QA": "in_reveiw"}})
    assert "did you mean in_review?" in refused.value.hint


ROWS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(["new", "indeterminate", "done", "undefined"])), max_size=8)


@given(ROWS, st.dictionaries(st.sampled_from(NAMES), st.sampled_from([status.value for status in Status]), max_size=3))
def test_lens_keeps_the_laws_for_every_project(rows, maps):
    lens = vocabulary(statuses(rows), maps, "jira").lens
    assert check_enum(lens, [status.value for status in Status]) == []
    assert set(lens.writes) | set(lens.refused) >= {status.value for status in Status}


@given(ROWS)
def test_nothing_is_written_across_categories(rows):
    """A done item is never written as a status that Jira counts as open (where Jira knows the category)."""
    found = vocabulary(statuses(rows), {}, "jira")
    keys = {str(number): category for number, (_, category) in enumerate(rows, 1)}
    wanted = {"todo": "new", "doing": "indeterminate", "done": "done"}
    for hub, token in found.lens.writes.items():
        assert keys[token] in (wanted[Status(hub).category.value], "undefined")
