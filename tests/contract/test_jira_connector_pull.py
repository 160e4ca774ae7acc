"""Pulling from Jira: nothing skipped, nothing twice, at the promised price."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from pmsync.connect.contract import Stream
from pmsync.connect.errors import Gone, Park, Rejected, Retry
from pmsync.model.enums import Audience
from pmsync.model.record import ScopeRef
from pmsync.model.values import EMPTY, Known
from pmsync.testing.conformance.drafts import read, walk

PAY = ScopeRef("jira", "PAY")
SEARCH = "POST /search/jql"
FETCH = "POST /issue/bulkfetch"
VERSIONS = "GET /project/{}/versions"


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "UTC"])
def test_change_of_a_minute_ago_is_pulled_whatever_the_accounts_zone_c1(jira_kit, zone):
    """C1, trap 1: dates in JQL are read in the account's zone, absolute times are not."""
    kit = jira_kit(account_time_zone=zone)
    connector = kit.connector()
    ref = kit.file()
    kit.clock.sleep(7200)
    cursor = walk(connector, PAY).cursor
    kit.clock.sleep(60)
    kit.edit(ref, summary="Changed")
    kit.clock.sleep(60)
    assert walk(connector, PAY, cursor).refs == [ref]


def test_2501_issues_over_ragged_and_empty_pages_arrive_once_c2(jira_kit):
    """C2, trap 3: no total, short pages, empty pages with a token."""
    kit = jira_kit(ragged=True, seed=7)
    made = {kit.file(f"Issue {number}") for number in range(2501)}
    refs = walk(kit.connector(), PAY).refs
    assert len(refs) == 2501
    assert set(refs) == made


def test_issue_touched_between_all_pages_is_pulled_c5(jira_kit):
    """C5: without an upper bound, the always busy issue is seen."""
    kit = jira_kit()
    made = [kit.file(f"Issue {number}") for number in range(250)]
    connector, busy = kit.connector(), made[120]
    titles = Counter()
    for number, page in enumerate(connector.pull(PAY, Stream.ITEMS, None)):
        titles.update(record.values["title"].value for record in page.records if record.ref == busy)
        kit.clock.sleep(1)
        if number < 2:
            kit.edit(busy, summary=f"Touched {number}")
    assert titles == {"Touched 1": 1}


def test_second_poll_without_changes_delivers_nothing_for_one_call_c6(jira_kit):
    """C6: right after the load, well within the overlap."""
    kit = jira_kit()
    for number in range(60):
        kit.file(f"Issue {number}")
    connector = kit.connector()
    cursor = walk(connector, PAY).cursor
    kit.called()
    assert walk(connector, PAY, cursor).records == []
    assert kit.called() == {SEARCH: 1}


def test_first_load_costs_one_call_per_hundred_issues_and_its_comments_none(jira_kit):
    """ceil(N/100) list calls, and one for the versions; the first load of comments lists nothing again."""
    kit = jira_kit()
    refs = [kit.file(f"Issue {number}") for number in range(320)]
    kit.site.comment_issue(refs[3].remote_id, kit.ana, "Hello")
    connector = kit.connector()
    connector.me()  # whom every run asks for
    kit.called()
    assert len(walk(connector, PAY).records) == 320
    assert [comment.body for comment in walk(connector, PAY, None, Stream.COMMENTS).comments] == ["Hello"]
    assert kit.called() == {SEARCH: 4, VERSIONS: 1}


def test_quiet_poll_after_a_mass_change_costs_one_call(jira_kit):
    """Hundreds of issues within the overlap do not make every poll list them all."""
    kit = jira_kit()
    for number in range(320):
        kit.file(f"Issue {number}")
    connector = kit.connector()
    cursor = walk(connector, PAY).cursor
    kit.called()
    for _ in range(4):
        kit.clock.sleep(60)
        cursor = walk(connector, PAY, cursor).cursor
    assert kit.called() == {SEARCH: 4}


def test_changed_issues_are_read_directly_in_batches(jira_kit):
    """K changes cost one list call and ceil(k/100) direct reads, for the index may show old values."""
    kit = jira_kit()
    refs = [kit.file(f"Issue {number}") for number in range(150)]
    connector = kit.connector()
    kit.clock.sleep(7200)
    cursor = walk(connector, PAY).cursor
    for ref in refs[:30]:
        kit.edit(ref, summary="New")
    kit.called()
    assert len(walk(connector, PAY, cursor).records) == 30
    assert kit.called() == {SEARCH: 1, FETCH: 1}


def test_issue_indexed_late_is_pulled_although_newer_ones_were_seen(jira_kit):
    """Trap 2: the watermark is no maximum."""
    kit = jira_kit()
    late, other = kit.file("Late"), kit.file("Other")
    kit.clock.sleep(3600)
    connector = kit.connector()
    cursor = walk(connector, PAY).cursor
    kit.edit(late, summary="Edited first, shown last")
    kit.site.hold_index("PAY-1", 300)
    kit.clock.sleep(5)
    kit.edit(other, summary="Edited later")
    pages = walk(connector, PAY, cursor)
    assert pages.refs == [other]
    kit.clock.sleep(301)
    assert walk(connector, PAY, pages.cursor).refs == [late]


