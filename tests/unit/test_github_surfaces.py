"""GitHub's surfaces: states, priority labels by well-known names, maps of the config, defaults that are told."""

from __future__ import annotations

from itertools import product

import pytest

from pmsync.connect.errors import ConfigError
from pmsync.model.enums import Priority, Status
from pmsync.model.record import ScopeRef
from pmsync.model.values import EMPTY, Known
from pmsync.reconcile.lens import Unmapped, Unrepresentable
from pmsync_github.priority import PriorityNames
from pmsync_github.surfaces import Layout, check_maps, status_key, surfaces

SCOPE = ScopeRef("github", "acme/api")


def surface(field, **layout):
    given = {"labels": (), "priorities": PriorityNames(), **layout}
    return next(one for one in surfaces(Layout(SCOPE, **given)) if one.field == field)


# -- status -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "status"),
    [("open", "backlog"), ("closed/completed", "done"), ("closed/not_planned", "declined"), ("closed/duplicate", "duplicate")],
)
def test_states_mean_what_githubs_reasons_say(token, status):
    assert surface("status").lens.ingest(Known(token), EMPTY) == Known(status)


@pytest.mark.parametrize(
    ("status", "token"),
    [
        ("inbox", "open"),
        ("planned", "open"),
        ("in_progress", "open"),
        ("in_review", "open"),
        ("done", "closed/completed"),
        ("released", "closed/completed"),
        ("declined", "closed/not_planned"),
        ("duplicate", "closed/duplicate"),
    ],
)
def test_every_status_has_an_image(status, token):
    assert surface("status").lens.put(Known(status), EMPTY) == Known(token)


def test_request_25_in_progress_stays_in_progress_while_the_issue_is_open():
    """The lossy map never pulls a status back to backlog."""
    assert surface("status").lens.ingest(Known("open"), Known("in_progress")) == Known("in_progress")


def test_new_reason_of_github_is_unmapped_and_named():
    meaning = surface("status").lens.ingest(Known("closed/spam"), Known("done"))
    assert isinstance(meaning, Unmapped)
    assert 'maps.status.github: {"closed/spam": done}' in meaning.reason


def test_no_status_has_no_image():
    assert isinstance(surface("status").lens.put(EMPTY, Known("open")), Unrepresentable)


def test_configured_state_reads_as_told_and_is_no_default_any_more():
    mapped = surface("status", statuses={"closed": "released"})
    assert mapped.lens.ingest(Known("closed/completed"), EMPTY) == Known("released")
    assert mapped.lens.put(Known("done"), Known("open")) == Known("closed/completed")
    assert "closed/completed" not in {default.remote for default in mapped.defaults}


def test_statuses_that_swap_places_are_written_where_they_are_read():
    mapped = surface("status", statuses={"closed/completed": "declined", "closed/not_planned": "done"})
    assert mapped.lens.put(Known("done"), Known("open")) == Known("closed/not_planned")


@pytest.mark.parametrize("written", ["Closed/Not_Planned", "closed/not planned", " closed/not_planned "])
def test_state_may_be_written_as_people_write_it(written):
    assert status_key(written) == "closed/not_planned"


@pytest.mark.parametrize(
    ("maps", "named"),
    [
        ({"status": {"closed/notplanned": "declined"}}, "closed/not_planned"),
        ({"status": {"open": "backlogg"}}, "backlog"),
        ({"priority": {"P1": "hihg"}}, "high"),
    ],
)
def test_unknown_word_in_a_map_is_refused_with_the_nearest(maps, named):
    with pytest.raises(ConfigError) as refused:
        check_maps("github", maps)
    assert f"'{named}'" in refused.value.hint


# -- priority ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "priority"),
    [
        ("priority/high", "high"),
        ("priority: high", "high"),
        ("Priority: High", "high"),
        ("priority-high", "high"),
        ("prio:low", "low"),
        ("Priority High", "high"),
        ("high priority", "high"),
        ("high-priority", "high"),
        ("P0", "critical"),
        ("p4", "minor"),
        ("priority/p2", "medium"),
        ("priority/critical-urgent", "critical"),
        ("priority: urgent", "critical"),
        ("priority/normal", "medium"),
    ],
)
def test_well_known_names_speak_of_priority(label, priority):
    assert PriorityNames().value(label) == priority


