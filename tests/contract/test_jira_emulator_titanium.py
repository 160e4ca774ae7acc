"""The archive of real issues loads as it is, quickly enough for a test, and reads as described."""

from __future__ import annotations

import json
import lzma
import time

import pytest

pytestmark = pytest.mark.shared


@pytest.fixture
def archive(shared_dir):
    return shared_dir / "data" / "titanium-issues.jsonl.xz"


def test_the_two_thousand_newest_load_in_little_time(jira_site, archive):
    began = time.process_time()
    assert jira_site.site.load_titanium(archive, 2000) == 2000
    assert time.process_time() - began < 4  # about 1.5 s on an idle machine
    assert len(jira_site.site.issues("TIMOB")) + len(jira_site.site.issues("ALOY")) == 2000


def test_what_was_loaded_is_what_was_archived(jira_site, archive):
    """Keys, ids, summaries, statuses, labels, and priorities including ``None`` and none at all."""
    jira_site.site.load_titanium(archive, 400)
    with lzma.open(archive, "rb") as lines:
        rows = {row["key"]: row for row in map(json.loads, lines)}
    seen = []
    for page in jira_site.walk("project in (TIMOB, ALOY) ORDER BY created DESC", fields=["*all"]):
        answer = jira_site.post("/issue/bulkfetch", {"issueIdsOrKeys": page, "fields": ["*all"]}).json()
        seen += answer["issues"]
    assert len(seen) == 400
    for issue in seen:
        ours, theirs = issue["fields"], rows[issue["key"]]["fields"]
        assert issue["id"] == rows[issue["key"]]["id"]
        assert ours["summary"] == theirs["summary"]
        assert ours["status"]["name"] == theirs["status"]["name"]
        assert ours["labels"] == sorted(theirs["labels"])
        assert (ours["priority"] or {}).get("name") == (theirs.get("priority") or {}).get("name")
        assert (ours["created"], ours["updated"]) == (theirs["created"], theirs["updated"])
        assert (ours["description"] is None) == (not theirs.get("description"))
        assert ours["comment"]["total"] == len((theirs.get("comment") or {}).get("comments", ()))


def test_the_loaded_project_can_be_worked_in(jira_site, archive):
    jira_site.site.load_titanium(archive, 100)
    newest = max(jira_site.site.issues("TIMOB"), key=lambda issue: int(issue.key.partition("-")[2]))
    key = jira_site.create("New", project={"key": "TIMOB"}, issuetype={"name": "Bug"})
    assert int(key.partition("-")[2]) == int(newest.key.partition("-")[2]) + 1
    steps = jira_site.get(f"/issue/{key}/transitions").json()["transitions"]
    closed = next(step for step in steps if step["name"] == "Closed")
    assert jira_site.post(f"/issue/{key}/transitions", {"transition": {"id": closed["id"]}}).status_code == 204


def test_no_event_tells_of_the_loading(jira_site, archive):
    jira_site.site.load_titanium(archive, 10)
    assert jira_site.site.events == []
