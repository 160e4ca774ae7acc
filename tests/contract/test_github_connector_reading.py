"""Reading GitHub: pages, cursors, renames, transfers, people, limits. Every answer comes from the stand-in server."""

from __future__ import annotations

import json
import lzma
from itertools import islice
from math import ceil

import pytest

from pmsync.connect.contract import Stream
from pmsync.connect.errors import AuthFailed, Gone, Park, Retry
from pmsync.model.enums import Audience
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, Unobserved
from pmsync.reconcile.lens import Unmapped
from pmsync.testing.faults import Fault, FaultKind


@pytest.fixture
def hub(github_hub):
    return github_hub()


def again(action):
    for _ in range(9):
        action()


# -- pulling ------------------------------------------------------------------------------------------------------------------


def test_c2_every_issue_of_2501_arrives_for_26_list_calls(github_hub):
    hub = github_hub()
    made = hub.issues(2501)
    connector = hub.connector()
    connector.surfaces(hub.API)
    hub.calls.clear()
    records, _ = hub.pull(connector)
    assert sorted(record.ref.remote_id for record in records) == sorted(issue.node_id for issue in made)
    assert hub.names() == ["GET /repos/{}/milestones"] + ["GET /repos/{}/issues"] * ceil(2501 / 100)


def test_pull_requests_take_a_place_in_the_list_and_are_passed_over(hub):
    hub.issues(60)
    for number in range(70):
        hub.server.add_pull_request("acme/api", f"Pull {number}")
    records, cursor = hub.pull(hub.connector())
    assert len(records) == 60
    hub.calls.clear()
    assert hub.pull(hub.connector(), cursor)[0] == []


def test_quiet_poll_right_after_a_dense_load_is_one_call_and_delivers_nothing(hub):
    """C6: more changed within the overlap than a page holds, and still one call."""
    for _ in range(400):
        hub.issues(1)
        hub.clock.sleep(0.9)
    connector = hub.connector()
    _, cursor = hub.pull(connector)
    hub.calls.clear()
    records, _ = hub.pull(connector, cursor)
    assert records == []
    assert len(hub.calls) == 1


def test_page_links_are_followed_as_they_are(github_hub):
    """Page numbers beyond the window are refused with 422; the cursor in the link is not."""
    hub = github_hub(page_window=200)
    hub.issues(450)
    assert len(hub.pull(hub.connector())[0]) == 450


def test_c5_numbered_pages_that_shift_while_read_hide_nothing(github_hub):
    hub = github_hub(page_links_below=100_000)
    made = []
    for _ in range(250):
        made += hub.issues(1)
        hub.clock.sleep(1)
    pages = hub.connector().pull(hub.API, Stream.ITEMS, None)
    seen = {record.ref.remote_id for record in next(pages).records}
    hub.server.edit_issue("acme/api", made[0].number, title="moved to the end of the list")
    hub.server.delete_issue("acme/api", made[1].number)
    for page in pages:
        seen |= {record.ref.remote_id for record in page.records}
    assert seen == {issue.node_id for issue in made}


def test_two_edits_within_one_second_are_both_delivered(hub):
    """GitHub's stamps have one second, so that the stamp alone proves nothing."""
    [issue] = hub.issues(1)
    connector = hub.connector()
    _, cursor = hub.pull(connector)
    hub.server.edit_issue("acme/api", issue.number, title="first")
    records, cursor = hub.pull(connector, cursor)
    assert records[0].values["title"] == Known("first")
    hub.server.edit_issue("acme/api", issue.number, title="second")
    records, _ = hub.pull(connector, cursor)
    assert [record.values["title"] for record in records] == [Known("second")]


def test_change_that_lists_show_late_is_not_skipped(github_hub):
    hub = github_hub(list_lag=60.0)
    hub.issues(1)
    hub.clock.sleep(600)
    connector = hub.connector()
    _, cursor = hub.pull(connector)
    [late] = hub.issues(1)
    hub.clock.sleep(30)
    records, cursor = hub.pull(connector, cursor)
    hub.clock.sleep(60)
    records += hub.pull(connector, cursor)[0]
    assert late.node_id in {record.ref.remote_id for record in records}


