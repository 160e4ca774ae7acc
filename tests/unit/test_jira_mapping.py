"""Jira's JSON to records, and changes to request bodies."""

from __future__ import annotations

import json

import msgspec
import pytest

from pmsync.model.enums import Audience, Kind
from pmsync.model.record import ScopeRef
from pmsync.model.values import EMPTY, Known, Unobserved
from pmsync.reconcile.operation import Change
from pmsync_jira import adf, commenting, mapping, wire

SITE = mapping.Site("jira", "https://acme.example", lambda project: ScopeRef("jira", project.key))
FIELDS = {
    "summary": "Pay twice",
    "description": None,
    "status": {"id": "3", "name": "Open", "statusCategory": {"key": "new"}},
    "priority": {"id": "2", "name": "High"},
    "labels": ["API", "pay"],
    "issuetype": {"id": "1", "name": "Bug", "subtask": False, "hierarchyLevel": 0},
    "project": {"id": "10000", "key": "PAY"},
    "created": "2026-01-01T10:00:00.000+0200",
    "updated": "2026-01-01T08:00:00.250+0000",
    "creator": {"accountId": "bot", "displayName": "Bot"},
    "reporter": {"accountId": "ana"},
    "assignee": {"accountId": "ben", "displayName": "Ben"},
    "duedate": "2026-02-15",
    "security": None,
    "fixVersions": [{"id": "10500", "name": "1.0", "released": False}],
    "issuelinks": [
        {"id": "1", "type": {"name": "Blocks", "inward": "is blocked by"}, "inwardIssue": {"id": "10002", "key": "PAY-2"}},
        {"id": "2", "type": {"name": "Blocks", "inward": "is blocked by"}, "outwardIssue": {"id": "10003", "key": "PAY-3"}},
        {"id": "3", "type": {"name": "Relates", "inward": "relates to"}, "inwardIssue": {"id": "10004", "key": "PAY-4"}},
    ],
}


def issue(properties=None, **fields):
    shown = {**FIELDS, **fields}
    row = {"id": "10001", "key": "PAY-1", "fields": {name: value for name, value in shown.items() if value is not ...}}
    return msgspec.json.decode(json.dumps({**row, "properties": properties or {}}), type=wire.Issue)


def record(properties=None, **fields):
    return mapping.record(issue(properties, **fields), SITE)


def said(row):
    return commenting.comment(row, commenting.Spoken("10001", "PAY-1", restricted=False), SITE, "bot")


def change(surface, before, after):
    return Change(surface, surface, before, after, after, "because")


def test_issue_becomes_a_whole_record():
    found = record()
    assert found.values == {
        "title": Known("Pay twice"),
        "body": EMPTY,
        "status": Known("3"),
        "priority": Known("2"),
        "labels": Known(frozenset({"API", "pay"})),
        "release": Known(frozenset({"version:10500"})),
        "parent": EMPTY,
        "blocked_by": Known(frozenset({"10002"})),
        "assignees": Known("ben"),
        "due": Known("2026-02-15"),
        "elsewhere": EMPTY,
    }
    assert (found.key, found.url, found.kind, found.creator) == ("PAY-1", "https://acme.example/browse/PAY-1", Kind.BUG, "bot")
    assert (found.created_at, found.updated_at) == (1767254400.0, 1767254400.25)
    assert found.people == {"assignee": "ben", "reporter": "ana"}


def test_field_that_jira_hides_is_unobserved_never_empty():
    """C30: a hidden field is no erase."""
    found = record(
        summary=..., description=..., priority=..., labels=..., fixVersions=..., issuelinks=..., assignee=..., duedate=...
    )
    assert {name for name, value in found.values.items() if isinstance(value, Unobserved)} == {
        "title",
        "body",
        "priority",
        "labels",
        "release",
        "blocked_by",
        "assignees",
        "due",
    }


def test_rich_text_is_kept_untouched_beside_its_markdown():
    """Trap 14: ADF with unknown nodes stays byte for byte."""
    document = {"version": 1, "type": "doc", "content": [{"type": "hologram", "attrs": {"x": "\u00e4"}}]}
    found = record(description=document)
    assert found.values["body"] == Known(adf.to_markdown(document))
    assert json.loads(found.raw["body"]) == document
    assert found.raw["body"] in json.dumps({**FIELDS, "description": document})