def test_issue_indexed_late_in_a_mass_change_is_pulled_within_five_polls(jira_kit):
    """The shallow polls after a mass change do not skip what the index withheld."""
    kit = jira_kit()
    refs = [kit.file(f"Issue {number}") for number in range(150)]
    kit.clock.sleep(7200)
    connector = kit.connector()
    cursor = walk(connector, PAY).cursor
    for ref in refs:
        kit.edit(ref, labels=["x"])
    kit.site.hold_index("PAY-1", 120)
    pages = walk(connector, PAY, cursor)
    assert refs[0] not in pages.refs
    seen = []
    for _ in range(5):
        kit.clock.sleep(60)
        pages = walk(connector, PAY, pages.cursor)
        seen += pages.refs
    assert seen == [refs[0]]


def test_repeated_page_ends_in_an_error_not_in_a_loop_or_a_gap(jira_kit):
    """Trap 3: the same token for ever."""
    kit = jira_kit(repeat_token=True)
    for number in range(150):
        kit.file(f"Issue {number}")
    with pytest.raises(Retry, match="again and again"):
        walk(kit.connector(), PAY)


def test_expired_token_goes_on_where_the_walk_stood(jira_kit):
    """Trap 3: a token lives seven days, a stopped daemon longer."""
    kit = jira_kit()
    made = []
    for number in range(250):
        made.append(kit.file(f"Issue {number}"))
        kit.clock.sleep(1)
    first = next(iter(kit.connector().pull(PAY, Stream.ITEMS, None)))
    kit.clock.sleep(8 * 86_400)
    rest = walk(kit.connector(), PAY, first.cursor)
    assert {record.ref for record in first.records} | set(rest.refs) == set(made)
    assert len(rest.refs) <= 151


def test_crash_between_pages_goes_on_by_the_token(jira_kit):
    kit = jira_kit()
    made = [kit.file(f"Issue {number}") for number in range(250)]
    pages = kit.connector().pull(PAY, Stream.ITEMS, None)
    first = next(iter(pages))
    rest = walk(kit.connector(), PAY, first.cursor)
    assert Counter([record.ref for record in first.records] + rest.refs) == Counter(made)


def test_moved_issue_keeps_its_identity_c43(jira_kit):
    """C43: a new key and a new project, the same id."""
    kit = jira_kit()
    kit.site.add_project("WEB")
    ref = kit.file("Moves")
    connector = kit.connector("PAY", "WEB")
    before = read(connector, PAY, ref)
    kit.site.move_issue(ref.remote_id, "WEB", kit.ana)
    after = read(connector, PAY, ref)
    assert (before.key, before.scope, after.key, after.scope) == ("PAY-1", PAY, "WEB-1", ScopeRef("jira", "WEB"))
    assert after.ref == before.ref


def test_issue_with_a_security_level_is_private_in_both_readings_c54(jira_kit):
    """C54, trap 13."""
    kit = jira_kit()
    level = kit.site.add_security_level("Board only")
    ref = kit.file("Secret")
    kit.edit(ref, security=level)
    connector = kit.connector()
    assert read(connector, PAY, ref).audience is Audience.PRIVATE
    assert [record.audience for record in walk(connector, PAY).records] == [Audience.PRIVATE]


def test_unbrowsable_issue_is_missing_not_deleted(jira_kit):
    """Trap 18."""
    kit = jira_kit()
    ref = kit.file("Hidden")
    kit.site.hide("PAY-1")
    fetched = kit.connector().fetch(PAY, [ref])
    assert (fetched.records, fetched.missing, fetched.deleted) == ((), (ref,), ())


def test_condition_narrows_the_pull(jira_kit):
    kit = jira_kit()
    kit.file("Outside")
    inside = kit.file("Inside", labels=["API"])
    scope = {"project": "PAY", "where": 'labels = "API" OR labels = "web"'}
    connector = kit.connector(scope)
    pages = walk(connector, PAY)
    assert pages.refs == [inside]
    assert connector.ids(PAY).refs == (inside,)


def test_bad_condition_is_named(jira_kit):
    kit = jira_kit()
    with pytest.raises(Rejected, match="colour = red") as refused:
        walk(kit.connector({"project": "PAY", "where": "colour = red"}), PAY)
    assert "where" in refused.value.hint


def test_project_that_does_not_exist_is_named(jira_kit):
    kit = jira_kit()
    with pytest.raises(Gone, match="NOPE"):
        walk(kit.connector("NOPE"), ScopeRef("jira", "NOPE"))


def test_hourly_quota_parks_the_system_without_sleeping(jira_kit):
    """Trap 6: Retry-After 1847 must not hold a worker."""
    kit = jira_kit()
    kit.site.exhaust_quota(1847)
    before = kit.clock.now()
    with pytest.raises(Park) as parked:
        walk(kit.connector(), PAY)
    assert kit.clock.now() == before
    assert parked.value.reason == "jira-quota-tenant-based"
    assert parked.value.until == pytest.approx(before + 1847, abs=1)