def test_cursor_that_cannot_be_read_means_the_beginning(hub):
    hub.issues(3)
    assert len(hub.pull(hub.connector(), '{"since": "garbage"}')[0]) == 3


def test_c18_issue_that_lost_the_scopes_label_is_delivered_and_out_of_scope(hub):
    """Filtered on the server it would vanish without a word, and go on being written."""
    issue = hub.server.add_issue("acme/api", "Ours", labels=["payments", "bug"])
    connector = hub.connector({"repo": "acme/api", "labels": ["Payments"]})
    [record], cursor = hub.pull(connector)
    assert connector.in_scope(hub.API, record)
    hub.clock.sleep(1)
    hub.server.edit_issue("acme/api", issue.number, labels=["bug"])
    [record], _ = hub.pull(connector, cursor)
    assert not connector.in_scope(hub.API, record)


def test_c54_audience_is_the_repositorys(hub):
    hub.server.add_repo("acme/secret", private=True)
    hub.server.set_role("acme/secret", "pmsync-bot", "write")
    hub.issues(1)
    hub.issues(1, "acme/secret")
    connector = hub.connector("acme/api", "acme/secret")
    secret = ScopeRef("github", "acme/secret")
    assert [scope.audience for scope in connector.scopes([hub.API, secret])] == [Audience.PUBLIC, Audience.INTERNAL]
    assert hub.pull(connector)[0][0].audience is Audience.PUBLIC
    assert hub.pull(connector, scope=secret)[0][0].audience is Audience.INTERNAL


# -- polls of what did not change -------------------------------------------------------------------------------------------------


def quiet(hub, connector, stream=Stream.ITEMS):
    """A cursor behind which nothing is new and which carries the listing's ETag."""
    _, cursor = hub.pull(connector, stream=stream)
    hub.clock.sleep(60)
    records, cursor = hub.pull(connector, cursor, stream=stream)
    assert records == []
    hub.calls.clear()
    return cursor


def statuses(hub):
    return [status for _, _, status in hub.calls]


@pytest.mark.parametrize("stream", Stream)
def test_c6_quiet_polls_are_one_call_each_that_costs_nothing_of_the_hourly_limit(hub, stream):
    [issue, *_] = hub.issues(3)
    hub.server.comment("acme/api", issue.number, "said")
    connector = hub.connector()
    cursor = quiet(hub, connector, stream)
    spent = hub.spent()
    for _ in range(5):
        hub.clock.sleep(60)
        _, after = hub.pull(connector, cursor, stream=stream)
        assert after == cursor
    assert statuses(hub) == [304] * 5
    assert hub.spent() == spent


def test_change_after_hours_of_quiet_is_delivered_alone(hub):
    [issue, *_] = hub.issues(3)
    connector = hub.connector()
    cursor = quiet(hub, connector)
    for _ in range(100):
        hub.clock.sleep(60)
        _, cursor = hub.pull(connector, cursor)
    hub.server.edit_issue("acme/api", issue.number, title="changed")
    hub.calls.clear()
    delivered = []
    for _ in range(4):
        records, cursor = hub.pull(connector, cursor)
        delivered += [record.values["title"] for record in records]
        hub.clock.sleep(60)
    assert delivered == [Known("changed")]
    assert statuses(hub) == [200, 200, 304, 304]


def test_change_whose_page_was_not_committed_is_delivered_again(hub):
    """A crash between the read and the commit: the ETag is in the cursor, and the old cursor has the old one."""
    [issue] = hub.issues(1)
    connector = hub.connector()
    cursor = quiet(hub, connector)
    hub.server.edit_issue("acme/api", issue.number, title="changed")
    for _ in range(2):
        [record] = hub.pull(connector, cursor)[0]
        assert record.values["title"] == Known("changed")