@pytest.mark.parametrize("label", ["bug", "high", "priority", "P5", "p10", "prioritized", "top priority customer", "support-p1"])
def test_other_labels_do_not(label):
    assert not PriorityNames().concerns(label)


def test_configured_label_is_a_priority_whatever_its_name_and_whatever_its_case():
    names = PriorityNames({"Sev 1": "critical", "P1": "low"})
    assert names.value("sev 1") == "critical"
    assert names.value("p1") == "low"


def test_existing_labels_are_written_and_missing_ones_get_the_default_name():
    lens = surface("priority", labels=("P0", "P1", "bug")).lens
    assert lens.put(Known("high"), EMPTY) == Known("p1")
    assert lens.put(Known("low"), EMPTY) == Known("priority/low")


def test_of_two_styles_the_commoner_is_written_and_both_are_read():
    lens = surface("priority", labels=("P0", "P1", "P2", "priority: high")).lens
    assert lens.put(Known("high"), EMPTY) == Known("p1")
    assert lens.ingest(Known("priority: high"), EMPTY) == Known("high")


def test_configured_label_is_written_before_any_well_known_one():
    mapped = surface("priority", labels=("P1",), priorities=PriorityNames({"Sev 2": "high"}))
    assert mapped.lens.put(Known("high"), EMPTY) == Known("sev 2")
    assert mapped.show(Known("sev 2")) == "Sev 2"


def test_priorities_stay_in_their_order_through_every_style():
    """Monotone: what ranks higher in the hub never reads lower on GitHub."""
    for labels in ((), ("P0", "P3"), ("priority: high", "low priority")):
        lens = surface("priority", labels=labels).lens
        ranks = [Priority(lens.ingest(lens.put(Known(one), EMPTY), EMPTY).value).rank for one in Priority]
        assert ranks == sorted(ranks)


def test_cleared_priority_is_no_label():
    assert surface("priority").lens.put(EMPTY, Known("p1")) == EMPTY


def test_every_assumption_is_told_with_the_line_that_changes_it():
    told = {default.remote: default for default in surface("priority", labels=("P1",)).defaults}
    assert told["P1"].change == 'maps.priority.github: {"P1": high}'
    assert told["priority/critical"].hub == "critical"
    assert "created when it is needed" in told["priority/critical"].why


# -- labels and texts ---------------------------------------------------------------------------------------------------------


def test_priority_labels_and_the_scopes_own_are_no_matter_of_the_labels_surface():
    lens = surface("labels", scope_labels=("Payments",)).lens
    assert lens.consistent(Known(frozenset({"bug", "payments", "P1"})), Known(frozenset({"bug"})))
    assert lens.put(Known(frozenset({"ux"})), Known(frozenset({"payments", "bug"}))) == Known(frozenset({"payments", "ux"}))


def test_label_over_githubs_limit_is_refused_before_anything_is_sent():
    assert isinstance(surface("labels").lens.put(Known(frozenset({"x" * 51})), EMPTY), Unrepresentable)


def test_body_leaves_room_for_the_marker():
    lens = surface("body").lens
    assert lens.put(Known("x" * 65_280), EMPTY) == Known("x" * 65_280)
    assert len(lens.put(Known("x" * 65_281), EMPTY).value) <= 65_280


def test_title_over_256_characters_is_refused_and_never_cut():
    assert isinstance(surface("title").lens.put(Known("x" * 257), EMPTY), Unrepresentable)


def test_archived_repository_is_read_only_everywhere():
    everything = surfaces(Layout(SCOPE, (), PriorityNames(), read_only="archived", labels_read_only="no push"))
    assert {one.read_only for one in everything} == {"archived"}


def test_every_pair_of_status_and_state_settles_after_one_write():
    """C22: after writing, nothing is left to write."""
    lens = surface("status").lens
    for hub, remote in product(Status, ("open", "closed/completed", "closed/not_planned", "closed/duplicate")):
        written = lens.put(Known(hub), Known(remote))
        assert lens.put(Known(hub), written) == written
        assert lens.ingest(written, Known(hub)) == Known(hub)
