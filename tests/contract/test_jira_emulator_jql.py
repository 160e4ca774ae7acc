"""The JQL subset of the stand-in: what it understands as Jira does, and that it refuses the rest instead of guessing."""

from __future__ import annotations

import pytest

MINUTE = 60_000


@pytest.fixture
def desk(jira_site):
    """Four issues, a minute apart, of different kinds."""
    site = jira_site.site
    site.add_component("PAY", "API")
    site.add_issue("PAY", "One", labels=["Red", "blue"], priority="High", issue_type="Bug")
    jira_site.clock.sleep(60)
    site.add_issue("PAY", "Two", priority=None, components=["API"], actor=jira_site.ana)
    jira_site.clock.sleep(60)
    site.add_issue("PAY", "Three", labels=["green"], status="In Progress", assignee=jira_site.ana)
    jira_site.clock.sleep(60)
    site.add_issue("PAY", "Four", status="Done")
    return jira_site


def found(desk, clause):
    return sorted(int(key.removeprefix("PAY-")) for key in desk.keys(f"project = PAY AND ({clause})"))


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("key = PAY-2", [2]),
        ("key in (PAY-2, pay-3)", [2, 3]),
        ("issuekey > PAY-2", [3, 4]),
        ("labels = red", [1]),
        ("labels in (RED, green)", [1, 3]),
        ("labels != red", [3]),
        ("labels not in (red, green)", []),
        ("labels is EMPTY", [2, 4]),
        ("labels is not EMPTY", [1, 3]),
        ("NOT labels = red", [2, 3, 4]),
        ("component = API", [2]),
        ('component = "api"', [2]),
        ("issuetype = Bug", [1, 2, 3, 4]),
        ("status = 'In Progress'", [3]),
        ('status != "To Do"', [3, 4]),
        ("statusCategory = Done", [4]),
        ("statusCategory != done AND statusCategory != 'to do'", [3]),
        ("priority = High", [1]),
        ("priority is EMPTY", [2]),
        ("priority = 2", [1]),
        ("resolution is EMPTY", [1, 2, 3]),
        ("creator = currentUser()", [1, 3, 4]),
        ("assignee is not null", [3]),
        ("labels = red OR component = API AND status = Done", [1]),
        ("(labels = red OR component = API) AND status = 'To Do'", [1, 2]),
    ],
)
def test_clauses_select_as_jira_does(desk, clause, expected):
    """``!=`` and ``not in`` leave out issues where the field is empty; labels are compared without regard to case."""
    assert found(desk, clause) == expected


def test_epoch_milliseconds_are_exact(desk):
    third = desk.site.issue("PAY-3").updated
    assert found(desk, f"updated >= {third}") == [3, 4]
    assert found(desk, f"updated > {third}") == [4]
    assert found(desk, f"updated <= {third} AND created < {third}") == [1, 2]


@pytest.mark.parametrize(("zone", "hour"), [("UTC", "00"), ("Europe/Moscow", "03"), ("Asia/Tokyo", "09")])
def test_bare_dates_are_read_in_the_accounts_zone_to_the_minute(desk, zone, hour):
    """Trap: a date that is meant as UTC is read hours off on an account in another zone (2026-01-01 00:02 UTC is the third issue)."""
    desk.knobs.account_time_zone = zone
    assert found(desk, f'updated >= "2026-01-01 {hour}:02"') == [3, 4]
    assert found(desk, f'updated >= "2026/01/01 {hour}:02"') == [3, 4]
    assert found(desk, 'updated >= "2026-01-01 00:02 UTC"') == [3, 4]


def test_the_zone_of_the_account_wins_over_the_sites(desk):
    desk.site.change_user(desk.site.bot.account_id, time_zone="America/Los_Angeles")
    assert found(desk, 'updated >= "2025-12-31 16:02"') == [3, 4]


def test_relative_dates_count_back_in_whole_minutes(desk):
    desk.clock.sleep(59)
    assert found(desk, "updated >= -1m") == [3, 4]
    assert found(desk, "updated >= -1h") == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("order", "expected"),
    [("key DESC", [4, 3, 2, 1]), ("updated ASC", [1, 2, 3, 4]), ("created DESC, id ASC", [4, 3, 2, 1]), ("id ASC", [1, 2, 3, 4])],
)
def test_order_by(desk, order, expected):
    keys = desk.keys(f"project = PAY ORDER BY {order}")
    assert [int(key.removeprefix("PAY-")) for key in keys] == expected


@pytest.mark.parametrize(
    "jql",
    [
        "",
        "ORDER BY updated ASC",
        "project = NOPE",
        "project = PAY AND status = Nope",
        "project = PAY AND summary ~ word",
        "project = PAY AND updated >= startOfDay()",
        "project = PAY AND updated >= '1767225600000'",
        "project = PAY AND updated >= yesterday",
        "project = PAY AND updated = -1d",
        "project = PAY AND labels > red",
        "project = PAY AND status was Done",
        "project = PAY AND nothing = 1",
        "project = PAY AND key = PAY-99",
        "project = PAY ORDER BY updated",
        "project = PAY ORDER BY rank ASC",
        "project = PAY AND",
        "project = PAY AND (labels = red",
        "project = PAY labels = red",
        "project = PAY && labels = red",
        'project = "PAY',
        "project = PAY ORDER BY key ASC, id ASC, updated ASC, created ASC, key ASC, id ASC, updated ASC, created ASC",
    ],
)
def test_what_is_unbounded_wrong_or_not_understood_is_refused(desk, jql):
    answer = desk.post("/search/jql", {"jql": jql})
    assert answer.status_code == 400
    assert answer.json()["errorMessages"][0]


def test_localised_names_are_understood_beside_the_original(desk):
    """Trap: status and priority names are in the account's language."""
    desk.knobs.translations = {"Done": "Erledigt", "High": "Hoch"}
    assert found(desk, "status = Erledigt") == found(desk, "status = Done") == [4]
    shown = desk.get("/issue/PAY-1").json()["fields"]["priority"]["name"]
    assert (shown, found(desk, "priority = Hoch")) == ("Hoch", [1])


def test_a_moved_issue_is_found_by_its_old_key(desk):
    desk.site.add_project("WEB", "Web")
    desk.site.move_issue("PAY-1", "WEB")
    assert desk.keys("key = PAY-1") == ["WEB-1"]


def test_a_component_name_means_every_component_of_that_name(desk):
    desk.site.add_project("WEB", "Web")
    desk.site.add_component("WEB", "API")
    desk.site.add_issue("WEB", "Other", components=["API"])
    assert desk.keys("component = API ORDER BY id ASC") == ["PAY-2", "WEB-1"]