def test_full_page_is_not_taken_for_the_whole_list(hub):
    """The hundred and first issue stands on the next page: the first one, and its ETag, stay the same."""
    hub.issues(100)
    connector = hub.connector()
    _, cursor = hub.pull(connector)
    for _ in range(2):
        hub.clock.sleep(1)
        _, cursor = hub.pull(connector, cursor)
    [late] = hub.issues(1)
    assert [record.ref.remote_id for record in hub.pull(connector, cursor)[0]] == [late.node_id]


def test_change_that_lists_show_late_ends_the_quiet(github_hub):
    hub = github_hub(list_lag=60.0)
    hub.issues(1)
    hub.clock.sleep(600)
    connector = hub.connector()
    cursor = quiet(hub, connector)
    [late] = hub.issues(1)
    hub.clock.sleep(59)
    assert hub.pull(connector, cursor) == ([], cursor)
    hub.clock.sleep(2)
    assert [record.ref.remote_id for record in hub.pull(connector, cursor)[0]] == [late.node_id]


def test_another_token_reads_once_and_is_quiet_again(hub):
    """GitHub's ETags differ from token to token."""
    hub.issues(1)
    cursor = quiet(hub, hub.connector())
    hub.server.add_token("pmsync-bot", "ghp_renewed")
    renewed = hub.connector(settings={"token": "ghp_renewed"})
    for _ in range(3):
        records, cursor = hub.pull(renewed, cursor)
        assert records == []
    assert statuses(hub) == [200, 304, 304]
    assert "ghp_renewed" not in cursor


def test_damaged_etag_in_a_cursor_is_as_good_as_none(hub):
    hub.issues(1)
    connector = hub.connector()
    cursor = json.loads(quiet(hub, connector))
    cursor["tag"][0] = '"broken\r\n'
    assert hub.pull(connector, json.dumps(cursor))[0] == []


# -- labels and priority ----------------------------------------------------------------------------------------------------------


def test_two_priority_labels_are_unobserved_and_both_named(hub):
    issue = hub.server.add_issue("acme/api", "Torn", labels=["P1", "priority: low", "bug"])
    record = hub.read(hub.connector(), issue)
    seen = record.values["label:priority"]
    assert isinstance(seen, Unobserved)
    assert "'P1'" in seen.reason
    assert "'priority: low'" in seen.reason
    assert record.values["labels"] == Known(frozenset({"bug"}))


def test_c30_priority_that_is_not_understood_is_unmapped_and_no_erase(hub):
    issue = hub.server.add_issue("acme/api", "Someday", labels=["priority: someday"])
    connector = hub.connector()
    seen = hub.read(connector, issue).values["label:priority"]
    [surface] = [one for one in connector.surfaces(hub.API) if one.field == "priority"]
    meaning = surface.lens.ingest(seen, Known("high"))
    assert isinstance(meaning, Unmapped)
    assert 'maps.priority.github: {"priority: someday": high}' in meaning.reason


def test_issue_without_priority_label_is_empty(hub):
    issue = hub.server.add_issue("acme/api", "Plain", labels=["bug"])
    assert hub.read(hub.connector(), issue).values["label:priority"] == EMPTY


# -- renames, transfers, deletions ------------------------------------------------------------------------------------------------


def test_renamed_repository_is_read_whole_under_its_old_name(hub):
    """The redirect's location has no query: without state=all the closed issue would be missing, without since everything would come again."""
    issues = hub.issues(2)
    hub.server.close("acme/api", issues[0].number)
    hub.clock.sleep(3600)
    _, cursor = hub.pull(hub.connector())
    hub.server.rename_repo("acme/api", "gateway")
    connector = hub.connector()
    records, _ = hub.pull(connector)
    assert {record.values["status"] for record in records} == {Known("open"), Known("closed/completed")}
    assert {record.key for record in records} == {"acme/gateway#1", "acme/gateway#2"}
    assert {record.scope for record in records} == {hub.API}
    assert hub.pull(connector, cursor)[0] == []


def test_redirect_of_a_renamed_repository_costs_one_call_once(hub):
    hub.server.rename_repo("acme/api", "gateway")
    connector = hub.connector()
    _, cursor = hub.pull(connector)
    hub.calls.clear()
    hub.pull(connector, cursor)
    assert [status for _, _, status in hub.calls] == [304]


