"""Who is assigned on GitHub: several people, those who can be, and what is said of those who cannot. Every answer is the stand-in server's."""

from __future__ import annotations

import pytest

from pmsync.connect.contract import Outcome
from pmsync.model.record import RecordRef
from pmsync.model.values import EMPTY, Known

ASSIGNED = frozenset({"ana", "ben"})


@pytest.fixture
def hub(github_hub):
    made = github_hub()
    for login in ("ana", "ben", "cleo"):
        made.server.add_user(login)
    return made


def assignees(hub, number=1):
    return set(hub.server.issue("acme/api", number).assignees)


def test_people_are_assigned_and_taken_back_one_by_one(hub):
    """C30: whoever else is assigned stays, and so does somebody who came meanwhile."""
    issue = hub.server.add_issue("acme/api", "Login", assignees=["ana"])
    connector = hub.connector()
    record = hub.read(connector, issue)
    hub.server.edit_issue("acme/api", 1, actor="cleo", assignees=["ana", "cleo"])
    [receipt] = hub.send(connector, hub.update(record, assignees={"ben"}))
    assert receipt.outcome is Outcome.DONE
    assert assignees(hub) == {"ben", "cleo"}
    assert hub.names(writes=True) == ["POST /graphql Update"]


def test_whoever_cannot_be_assigned_is_told(hub):
    """GitHub answers with success and leaves them out."""
    issue = hub.server.add_issue("acme/api", "Login")
    hub.server.set_role("acme/api", "ben", "read")
    connector = hub.connector()
    [receipt] = hub.send(connector, hub.update(hub.read(connector, issue), assignees={"ana", "ben"}))
    assert assignees(hub) == {"ana"}
    assert "left out ben:" in receipt.refused["assignees"]
    assert receipt.record.values["assignees"] == Known(frozenset({"ana"}))


def test_a_new_issue_comes_with_those_who_can_be_assigned(hub):
    hub.server.set_role("acme/api", "ben", "none")
    connector = hub.connector()
    [receipt] = hub.send(connector, hub.create(title="Login", assignees={"ana", "ben"}))
    assert (receipt.outcome, assignees(hub)) == (Outcome.DONE, {"ana"})
    assert "left out ben:" in receipt.refused["assignees"]


def test_a_login_that_does_not_exist_costs_the_others_nothing(hub):
    """A slip in the config: the rest of the write goes, and what is wrong is said."""
    issue = hub.server.add_issue("acme/api", "Login")
    connector = hub.connector()
    [updated] = hub.send(connector, hub.update(hub.read(connector, issue), title="Log in", assignees={"ana", "anna"}))
    [made] = hub.send(connector, hub.create(title="Other", assignees={"anna"}))
    assert (hub.server.issue("acme/api", 1).title, assignees(hub), assignees(hub, 2)) == ("Log in", {"ana"}, set())
    assert all("no account of the login anna" in receipt.refused["assignees"] for receipt in (updated, made))


def test_ids_of_accounts_are_asked_for_once(hub):
    issues = hub.issues(3)
    connector = hub.connector()
    for issue in issues:
        hub.send(connector, hub.update(hub.read(connector, issue), assignees={"ana"}))
    assert hub.names().count("POST /graphql Users") == 1


def test_history_tells_who_was_assigned(hub):
    [issue] = hub.issues(1)
    connector, since = hub.connector(), hub.clock.now() + 1
    for actor, logins in (("ana", ["ana"]), ("ben", ["ana", "ben"]), ("cleo", ["ben"])):
        hub.clock.sleep(10)
        hub.server.edit_issue("acme/api", 1, actor=actor, assignees=logins)
    found = connector.fetch(hub.API, [RecordRef("github", issue.node_id)], since).edits
    assert [(one.before, one.after, one.actor) for one in found if one.surface == "assignees"] == [
        (EMPTY, Known(frozenset({"ana"})), "ana"),
        (Known(frozenset({"ana"})), Known(ASSIGNED), "ben"),
        (Known(ASSIGNED), Known(frozenset({"ben"})), "cleo"),
    ]
