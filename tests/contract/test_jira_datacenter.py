"""Jira Data Center as the connector sees it: offsets, single reads, wiki markup, names and keys, epics, whole histories."""

from __future__ import annotations

import pytest

from pmsync.connect.contract import Absent, Found, Level, Outcome, Stream
from pmsync.connect.errors import AuthFailed, ConnectorError
from pmsync.model.enums import Audience, Kind
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, Unobserved, known
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.testing.faults import FaultKind
from pmsync_jira.settings import JiraSettings

PAY = ScopeRef("jira", "PAY")


def change(surface, before, after):
    return Change(surface, surface, before, after, after, "why")


def update(ref, *changes):
    return Operation("op-1", OpKind.UPDATE, "item-1", PAY, ref, "PAY-1", Kind.TASK, changes, None, "why")


def create(kind=Kind.TASK, marker="m-1", **values):
    changes = tuple(change(name, EMPTY, known(value)) for name, value in values.items())
    return Operation("op-1", OpKind.CREATE, "item-1", PAY, None, "", kind, changes, marker, "why")


def send(connector, op):
    [receipt] = connector.apply(PAY, [op])
    return receipt


def pull(connector, cursor=None):
    pages = list(connector.pull(PAY, Stream.ITEMS, cursor))
    return [record for page in pages for record in page.records], pages[-1].cursor


def one(connector, ref):
    [record] = connector.fetch(PAY, [ref]).records
    return record


# -- searches by offset -----------------------------------------------------------------------------------------------------


def test_the_stride_is_what_came_back_not_what_was_asked_for(datacenter_kit):
    """A site that gives 20 at most, whatever is asked for: all 65 arrive, each once."""
    kit = datacenter_kit(search_max=20)
    made = {kit.file(f"Issue {number}") for number in range(65)}
    records, _ = pull(kit.connector())
    assert {record.ref for record in records} == made
    assert len(records) == 65


def test_rows_that_leave_the_part_already_read_make_none_be_skipped(datacenter_kit):
    """With offsets, an issue that is edited during the walk shifts all others; the walk is taken up where it was."""
    kit = datacenter_kit(search_max=20)
    made = []
    for number in range(60):
        made.append(kit.file(f"Issue {number}"))
        kit.clock.sleep(1)
    walk = kit.connector().pull(PAY, Stream.ITEMS, None)
    records = list(next(walk).records)
    for ref in made[:7]:
        kit.edit(ref, summary="Edited meanwhile")
    kit.site.delete_issue(made[8].remote_id)
    records += [record for page in walk for record in page.records]
    assert {record.ref for record in records} >= set(made) - {made[8]}
    latest = {record.ref: record for record in records}
    assert all(latest[ref].values["title"] == Known("Edited meanwhile") for ref in made[:7])


def test_the_sweep_lists_all_although_issues_are_deleted_while_it_does(datacenter_kit):
    kit = datacenter_kit(search_max=20)
    made = [kit.file(f"Issue {number}") for number in range(60)]
    handle, seen = kit.line.handle, []

    def deleting(request):
        seen.append(request)
        if len(seen) == 2:
            kit.site.delete_issue(made[3].remote_id)
        return handle(request)

    kit.line.handle = deleting
    assert set(kit.connector().ids(PAY).refs) >= set(made) - {made[3]}


def test_a_quiet_poll_costs_one_call_and_each_changed_issue_one_more(datacenter_kit):
    kit = datacenter_kit()
    made = [kit.file(f"Issue {number}") for number in range(5)]
    connector = kit.connector()
    _, cursor = pull(connector)
    kit.clock.sleep(900)
    kit.called()
    _, cursor = pull(connector, cursor)
    assert kit.called() == {"POST /search": 1}
    kit.edit(made[0], summary="New")
    kit.edit(made[1], summary="New")
    pull(connector, cursor)
    assert kit.called() == {"POST /search": 1, "GET /issue/{}": 2}


def test_the_accounts_time_zone_makes_no_difference(datacenter_kit):
    kit = datacenter_kit(account_time_zone="Pacific/Auckland")
    ref = kit.file("Old")
    connector = kit.connector()
    _, cursor = pull(connector)
    kit.clock.sleep(4000)
    kit.edit(ref, summary="New")
    records, _ = pull(connector, cursor)
    assert [record.values["title"] for record in records] == [Known("New")]


# -- markers and lost creates -----------------------------------------------------------------------------------------------


def test_markers_are_read_of_our_own_issues_alone(datacenter_kit):
    """Searches show no issue properties, and only what our account made can carry a marker: one call each."""
    kit = datacenter_kit()
    connector = kit.connector()
    kit.file("A person's")
    ref = send(connector, create(title="Ours")).ref
    kit.called()
    records, _ = pull(kit.connector())
    assert {record.ref: record.marker for record in records}[ref] == "m-1"
    assert kit.called()["GET /issue/{}"] == 1


