"""The GitHub emulator: renamed repositories, transferred and deleted issues."""

from __future__ import annotations

import pytest


@pytest.fixture
def two(github):
    """acme/api with one labelled, commented issue, and acme/web."""
    github.server.add_repo("acme/web")
    github.server.add_label("acme/web", "BUG")
    github.open(1, labels=["bug", "only here"], body="text")
    github.server.comment("acme/api", 1, "a word")
    return github


def test_a_deleted_issue_answers_410_everywhere(two):
    node_id = two.server.issue("acme/api", 1).node_id
    two.server.delete_issue("acme/api", 1)
    assert two.ask("GET", "/issues/1").status == 410
    assert two.ask("PATCH", "/issues/1", {"title": "x"}).status == 410
    assert two.ask("GET", "/issues/1/comments").status == 410
    assert two.ask("GET", "/issues/2").status == 404
    assert two.pages("/issues", state="all") == []
    assert two.graph("query($id: ID!) { node(id: $id) { id } }", id=node_id)["data"]["node"] is None


def test_a_transferred_issue_redirects_to_its_new_self(two):
    old = two.ask("GET", "/issues/1").json
    two.server.transfer_issue("acme/api", 1, "acme/web")
    moved = two.ask("GET", "/issues/1")
    assert moved.status == 301
    assert moved.headers["location"] == moved.json["url"]
    new = two.follow(moved.headers["location"]).json
    assert new["repository_url"].endswith("/repos/acme/web")
    assert (new["title"], new["body"], new["comments"]) == (old["title"], old["body"], 1)
    assert new["id"] != old["id"]
    assert new["node_id"] != old["node_id"]


def test_a_transfer_keeps_the_labels_that_the_target_knows(two):
    new = two.server.transfer_issue("acme/api", 1, "acme/web")
    assert [label.name for label in new.labels] == ["BUG"]


def test_what_belongs_to_a_transferred_issue_answers_404(two):
    """MeshWeaver#4629: the redirect covers the issue alone."""
    two.server.transfer_issue("acme/api", 1, "acme/web")
    assert two.ask("GET", "/issues/1/comments").status == 404
    assert two.ask("GET", "/issues/1/labels").status == 404
    assert two.ask("POST", "/issues/1/labels", {"labels": ["x"]}).status == 404
    assert two.ask("PATCH", "/issues/1", {"title": "x"}).status == 301


def test_a_transfer_stays_within_one_owner_and_never_opens_private_text(two):
    two.server.add_repo("other/web")
    two.server.add_repo("acme/secret", private=True)
    two.server.add_issue("acme/secret", "hush")
    with pytest.raises(ValueError, match="one owner"):
        two.server.transfer_issue("acme/api", 1, "other/web")
    with pytest.raises(ValueError, match="private"):
        two.server.transfer_issue("acme/secret", 1, "acme/web")


def test_a_renamed_repository_redirects_reads_with_their_query(two):
    two.server.rename_repo("acme/api", "core")
    moved = two.ask("GET", "/issues", state="all", per_page="50")
    assert moved.status == 301
    assert "/repositories/" in moved.headers["location"]
    assert two.follow(moved.headers["location"]).json[0]["repository_url"].endswith("/repos/acme/core")
    assert two.ask("GET", "/repos/acme/core/issues/1").status == 200


def test_a_renamed_repository_redirects_writes_with_307(two):
    two.server.rename_repo("acme/api", "core")
    assert two.ask("PATCH", "/issues/1", {"title": "x"}).status == 307
    assert two.server.issue("acme/core", 1).title == "issue 0"


def test_a_new_repository_under_the_old_name_ends_the_redirect(two):
    two.server.rename_repo("acme/api", "core")
    two.server.add_repo("acme/api")
    assert two.ask("GET", "/issues", state="all").json == []


def test_ids_outlive_a_rename(two):
    node_id = two.server.issue("acme/api", 1).node_id
    two.server.rename_repo("acme/api", "core")
    found = two.graph(
        "query($id: ID!) { node(id: $id) { __typename ... on Issue { repository { nameWithOwner } } } }", id=node_id
    )
    assert found["data"]["node"]["repository"]["nameWithOwner"] == "acme/core"
