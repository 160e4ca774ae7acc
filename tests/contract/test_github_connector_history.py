"""Who changed what on GitHub: the timeline and the edit history of the body, which come along with the issue itself."""

from __future__ import annotations

import pytest

from pmsync.model.record import RecordRef
from pmsync.model.values import EMPTY, Known, Unobserved

NODES = "POST /graphql Nodes"


@pytest.fixture
def hub(github_hub):
    return github_hub()


def labels(*names):
    return Known(frozenset(names)) if names else EMPTY


def edits(hub, connector, issue, since, surface):
    """What happened to one surface, by whom, as (before, after, actor)."""
    found = connector.fetch(hub.API, [RecordRef("github", issue.node_id)], since).edits
    return [(one.before, one.after, one.actor) for one in found if one.surface == surface]


def later(hub, issue, actor="ana", **changes):
    hub.clock.sleep(10)
    hub.server.edit_issue(hub.API.key, issue.number, actor=actor, **changes)


def test_history_comes_along_in_the_call_that_reads_the_issues(hub):
    """Two hundred and fifty issues, each with an edit: three calls, as without."""
    made = hub.issues(250)
    connector = hub.connector()
    since = hub.clock.now()
    for issue in made:
        hub.server.edit_issue(hub.API.key, issue.number, actor="ana", title=f"{issue.title} again")
    hub.calls.clear()
    fetched = connector.fetch(hub.API, [RecordRef("github", issue.node_id) for issue in made], since)
    assert len(fetched.edits) == 250
    assert [name for _, name, _ in hub.calls] == [NODES] * 3
    assert fetched.at == int(hub.clock.now())


def test_titles_states_and_labels_are_told_in_their_order(hub):
    [issue] = hub.issues(1)
    connector, since = hub.connector(), hub.clock.now() + 1
    later(hub, issue, title="Second")
    later(hub, issue, actor="ben", title="Third", state="closed", state_reason="not_planned")
    later(hub, issue, state="closed", state_reason="completed")
    later(hub, issue, state="open")
    later(hub, issue, labels=["bug", "ui"])
    later(hub, issue, actor="ben", labels=["ui"])
    assert edits(hub, connector, issue, since, "title") == [
        (Known("Issue 0"), Known("Second"), "ana"),
        (Known("Second"), Known("Third"), "ben"),
    ]
    assert edits(hub, connector, issue, since, "status") == [
        (Known("open"), Known("closed/not_planned"), "ben"),
        (Known("closed/not_planned"), Known("closed/completed"), "ana"),
        (Known("closed/completed"), Known("open"), "ana"),
    ]
    assert edits(hub, connector, issue, since, "labels") == [
        (labels(), labels("bug"), "ana"),
        (labels("bug"), labels("bug", "ui"), "ana"),
        (labels("bug", "ui"), labels("ui"), "ben"),
    ]


def test_what_a_reopened_issue_was_closed_as_before_is_not_told(hub):
    [issue] = hub.issues(1)
    later(hub, issue, state="closed", state_reason="not_planned")
    hub.clock.sleep(10)
    since = hub.clock.now()
    later(hub, issue, state="open")
    [(before, after, _)] = edits(hub, hub.connector(), issue, since, "status")
    assert isinstance(before, Unobserved)
    assert after == Known("open")


def test_a_priority_label_that_is_replaced_is_one_edit(hub):
    """GitHub tells of one label coming and one going; in between the issue carried both."""
    [issue] = hub.issues(1)
    later(hub, issue, labels=["priority/high", "bug"])
    connector, since = hub.connector(), hub.clock.now() + 1
    hub.clock.sleep(10)
    hub.send(connector, hub.update(hub.read(connector, issue), priority="priority/low"))
    assert edits(hub, connector, issue, since, "label:priority") == [
        (Known("priority/high"), Known("priority/low"), connector.me())
    ]
    assert edits(hub, connector, issue, since, "labels") == []


def test_bodies_are_told_whole_and_without_our_marker(hub):
    connector = hub.connector()
    [receipt] = hub.send(connector, hub.create(title="Made", body="It says 500."))
    issue = hub.server.issue(hub.API.key, 1)
    since = hub.clock.now() + 1
    later(hub, issue, body=issue.body.replace("500", "502"))
    later(hub, issue, actor="ben", body="Ben's own account.")
    assert receipt.ref == RecordRef("github", issue.node_id)
    assert edits(hub, connector, issue, since, "body") == [
        (Known("It says 500."), Known("It says 502."), "ana"),
        (Known("It says 502."), Known("Ben's own account."), "ben"),
    ]


def test_more_than_a_page_of_events_is_read_page_by_page(hub):
    """A hundred events come along; the others cost a call each hundred, and only for the issue that has them."""
    busy, quiet = hub.issues(2)
    connector, since = hub.connector(), hub.clock.now() + 1
    for number in range(230):
        later(hub, busy, title=f"Title {number}")
    for number in range(30):
        later(hub, busy, body=f"Body {number}")
    later(hub, quiet, title="Once")
    hub.calls.clear()
    found = connector.fetch(hub.API, [RecordRef("github", one.node_id) for one in (busy, quiet)], since).edits
    assert [one.after for one in found if one.surface == "title"] == [
        *(Known(f"Title {number}") for number in range(230)),
        Known("Once"),
    ]
    assert [one.after for one in found if one.surface == "body"] == [Known(f"Body {number}") for number in range(30)]
    assert [name for _, name, _ in hub.calls] == [NODES, "POST /graphql Past", "POST /graphql Past"]


def test_without_a_moment_nothing_is_asked_of_the_timeline(hub):
    """A pre-read costs what it did: two connections of one issue each, one point a hundred."""
    [issue] = hub.issues(1)
    connector = hub.connector()
    later(hub, issue, title="Second")
    assert connector.fetch(hub.API, [RecordRef("github", issue.node_id)]).edits == ()