def test_fetch_knows_a_renamed_repository_as_its_scope(hub):
    """Otherwise a rename would look like a transfer of every issue."""
    [issue] = hub.issues(1)
    hub.server.rename_repo("acme/api", "gateway")
    assert hub.read(hub.connector(), issue).scope == hub.API


def test_c43_transferred_issue_is_followed_from_its_old_key(hub):
    [issue] = hub.issues(1)
    connector = hub.connector()
    old = hub.read(connector, issue)
    new = hub.server.transfer_issue("acme/api", issue.number, "acme/web")
    assert connector.fetch(hub.API, [old.ref]).missing == (old.ref,)
    moved = connector.relocate(hub.API, old.ref, old.key)
    assert moved is not None
    assert (moved.ref.remote_id, moved.key, moved.scope) == (new.node_id, f"acme/web#{new.number}", hub.WEB)


def test_c43_issue_transferred_out_of_every_scope_names_its_new_repository(hub):
    hub.server.add_repo("acme/elsewhere")
    [issue] = hub.issues(1)
    connector = hub.connector()
    old = hub.read(connector, issue)
    hub.server.transfer_issue("acme/api", issue.number, "acme/elsewhere")
    moved = connector.relocate(hub.API, old.ref, old.key)
    assert moved is not None
    assert moved.scope.key == "acme/elsewhere"
    assert not connector.in_scope(hub.API, moved)


@pytest.mark.parametrize("key", ["acme/api#1", "acme/api#999", "nonsense"])
def test_deleted_or_unknown_issue_leads_nowhere(hub, key):
    [issue] = hub.issues(1)
    hub.server.delete_issue("acme/api", issue.number)
    assert hub.connector().relocate(hub.API, RecordRef("github", issue.node_id), key) is None


def test_ids_are_listed_100_a_call_without_pull_requests(hub):
    made = hub.issues(201)
    hub.server.add_pull_request("acme/api", "Pull")
    hub.calls.clear()
    listing = hub.connector().ids(hub.API)
    assert {ref.remote_id for ref in listing.refs} == {issue.node_id for issue in made}
    assert listing.complete
    assert len(hub.calls) == 3


def test_fetch_of_250_records_costs_three_calls(hub):
    refs = [RecordRef("github", issue.node_id) for issue in hub.issues(250)]
    connector = hub.connector()
    hub.calls.clear()
    assert len(connector.fetch(hub.API, refs).records) == 250
    assert hub.names() == ["POST /graphql Nodes"] * 3


def test_pull_request_is_no_record(hub):
    pull = hub.server.add_pull_request("acme/api", "Pull")
    ref = RecordRef("github", pull.node_id)
    assert hub.connector().fetch(hub.API, [ref]).missing == (ref,)


def test_repository_that_cannot_be_seen_is_gone_and_named(hub):
    with pytest.raises(Gone, match="acme/nothing"):
        hub.connector("acme/nothing").scopes([ScopeRef("github", "acme/nothing")])


# -- comments ---------------------------------------------------------------------------------------------------------------------


def test_comments_on_issues_arrive_with_their_parents_and_those_on_pull_requests_do_not(hub):
    [issue] = hub.issues(1)
    pull = hub.server.add_pull_request("acme/api", "Pull")
    hub.server.comment("acme/api", issue.number, "on the issue")
    hub.server.comment("acme/api", pull.number, "on the pull request")
    pages = list(hub.connector().pull(hub.API, Stream.COMMENTS, None))
    [comment] = [comment for page in pages for comment in page.comments]
    assert (comment.body, comment.parent.remote_id, comment.author) == ("on the issue", issue.node_id, "octocat")
    assert comment.audience is Audience.PUBLIC


# -- people -----------------------------------------------------------------------------------------------------------------------


def test_people_are_asked_for_100_a_call(hub):
    logins = [f"dev-{number}" for number in range(120)]
    for login in logins:
        hub.server.add_user(login)
    hub.calls.clear()
    assert len(hub.connector().people(hub.API, [*logins, "nobody"])) == 120
    assert len(hub.calls) == 2


