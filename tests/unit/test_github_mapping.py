"""GitHub's JSON to records: states, markers, references, and the same record whichever API it came from."""

from __future__ import annotations

from time import process_time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmsync.model.enums import Audience, Kind
from pmsync.model.record import ScopeRef
from pmsync.model.values import EMPTY, Known, Unobserved
from pmsync_github import mapping, wire
from pmsync_github.mapping import Reading
from pmsync_github.priority import PriorityNames
from pmsync_github.wire import RestComment, RestIssue

IDS = "11111111-1111-4111-8111-111111111111.22222222-2222-4222-8222-222222222222.33333333-3333-4333-8333-333333333333"
TOKEN = f"pm1.{IDS}.0123456789abcdef0123456789abcdef"
READING = Reading(ScopeRef("github", "acme/api"), PriorityNames(), Audience.PUBLIC)


def rest(**changes):
    raw = {
        "id": 7,
        "node_id": "I_kw7",
        "number": 12,
        "title": "Login fails",
        "state": "open",
        "html_url": "https://github.com/acme/api/issues/12",
        "repository_url": "https://api.github.com/repos/acme/api",
        "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-01-03T03:04:05Z",
        "body": "It fails.",
        "state_reason": None,
        "labels": [{"id": 1, "node_id": "LA_1", "name": "Bug"}, "plain"],
        "user": {"login": "octocat", "id": 1},
        "assignees": [{"login": "ana"}],
        "sub_issues_summary": {"total": 0},
        **changes,
    }
    return msgspec.convert(raw, RestIssue).issue()


def graph(**changes):
    node = {
        "__typename": "Issue",
        "id": "I_kw7",
        "number": 12,
        "title": "Login fails",
        "body": "It fails.",
        "state": "OPEN",
        "stateReason": None,
        "url": "https://github.com/acme/api/issues/12",
        "createdAt": "2026-01-02T03:04:05Z",
        "updatedAt": "2026-01-03T03:04:05Z",
        "author": {"__typename": "User", "login": "octocat"},
        "assignees": {"nodes": [{"login": "ana"}]},
        "labels": {"nodes": [{"id": "LA_1", "name": "Bug"}, {"id": "LA_2", "name": "plain"}], "pageInfo": {"hasNextPage": False}},
        "repository": {"nameWithOwner": "acme/api", "visibility": "PUBLIC"},
        **changes,
    }
    return wire.graph_issue(node)


def record(issue):
    return mapping.record(issue, READING)


def test_both_apis_give_the_same_record():
    assert record(rest()) == record(graph())


def test_record_is_whole():
    seen = record(rest())
    assert (seen.ref.remote_id, seen.key, seen.kind, seen.creator) == ("I_kw7", "acme/api#12", Kind.BUG, "octocat")
    assert seen.people == {"reporter": "octocat", "assignee": "ana"}
    assert seen.version == "2026-01-03T03:04:05Z"
    assert seen.created_at == 1767323045.0
    assert seen.values == {
        "title": Known("Login fails"),
        "body": Known("It fails."),
        "status": Known("open"),
        "label:priority": EMPTY,
        "labels": Known(frozenset({"Bug", "plain"})),
        "release": EMPTY,
        "parent": EMPTY,
        "assignees": Known(frozenset({"ana"})),
    }


def test_account_that_was_deleted_is_nobody():
    """GitHub says null; the ghost account is only on its web pages."""
    assert record(rest(user=None, assignees=[])).people == {}
    assert record(graph(author=None)).creator == ""


def test_missing_assignees_are_no_error():
    """The singular member is being closed down, the plural one may be null."""
    assert record(rest(assignees=None)).people == {"reporter": "octocat"}


@pytest.mark.parametrize(
    ("state", "reason", "wanted"),
    [
        ("open", None, "open"),
        ("open", "reopened", "open"),
        ("closed", None, "closed/completed"),
        ("closed", "completed", "closed/completed"),
        ("closed", "not_planned", "closed/not_planned"),
        ("closed", "duplicate", "closed/duplicate"),
        ("closed", "some_day_new", "closed/some_day_new"),
    ],
)
def test_state_and_reason_are_one_token(state, reason, wanted):
    assert record(rest(state=state, state_reason=reason)).values["status"] == Known(wanted)
    told = reason.upper() if reason else None
    assert record(graph(state=state.upper(), stateReason=told)).values["status"] == Known(wanted)


def test_more_labels_than_could_be_read_are_unobserved_and_not_fewer():
    labels = {"nodes": [{"id": "LA_1", "name": "a"}], "pageInfo": {"hasNextPage": True}}
    seen = record(graph(labels=labels))
    assert isinstance(seen.values["labels"], Unobserved)
    assert isinstance(seen.values["label:priority"], Unobserved)


def test_node_of_another_type_is_no_issue():
    assert wire.graph_issue({"__typename": "PullRequest"}) is None
    assert wire.graph_issue(None) is None