def test_maintenance_page_is_no_empty_project(jira_kit):
    """Trap 16: HTML instead of JSON."""
    kit = jira_kit(maintenance=True)
    with pytest.raises((Retry, Park)):
        walk(kit.connector(), PAY)


def test_comments_beyond_the_embedded_ones_are_read(jira_kit):
    """The embedded list is a page like any other."""
    kit = jira_kit(comment_cap=3)
    ref = kit.file()
    for number in range(8):
        kit.site.comment_issue(ref.remote_id, kit.ana, f"Comment {number}")
    connector = kit.connector()
    bodies = [comment.body for comment in walk(connector, PAY, None, Stream.COMMENTS).comments]
    assert bodies == [f"Comment {number}" for number in range(8)]


def test_ids_lists_5000_issues_per_call(jira_kit):
    kit = jira_kit()
    made = [kit.file(f"Issue {number}") for number in range(120)]
    listing = kit.connector().ids(PAY)
    assert (set(listing.refs), listing.complete) == (set(made), True)
    assert kit.called() == {SEARCH: 1, VERSIONS: 1}


def test_history_names_surface_values_and_actor(jira_kit):
    """Ids for statuses and priorities, so that they compare with records; it comes along with the record, at no further call."""
    kit = jira_kit()
    ref = kit.file("Before")
    since = kit.clock.now()
    kit.clock.sleep(60)
    kit.edit(ref, summary="After", priority="High", labels=["one", "two"])
    connector = kit.connector()
    kit.called()
    fetched = connector.fetch(PAY, [ref], since)
    found = {edit.surface: (edit.before, edit.after, edit.actor) for edit in fetched.edits}
    assert found == {
        "title": (Known("Before"), Known("After"), kit.ana),
        "priority": (Known("3"), Known("2"), kit.ana),
        "labels": (EMPTY, Known(frozenset({"one", "two"})), kit.ana),
    }
    assert kit.called() == {FETCH: 1}


def test_history_beyond_what_a_bulk_fetch_shows_is_read_in_full(jira_kit):
    """40 entries come along; the bulk changelog has the others, and only for the issues that need it."""
    kit = jira_kit()
    busy, quiet = kit.file("Busy"), kit.file("Quiet")
    since = kit.clock.now()
    for number in range(45):
        kit.clock.sleep(1)
        kit.edit(busy, summary=f"Title {number}")
    kit.edit(quiet, summary="Once")
    connector = kit.connector()
    kit.called()
    edits = connector.fetch(PAY, [busy, quiet], since).edits
    titles = [edit.after for edit in edits if edit.ref == busy]
    assert titles == [Known(f"Title {number}") for number in range(45)]
    assert [edit.after for edit in edits if edit.ref == quiet] == [Known("Once")]
    assert kit.called() == {FETCH: 1, "POST /changelog/bulkfetch": 1}
    assert len(connector.fetch(PAY, [busy], kit.clock.now() - 10).edits) == 11
    assert kit.called() == {FETCH: 1}


def test_container_shows_the_instance_mark(jira_kit):
    kit = jira_kit()
    connector = kit.connector()
    assert connector.container(PAY).mark is None
    bot = kit.site.bot
    answer = _put_mark(kit, bot)
    assert answer.status in (200, 201)
    assert connector.container(PAY).mark == "instance-1"


def test_webhook_names_its_issue_and_nothing_else(jira_kit):
    """Trap 8: state is never taken from it."""
    kit = jira_kit(webhook_secret="hook-secret")
    deliveries = []
    kit.site.webhooks.sink = lambda delivery: deliveries.append(delivery) or 200
    ref = kit.file("Hinted")
    kit.site.webhooks.pump()
    [delivery] = deliveries
    assert kit.connector().hints(delivery.headers, delivery.body) == [ref]


def test_values_of_a_pulled_issue_are_ids(jira_kit):
    """Trap 12: names are for people."""
    kit = jira_kit(translations={"To Do": "Zu erledigen", "High": "Hoch"})
    kit.file(priority="High")
    [record] = walk(kit.connector(), PAY).records
    surfaces = {surface.id: surface for surface in kit.connector().surfaces(PAY)}
    assert surfaces["status"].show(record.values["status"]) == "Zu erledigen"
    assert surfaces["priority"].lens.ingest(record.values["priority"], Known("")) == Known("high")


def _put_mark(kit, bot):
    import base64

    from pmsync.testing.emulator import Request

    basic = base64.b64encode(f"{bot.email}:{bot.token}".encode()).decode()
    body = json.dumps({"mark": "instance-1"}).encode()
    path = "/rest/api/3/project/PAY/properties/pmsync"
    return kit.site.handle(Request("PUT", path, (), {"authorization": f"Basic {basic}"}, body))