def test_issue_with_a_security_level_is_private_c54():
    """C54: it never crosses."""
    assert record(security={"id": "1", "name": "Board only"}).audience is Audience.PRIVATE
    assert record(security=...).audience is Audience.INTERNAL


def test_marker_comes_from_the_issue_property():
    assert record({"pmsync": {"marker": "pm1.x"}}).marker == "pm1.x"
    assert record({"pmsync": "something else"}).marker is None
    assert record().marker is None


def test_references_are_addresses_and_short_github_names():
    text = "see https://github.com/acme/api/issues/7, and acme/web#12 (not PAY-3)."
    document = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]}
    assert record(description=document).references == ("https://github.com/acme/api/issues/7", "acme/web#12")


@pytest.mark.parametrize(
    ("restriction", "audience"),
    [
        ({}, Audience.INTERNAL),
        ({"visibility": {"type": "role", "value": "Administrators"}}, Audience.PRIVATE),
        ({"jsdPublic": False}, Audience.PRIVATE),
        ({"jsdPublic": True}, Audience.INTERNAL),
    ],
)
def test_restricted_and_internal_comments_are_private(restriction, audience):
    """Trap 13, C54: an internal comment never becomes public."""
    row = {"id": "5", "created": "2026-01-01T00:00:00.000+0000", "updated": "2026-01-01T00:00:00.000+0000"}
    comment = said(msgspec.convert({**row, **restriction}, wire.Comment))
    assert comment.audience is audience


def test_a_comments_own_document_is_kept_beside_its_readable_text():
    """What Markdown cannot show is not lost."""
    document = b'{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"mention","attrs":{"id":"x","text":"@Ana"}}]}]}'
    row = {"id": "5", "created": "2026-01-01T00:00:00.000+0000", "updated": "2026-01-01T00:00:00.000+0000"}
    comment = said(msgspec.convert({**row, "body": msgspec.Raw(document)}, wire.Comment))
    assert comment.raw == document.decode()
    assert "Ana" in comment.body


@pytest.mark.parametrize(
    ("name", "level", "kind"),
    [
        ("Bug", 0, Kind.BUG),
        ("User Story", 0, Kind.FEATURE),
        ("Epos", 1, Kind.EPIC),
        ("Thema", 2, Kind.INITIATIVE),
        ("Aufgabe", 0, Kind.TASK),
    ],
)
def test_kind_is_read_by_name_then_by_level(name, level, kind):
    assert mapping.kind_of(wire.IssueType("1", name, level=level)) is kind


def test_type_is_chosen_by_name_then_task_then_the_first_plain_one():
    task, bug, sub = (
        wire.IssueType("1", "Task"),
        wire.IssueType("2", "Bug"),
        wire.IssueType("3", "Sub-task", subtask=True, level=-1),
    )
    assert mapping.type_for(Kind.BUG, [sub, task, bug]) == bug
    assert mapping.type_for(Kind.FEATURE, [sub, task, bug]) == task
    assert mapping.type_for(Kind.IDEA, [sub, wire.IssueType("4", "Vorgang")]) == wire.IssueType("4", "Vorgang")
    assert mapping.type_for(Kind.IDEA, [sub]) is None


def test_labels_travel_as_deltas_and_the_rest_as_values():
    """Trap 9: a label that someone adds meanwhile stays."""
    changes = {
        "title": change("title", Known("a"), Known("b")),
        "priority": change("priority", Known("2"), EMPTY),
        "labels": change("labels", Known(frozenset({"x", "Old"})), Known(frozenset({"x", "new"}))),
    }
    assert mapping.edit_body(changes) == {
        "fields": {"summary": "b", "priority": None},
        "update": {"labels": [{"add": "new"}, {"remove": "Old"}]},
    }


def test_marker_is_written_in_the_create_itself():
    body = mapping.create_body(("10000", "1"), {"title": change("title", EMPTY, Known("a"))}, "pm1.x")
    assert body == {
        "fields": {"project": {"id": "10000"}, "issuetype": {"id": "1"}, "summary": "a"},
        "properties": [{"key": "pmsync", "value": {"marker": "pm1.x"}}],
    }


@pytest.mark.parametrize("stamp", ["2026-01-01T00:00:00.000+0000", "2026-01-01T09:00:00+09:00", 1767225600, 1767225600000])
def test_moments_are_read_in_every_form_that_jira_uses(stamp):
    assert mapping.moment(stamp) == 1767225600.0