@pytest.mark.parametrize(("kind", "finding"), [(FaultKind.LOSE_AFTER, Found), (FaultKind.LOSE_BEFORE, Absent)])
def test_a_lost_create_is_looked_up_by_its_key(datacenter_kit, kind, finding):
    """C12: keys are probed one by one, past the index, until a clean gap ends them."""
    kit = datacenter_kit(index_lag=3600.0)
    connector = kit.connector()
    kit.file("There already")
    kit.clock.sleep(4000)
    floor = connector.floor(PAY)
    op = create(title="Lost")
    kit.break_next(kind)
    assert send(connector, op).outcome is Outcome.AMBIGUOUS
    kit.file("A person's, right after it")
    found = connector.find(PAY, op, floor)
    assert isinstance(found, finding)


# -- texts, people, epics, histories ----------------------------------------------------------------------------------------


def test_bodies_are_wiki_markup_read_as_markdown_and_written_back(datacenter_kit):
    kit = datacenter_kit()
    wiki = "h2. Title\n\n* one\n* {{two}}\n\n{panel:title=Note}\nkept\n{panel}\n"
    ref = kit.file("Text", description=wiki)
    connector = kit.connector()
    body = one(connector, ref).values["body"]
    assert body.value.startswith("## Title")
    edited = body.value.replace("one", "**uno**")
    assert send(connector, update(ref, change("body", body, known(edited)))).outcome is Outcome.DONE
    assert kit.site.issue(ref.remote_id).description == wiki.replace("* one", "* *uno*")


def test_people_are_known_by_their_key_and_written_by_their_name(datacenter_kit):
    """C39: a login that changes leaves the account what it is."""
    kit = datacenter_kit()
    ref = kit.file("Hers")
    connector = kit.connector()
    assert one(connector, ref).creator == kit.ana
    assert kit.ana.startswith("JIRAUSER")
    [account] = connector.people(PAY, [kit.ana, "JIRAUSER99999"])
    assert (account.id, account.name, account.email) == (kit.ana, "Ana", "ana@acme.com")
    kit.site.change_user(kit.ana, login="ana.new")
    connector.refresh()
    assert one(connector, ref).creator == kit.ana


def test_an_epic_is_the_parent_and_is_read_once(datacenter_kit):
    """C41: Epic Link holds a key; the parent is the epic's id."""
    kit = datacenter_kit()
    epic = kit.file("Epic", issue_type="Epic")
    children = [kit.file(f"Child {number}", parent=int(epic.remote_id)) for number in range(3)]
    connector = kit.connector()
    kit.called()
    records, _ = pull(connector)
    shown = {record.ref: record.values["parent"] for record in records}
    assert [shown[ref] for ref in children] == [Known(epic.remote_id)] * 3
    assert kit.called()["GET /issue/{}"] == 1


def test_an_epic_that_cannot_be_read_is_not_called_none(datacenter_kit):
    kit = datacenter_kit()
    epic = kit.file("Epic", issue_type="Epic")
    ref = kit.file("Child", parent=int(epic.remote_id))
    kit.site.hide(epic.remote_id)
    assert isinstance(one(kit.connector(), ref).values["parent"], Unobserved)


def test_parents_are_written_as_epics_and_taken_away(datacenter_kit):
    kit = datacenter_kit()
    epic, ref = kit.file("Epic", issue_type="Epic"), kit.file("Child")
    connector = kit.connector()
    parent = known(epic.remote_id)
    assert send(connector, update(ref, change("parent", EMPTY, parent))).refused == {}
    assert one(connector, ref).values["parent"] == parent
    assert send(connector, update(ref, change("parent", parent, EMPTY))).refused == {}
    assert one(connector, ref).values["parent"] == EMPTY


def test_a_parent_that_is_no_epic_is_refused_and_costs_nothing_else(datacenter_kit):
    kit = datacenter_kit()
    other, ref = kit.file("No epic"), kit.file("Child")
    changes = change("parent", EMPTY, known(other.remote_id)), change("title", known("Child"), known("Renamed"))
    op = update(ref, *changes)
    receipt = send(kit.connector(), op)
    assert "not an Epic" in receipt.refused["parent"]
    assert kit.site.issue(ref.remote_id).summary == "Renamed"


def test_a_new_epic_gets_its_name(datacenter_kit):
    """An epic's create screen insists on Epic Name, which is its title."""
    kit = datacenter_kit()
    receipt = send(kit.connector(), create(Kind.EPIC, title="Checkout"))
    assert receipt.outcome is Outcome.DONE, receipt.reason
    made = kit.site.issue(receipt.ref.remote_id)
    assert (made.summary, made.custom["customfield_10009"]) == ("Checkout", "Checkout")