def test_pull_request_among_issues_is_recognized_whatever_its_member_holds():
    row = {"node_id": "PR_1", "number": 1, "title": "t", "state": "open", "html_url": "", "created_at": "2026-01-01T00:00:00Z"}
    row |= {"updated_at": "2026-01-01T00:00:00Z", "pull_request": {"url": "https://api.github.com/repos/a/b/pulls/1"}}
    assert msgspec.convert(row, RestIssue).pull_request is not None


def test_visibility_internal_is_not_public():
    assert mapping.audience_of("INTERNAL") is Audience.INTERNAL
    assert mapping.audience_of("private") is Audience.INTERNAL
    assert mapping.audience_of("PUBLIC") is Audience.PUBLIC


def test_comment_on_a_pull_request_is_told_by_its_link():
    raw = {"node_id": "IC_1", "issue_url": "https://api.github.com/repos/acme/api/issues/12", "body": "x"}
    raw |= {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    on_issue = msgspec.convert({**raw, "html_url": "https://github.com/acme/api/issues/12#issuecomment-1"}, RestComment)
    on_pull = msgspec.convert({**raw, "html_url": "https://github.com/acme/api/pull/12#issuecomment-1"}, RestComment)
    assert (on_issue.number, on_issue.on_pull_request, on_pull.on_pull_request) == (12, False, True)


# -- bodies -------------------------------------------------------------------------------------------------------------------


@given(st.text().filter(lambda text: "<!-- pmsync:" not in text))
def test_text_around_the_marker_is_byte_for_byte_what_was_written(text):
    assert mapping.split_marker(mapping.with_marker(text, TOKEN)) == (text, TOKEN)


def test_marker_is_the_last_line_and_hidden():
    assert mapping.with_marker("text", TOKEN) == f"text\n\n<!-- pmsync:{TOKEN} -->"
    assert mapping.with_marker("", TOKEN) == f"<!-- pmsync:{TOKEN} -->"


def test_marker_survives_an_edit_in_the_browser():
    """The web editor writes CRLF, and people write below."""
    assert mapping.split_marker(f"text\r\n\r\n<!-- pmsync:{TOKEN} -->\r\nmore") == ("text\r\nmore", TOKEN)


def test_only_the_last_marker_is_ours_an_earlier_one_is_text():
    """A body copied from another issue brings that issue's marker along."""
    copied = mapping.with_marker("copied", TOKEN.replace("pm1.1", "pm1.9"))
    assert mapping.split_marker(mapping.with_marker(copied, TOKEN)) == (copied, TOKEN)


@pytest.mark.parametrize("text", ["<!-- pmsync:nonsense -->", "<!-- not ours -->", f"pmsync:{TOKEN}"])
def test_what_only_looks_like_a_marker_is_text(text):
    assert mapping.split_marker(text) == (text, None)


def test_marker_always_fits_into_the_room_kept_for_it():
    assert len(mapping.with_marker("x", TOKEN)) - 1 <= mapping.MARKER_ROOM


def test_references_are_addresses_and_keys_of_issues():
    text = "From https://acme.atlassian.net/browse/PAY-7, see https://github.com/acme/web/issues/3. Also acme/ops#9, not UTF-8 nor a/b."
    assert mapping.references(text) == (
        "https://acme.atlassian.net/browse/PAY-7",
        "PAY-7",
        "https://github.com/acme/web/issues/3",
        "acme/ops#9",
    )


@pytest.mark.parametrize(
    "text", ["http://" * 9000, "https://x/" + "a" * 60_000, "a-" * 30_000, "\n" * 60_000 + "<!--", "a/" * 30_000]
)
def test_hostile_text_costs_no_time(text):
    """No pattern may look at a text again and again: 65,536 characters pass in milliseconds (a second is for slow machines)."""
    before = process_time()
    mapping.references(text)
    mapping.split_marker(text)
    assert process_time() - before < 1.0


# -- names --------------------------------------------------------------------------------------------------------------------


def test_key_is_read_back():
    assert mapping.parse_key(mapping.display_key("acme/api", 12)) == ("acme/api", 12)


@pytest.mark.parametrize("key", ["", "acme/api", "api#12", "acme/api#", "acme/api#x", "a/b/c#1"])
def test_what_is_no_key_is_none(key):
    assert mapping.parse_key(key) is None


def test_stamp_is_whole_seconds_rounded_down():
    assert mapping.stamp(1767323045.9) == "2026-01-02T03:04:05Z"
    assert mapping.moment("2026-01-02T03:04:05Z") == 1767323045.0


@pytest.mark.parametrize(
    ("labels", "kind"),
    [(["enhancement"], Kind.FEATURE), (["epic", "bug"], Kind.EPIC), (["Tech Debt"], Kind.DEBT), (["whatever"], Kind.TASK)],
)
def test_kind_is_told_by_well_known_labels(labels, kind):
    assert record(rest(labels=labels)).kind is kind
