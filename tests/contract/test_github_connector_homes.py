"""Which scope an issue lives in, when repositories are renamed and issues go elsewhere."""

from __future__ import annotations

from pmsync.model.record import RecordRef, ScopeRef


def ref_of(issue):
    return RecordRef("github", issue.node_id)


def test_a_repository_renamed_since_it_was_read_is_still_the_same_scope(github_hub):
    """C43: the catalogue is an hour old, and still knows the repository by its old name."""
    hub = github_hub()
    [issue] = hub.issues(1)
    connector = hub.connector(hub.API.key)
    connector.surfaces(hub.API)
    hub.server.rename_repo(hub.API.key, "backend")
    [record] = connector.fetch(hub.API, [ref_of(issue)]).records
    assert (record.scope, record.key) == (hub.API, "acme/backend#1")
    assert connector.in_scope(hub.API, record)


def test_issues_in_a_repository_that_is_not_ours_do_not_have_ours_read_again_and_again(github_hub):
    """Two issues went to a foreign repository: our own are looked at once, not once an issue and fetch."""
    hub = github_hub()
    hub.server.add_repo("acme/attic")
    connector = hub.connector(hub.API.key)
    connector.surfaces(hub.API)
    moved = [hub.server.transfer_issue(hub.API.key, issue.number, "acme/attic") for issue in hub.issues(2)]
    hub.calls.clear()
    for _ in range(3):
        found = connector.fetch(hub.API, [ref_of(issue) for issue in moved]).records
        assert {record.scope for record in found} == {ScopeRef("github", "acme/attic")}
    assert hub.names().count("GET /repos/{owner}/{repo}") <= 1
    assert len(hub.names()) == 4