def test_the_whole_history_comes_along_with_an_issue(datacenter_kit):
    """Sixty edits, one call; fields without ids, and epics by the name of their field."""
    kit = datacenter_kit()
    epic, ref = kit.file("Epic", issue_type="Epic"), kit.file("Title 0")
    since = kit.clock.now()
    for number in range(1, 61):
        kit.edit(ref, summary=f"Title {number}")
    kit.edit(ref, parent=int(epic.remote_id))
    kit.edit(ref, labels=["a"])
    connector = kit.connector()
    edits = connector.fetch(PAY, [ref], since).edits
    titles = [edit for edit in edits if edit.surface == "title"]
    assert (len(titles), titles[0].before, titles[-1].after) == (60, Known("Title 0"), Known("Title 60"))
    assert [edit.after for edit in edits if edit.surface == "parent"] == [Known(epic.remote_id)]
    assert [edit.after for edit in edits if edit.surface == "labels"] == [Known(frozenset({"a"}))]


def test_internal_notes_of_a_service_desk_are_private(datacenter_kit):
    """Only a property tells, which listings do not show: such comments are read by themselves."""
    kit = datacenter_kit()
    kit.site.state.projects[kit.site.issue(kit.file("Ask").remote_id).project].type_key = "service_desk"
    http = kit.connector()._client
    note = {"body": "Internal", "properties": [{"key": "sd.public.comment", "value": {"internal": True}}]}
    http._write("POST", "/issue/PAY-1/comment", "/issue/{}/comment", note)
    http._write("POST", "/issue/PAY-1/comment", "/issue/{}/comment", {"body": "Public"})
    found = [comment for page in kit.connector().pull(PAY, Stream.COMMENTS, None) for comment in page.comments]
    assert {comment.body: comment.audience for comment in found} == {"Internal": Audience.PRIVATE, "Public": Audience.INTERNAL}


# -- conditions, limits, set-up ---------------------------------------------------------------------------------------------


def test_an_issue_that_the_index_has_not_seen_is_not_called_excluded(datacenter_kit):
    kit = datacenter_kit(index_lag=300.0)
    connector = kit.connector({"project": "PAY", "where": "labels = ours"})
    inside, outside = kit.file("In", labels=["ours"]), kit.file("Out")
    assert [record.excluded for record in connector.fetch(PAY, [inside, outside]).records] == [False, False]
    kit.clock.sleep(400)
    assert {record.ref: record.excluded for record in connector.fetch(PAY, [inside, outside]).records} == {
        inside: False,
        outside: True,
    }


def test_a_rate_limit_is_waited_for(datacenter_kit):
    kit = datacenter_kit(bucket=(4, 60.0))
    made = {kit.file(f"Issue {number}") for number in range(12)}
    before = kit.clock.now()
    fetched = kit.connector().fetch(PAY, sorted(made, key=str))
    assert {record.ref for record in fetched.records} == made
    assert kit.clock.now() - before >= 120


def findings(connector):
    return {check.subject: check for check in connector.check([PAY]) if check.level in (Level.ERROR, Level.OK)}


def test_doctor_knows_data_center_and_its_account(datacenter_kit):
    found = findings(datacenter_kit().connector())
    assert "Jira Data Center 9.12" in found["site"].finding
    assert "pmsync-bot" in found["sign-in"].finding


def test_doctor_tells_that_the_site_is_data_center_and_what_to_set(datacenter_kit):
    kit = datacenter_kit()
    connector = kit.connector(deployment="cloud", login="bot@example.com")
    check = findings(connector)["site"]
    assert (check.level, check.remedy) == (Level.ERROR, "set deployment: datacenter for this system")


def test_doctor_tells_that_the_site_is_cloud_and_what_to_set():
    from pmsync.connect.plugin import Environment, ScopeConfig
    from pmsync.net.clock import VirtualClock
    from pmsync.net.fence import Fence
    from pmsync.testing.emulator import transport
    from pmsync_jira import plugin

    clock = VirtualClock()
    site = plugin.emulator(clock)
    settings = JiraSettings(deployment="datacenter", url=site.base_url, token=site.bot.token)
    scopes = (ScopeConfig(PAY, plugin.scope_settings.model_validate("PAY"), {}),)
    connector = plugin.connector(settings, scopes, Environment("jira", clock, Fence(), lambda *call: None, transport(site)))
    check = findings(connector)["site"]
    assert (check.level, check.remedy) == (Level.ERROR, "set deployment: cloud for this system")


def test_a_wrong_token_is_told_by_its_name(datacenter_kit):
    kit = datacenter_kit()
    connector = kit.connector(token="wrong")
    with pytest.raises(AuthFailed):
        connector.fetch(PAY, [RecordRef("jira", "1")])
    [check] = connector.check([PAY])
    assert "personal access token" in check.remedy


def test_the_token_is_in_no_error(datacenter_kit):
    kit = datacenter_kit()
    with pytest.raises(ConnectorError) as refused:
        kit.connector(token="secret-pat").fetch(PAY, [RecordRef("jira", "1")])
    assert "secret-pat" not in str(refused.value) + repr(refused.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"deployment": "datacenter", "login": "bot@acme.com"}, "leave login out"), ({}, "login is missing")],
)
def test_each_deployment_says_how_it_signs_in(settings, words):
    with pytest.raises(ValueError, match=words):
        JiraSettings(url="https://jira.acme.com/jira", token="t", **settings)