# -- limits and faults --------------------------------------------------------------------------------------------------------------


def test_spent_hourly_limit_parks_the_system_until_the_reset(github_hub):
    hub = github_hub(rest_per_hour=3)
    hub.issues(1)
    connector = hub.connector()
    with pytest.raises(Park) as parked:
        again(lambda: hub.pull(connector))
    assert parked.value.reason == "github-primary-limit-core"
    hub.clock.advance_to(parked.value.until)
    assert len(hub.pull(connector)[0]) == 1


def test_graphql_limit_that_comes_with_status_200_parks_too(github_hub):
    hub = github_hub(graphql_per_hour=2)
    [issue] = hub.issues(1)
    connector = hub.connector()
    with pytest.raises(Park) as parked:
        again(lambda: hub.read(connector, issue))
    assert parked.value.until > hub.clock.now()


def test_secondary_limit_is_waited_out(hub):
    [issue] = hub.issues(1)
    connector = hub.connector()
    hub.line.script.add(lambda request: True, Fault(FaultKind.LIMIT, status=403, headers={"retry-after": "20"}))
    before = hub.clock.now()
    assert hub.read(connector, issue).key == "acme/api#1"
    assert hub.clock.now() - before >= 20


def test_read_that_keeps_failing_is_a_passing_fault_and_no_missing_record(hub):
    [issue] = hub.issues(1)
    connector = hub.connector()
    hub.server.fail_next(502, path="/graphql", times=9)
    with pytest.raises(Retry):
        hub.read(connector, issue)


def test_wrong_token_is_named_everywhere(hub):
    connector = hub.connector(settings={"token": "ghp_wrong"})
    for ask in (connector.me, lambda: hub.pull(connector), lambda: connector.scopes([hub.API])):
        with pytest.raises(AuthFailed) as refused:
            ask()
        assert "ghp_wrong" not in f"{refused.value} {refused.value.hint}"


def test_ids_of_a_renamed_repository_are_listed_under_its_old_name(hub):
    hub.issues(2)
    hub.server.rename_repo("acme/api", "gateway")
    assert len(hub.connector().ids(hub.API).refs) == 2


def test_ids_of_a_repository_that_cannot_be_seen_are_no_empty_listing(hub):
    """An empty list would look like the deletion of everything."""
    hub.issues(2)
    connector = hub.connector()
    hub.server.world.repo_named("acme/api").private = True
    hub.server.set_role("acme/api", "pmsync-bot", "none")
    with pytest.raises(Gone):
        connector.ids(hub.API)


def test_real_issues_come_back_as_they_were_filed_through_both_apis(hub, shared_dir):
    """Three hundred real titles, bodies and label sets."""
    with lzma.open(shared_dir / "data" / "titanium-issues.jsonl.xz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line)["fields"] for line in islice(lines, 300)]
    filed = {}
    for row in rows:
        title, body = row["summary"].strip()[:256], (row.get("description") or "")[:60_000]
        labels = [label[:50] for label in row["labels"]]
        filed[hub.server.add_issue("acme/api", title, body=body, labels=labels).node_id] = (title, body)
    connector = hub.connector()
    records, _ = hub.pull(connector)
    assert {record.ref.remote_id: (record.values["title"].value, record.raw["body"]) for record in records} == filed
    fetched = connector.fetch(hub.API, [record.ref for record in records]).records
    assert {record.ref: record for record in fetched} == {record.ref: record for record in records}


def test_c43_issue_transferred_many_times_is_followed_to_its_end(hub):
    """Simulator seed 508: every transfer adds a redirect to the chain that begins at the first number."""
    [issue] = hub.issues(1)
    connector = hub.connector()
    old = hub.read(connector, issue)
    places = ["acme/web", "acme/api"] * 6
    new, here = issue, "acme/api"
    for place in places:
        new, here = hub.server.transfer_issue(here, new.number, place), place
    moved = connector.relocate(hub.API, old.ref, old.key)
    assert moved is not None
    assert moved.ref.remote_id == new.node_id
