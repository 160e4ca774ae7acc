"""Finding a create whose answer was lost."""

from __future__ import annotations

import json

from pmsync.connect.contract import Absent, Found, Outcome, Unreadable
from pmsync.model.record import ScopeRef
from pmsync.testing.conformance.drafts import create
from pmsync.testing.faults import FaultKind

PAY = ScopeRef("jira", "PAY")
FETCH = "POST /issue/bulkfetch"
SEARCH = "POST /search/jql"


def lose(kit, connector, kind=FaultKind.LOSE_AFTER):
    """A create whose answer is lost, and the floor taken before it."""
    op = create(connector, PAY, title="Lost")
    floor = connector.floor(PAY)
    kit.break_next(kind)
    [receipt] = connector.apply(PAY, [op])
    assert receipt.outcome is Outcome.AMBIGUOUS
    return op, floor


def test_found_at_once_although_the_index_lags_c12(jira_kit):
    """C12: fifteen minutes of lag, and the key's direct probe shows it in the same second."""
    kit = jira_kit(index_lag=900)
    connector = kit.connector()
    op, floor = lose(kit, connector)
    kit.called()
    finding = connector.find(PAY, op, floor)
    assert isinstance(finding, Found)
    assert finding.record.marker == op.marker
    assert kit.called()[FETCH] == 1


def test_floor_from_a_lagging_index_is_only_lower(jira_kit):
    """The index had not seen the last 130 issues when the floor was taken: the probes go on to where the keys end."""
    kit = jira_kit(index_lag=900)
    for number in range(130):
        kit.file(f"Issue {number}")
    connector = kit.connector()
    op, floor = lose(kit, connector)
    assert json.loads(floor)["key"] == 0
    assert isinstance(connector.find(PAY, op, floor), Found)


def test_absence_is_consistent_only_behind_a_clean_gap(jira_kit):
    """Behind the last key nothing comes any more: it never arrived."""
    kit = jira_kit()
    connector = kit.connector()
    op, floor = lose(kit, connector, FaultKind.LOSE_BEFORE)
    for number in range(95):
        kit.file(f"Issue {number}")
    kit.called()
    assert connector.find(PAY, op, floor) == Absent(consistent=True)
    assert kit.called()[FETCH] == 2


def test_floor_and_sweep_read_over_empty_pages(jira_kit):
    """Trap 3: an empty page with a token is not the end."""
    kit = jira_kit(ragged=True, seed=3)
    made = [kit.file(f"Issue {number}") for number in range(40)]
    connector = kit.connector()
    assert {json.loads(connector.floor(PAY))["key"] for _ in range(10)} == {40}
    assert set(connector.ids(PAY).refs) == set(made)


def test_moved_issue_is_still_found(jira_kit):
    """It answers to its first key under its new one."""
    kit = jira_kit()
    kit.site.add_project("WEB")
    connector = kit.connector("PAY", "WEB")
    op, floor = lose(kit, connector)
    kit.site.move_issue("PAY-1", "WEB", kit.ana)
    finding = connector.find(PAY, op, floor)
    assert isinstance(finding, Found)
    assert finding.record.key == "WEB-1"


def test_of_two_that_carry_the_marker_the_older_is_found(jira_kit):
    """A proxy repeated the request: the second is surplus."""
    kit = jira_kit()
    connector = kit.connector()
    op = create(connector, PAY, title="Twice")
    floor = connector.floor(PAY)
    kit.break_next(FaultKind.TWICE)
    list(connector.apply(PAY, [op]))
    finding = connector.find(PAY, op, floor)
    assert isinstance(finding, Found)
    assert finding.record.key == "PAY-1"


def test_lost_permission_is_evidence_of_nothing(jira_kit):
    """Trap 18: without Browse Projects every probe misses."""
    kit = jira_kit()
    connector = kit.connector()
    op, floor = lose(kit, connector)
    kit.site.deny("BROWSE_PROJECTS", "PAY")
    assert isinstance(connector.find(PAY, op, floor), Unreadable)


def test_copied_marker_of_a_person_does_not_count(jira_kit):
    """People copy issues with their properties; the creator gives them away."""
    kit = jira_kit()
    connector = kit.connector()
    op, floor = lose(kit, connector, FaultKind.LOSE_BEFORE)
    ref = kit.file("Copy")
    entry = kit.site.state.entry(ref.remote_id)
    entry.current = type(entry.current)(**{**_fields(entry.current), "properties": {"pmsync": {"marker": op.marker}}})
    assert connector.find(PAY, op, floor) == Absent(consistent=True)


def _fields(issue):
    import dataclasses

    return {field.name: getattr(issue, field.name) for field in dataclasses.fields(issue)}
