"""Versions of a Jira project are releases, and issues refer to them, to their parents and to what they wait for."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from random import Random
from uuid import UUID

import pytest

from pmsync.connect.contract import Absent, Found, Level, Outcome
from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.engine.engine import Engine
from pmsync.engine.setup import Beats, Policy, Product, Setup
from pmsync.model.enums import Kind, Nature
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, Unobserved, known, settled
from pmsync.reconcile.operation import Change
from pmsync.reconcile.rails import Limits
from pmsync.reconcile.routing import Create, Rule
from pmsync.store import Store
from pmsync.testing.conformance.drafts import create, read, update, walk
from pmsync.testing.faults import Fault, FaultKind
from pmsync_memory import PERSONALITIES, ContainerSettings, MemoryConnector, MemoryServer

PAY = ScopeRef("jira", "PAY")
SEARCH, FETCH = "POST /search/jql", "POST /issue/bulkfetch"
VERSIONS, VERSION, MAKE, CHANGE = "GET /project/{}/versions", "GET /version/{}", "POST /version", "PUT /version/{}"
LINK, UNLINK = "POST /issueLink", "DELETE /issueLink/{}"


def ref_of(version):
    return RecordRef("jira", f"version:{version.id}")


def changes(record, **wanted):
    """Changes of surfaces, ``_`` for the dot in their names; what the record does not show counts as empty."""
    found = []
    for name, after in wanted.items():
        surface = name.replace("version_", "version.")
        before = record.values.get(surface, EMPTY) if record else EMPTY
        before = EMPTY if isinstance(before, Unobserved) else before
        found.append(Change(surface, surface, before, settled(after), settled(after), "because"))
    return tuple(found)


def write(connector, ref, **wanted):
    record = read(connector, PAY, ref)
    [receipt] = connector.apply(PAY, [update(record, *changes(record, **wanted))])
    return receipt


def make(connector, **wanted):
    op = replace(create(connector, PAY), item_kind=Kind.RELEASE, changes=changes(None, **wanted))
    [receipt] = connector.apply(PAY, [op])
    return receipt


def names(found):
    return [record.key for record in found.records if record.kind is Kind.RELEASE]


# -- reading ------------------------------------------------------------------------------------------------------------------


def test_a_version_is_a_record_of_its_project(jira_kit):
    kit = jira_kit()
    version = kit.site.add_version("PAY", "1.0", start_date="2026-01-05", release_date="2026-03-31")
    [record] = walk(kit.connector(), PAY).records
    assert (record.ref, record.scope, record.key, record.kind) == (ref_of(version), PAY, "1.0", Kind.RELEASE)
    assert record.url == f"{kit.site.base_url}/projects/PAY/versions/{version.id}"
    assert record.values == {
        "title": Known("1.0"),
        "version.name": Known("1.0"),
        "version.state": Known("unreleased"),
        "version.start": Known("2026-01-05"),
        "version.due": Known("2026-03-31"),
        "version.shipped": EMPTY,
    }


def test_the_day_of_a_released_version_is_when_it_shipped(jira_kit):
    """When it was due is not known any more, which erases nothing."""
    kit = jira_kit()
    kit.site.add_version("PAY", "1.0", released=True, release_date="2026-03-31")
    [record] = walk(kit.connector(), PAY).records
    assert record.values["version.shipped"] == Known("2026-03-31")
    assert isinstance(record.values["version.due"], Unobserved)


@pytest.mark.parametrize(
    ("released", "archived", "state"),
    [(False, False, "unreleased"), (True, False, "released"), (False, True, "archived"), (True, True, "released")],
)
def test_the_state_of_a_version(jira_kit, released, archived, state):
    kit = jira_kit()
    version = kit.site.add_version("PAY", "1.0", released=released, archived=archived)
    assert read(kit.connector(), PAY, ref_of(version)).values["version.state"] == Known(state)


def test_versions_come_along_where_the_project_was_read_anew_at_no_call_of_their_own(jira_kit):
    """C26: they have no feed; what did not change costs no record."""
    kit = jira_kit()
    old = kit.site.add_version("PAY", "1.0")
    kit.site.add_version("PAY", "2.0")
    connector = kit.connector()
    cursor = walk(connector, PAY).cursor
    kit.site.edit_version(old.id, name="1.0.1")
    kit.called()
    assert names(walk(connector, PAY, cursor)) == []
    assert kit.called() == {SEARCH: 1}
    connector.scopes([PAY])
    kit.called()
    later = walk(connector, PAY, cursor)
    assert names(later) == ["1.0.1"]
    assert kit.called() == {SEARCH: 1}
    connector.scopes([PAY])
    assert names(walk(connector, PAY, later.cursor)) == []


def test_a_version_never_heard_of_is_read_when_an_issue_goes_into_it(jira_kit):
    """Not an hour later; and it is asked for once."""
    kit = jira_kit()
    connector = kit.connector()
    cursor = walk(connector, PAY).cursor
    kit.site.add_version("PAY", "1.0")
    kit.file("Login", fix_versions=["1.0"])
    kit.called()
    found = walk(connector, PAY, cursor)
    assert [record.key for record in found.records] == ["1.0", "PAY-1"]
    assert kit.called() == {SEARCH: 1, FETCH: 1, VERSIONS: 1}
    kit.file("Logout", fix_versions=["1.0"])
    assert [record.key for record in walk(connector, PAY, found.cursor).records] == ["PAY-2"]
    assert kit.called() == {SEARCH: 1, FETCH: 1}


def test_versions_and_issues_are_read_together(jira_kit):
    kit = jira_kit()
    issue, version, other = kit.file(), kit.site.add_version("PAY", "1.0"), kit.site.add_version("PAY", "2.0")
    nowhere = RecordRef("jira", "version:999999")
    fetched = kit.connector().fetch(PAY, [issue, ref_of(version), ref_of(other), nowhere])
    assert [record.ref for record in fetched.records] == [issue, ref_of(version), ref_of(other)]
    assert (fetched.missing, fetched.at > 0) == ((nowhere,), True)
    assert kit.called() == {FETCH: 1, VERSIONS: 1, VERSION: 1}


def test_issues_refer_by_ids(jira_kit):
    """C27: a name may change at any time."""
    kit = jira_kit()
    version = kit.site.add_version("PAY", "1.0")
    epic, first = kit.file("Epic", issue_type="Epic"), kit.file("First")
    story = kit.file("Story", fix_versions=["1.0"], parent=int(epic.remote_id))
    kit.site.link_issues(first.remote_id, story.remote_id, kit.ana)
    connector = kit.connector()
    values = read(connector, PAY, story).values
    assert values["release"] == Known(frozenset({f"version:{version.id}"}))
    assert values["parent"] == Known(epic.remote_id)
    assert values["blocked_by"] == Known(frozenset({first.remote_id}))
    assert read(connector, PAY, first).values["blocked_by"] == EMPTY


# -- writing versions ---------------------------------------------------------------------------------------------------------


def test_a_version_is_renamed_and_dated_in_one_request(jira_kit):
    kit = jira_kit()
    version = kit.site.add_version("PAY", "1.0", start_date="2026-01-05")
    connector = kit.connector()
    kit.called()
    receipt = write(connector, ref_of(version), version_name="2026.1", version_start=None, version_due="2026-04-01")
    assert (receipt.outcome, receipt.refused) == (Outcome.DONE, {})
    assert kit.called()[CHANGE] == 1
    [now] = kit.site.versions("PAY")
    assert (now.name, now.start_date, now.release_date) == ("2026.1", "", "2026-04-01")


def test_a_version_is_released_with_its_day(jira_kit):
    kit = jira_kit()
    version = kit.site.add_version("PAY", "1.0", release_date="2026-03-31")
    receipt = write(kit.connector(), ref_of(version), version_state="released", version_shipped="2026-04-02")
    assert (receipt.outcome, receipt.refused) == (Outcome.DONE, {})
    [now] = kit.site.versions("PAY")
    assert (now.released, now.release_date) == (True, "2026-04-02")


@pytest.mark.parametrize(("released", "surface"), [(True, "version.due"), (False, "version.shipped")])
def test_the_day_that_a_version_does_not_keep_is_refused_alone(jira_kit, released, surface):
    kit = jira_kit()
    version = kit.site.add_version("PAY", "1.0", released=released, release_date="2026-03-31")
    receipt = write(kit.connector(), ref_of(version), version_name="1.1", **{surface.replace(".", "_"): "2026-05-01"})
    assert (receipt.outcome, list(receipt.refused)) == (Outcome.DONE, [surface])
    assert [(one.name, one.release_date) for one in kit.site.versions("PAY")] == [("1.1", "2026-03-31")]


def test_unarchiving_keeps_a_released_version_released(jira_kit):
    kit = jira_kit()
    version = kit.site.add_version("PAY", "1.0", archived=True)
    connector = kit.connector()
    assert write(connector, ref_of(version), version_state="released").outcome is Outcome.DONE
    [now] = kit.site.versions("PAY")
    assert (now.released, now.archived) == (True, False)
    assert write(connector, ref_of(version), version_state="archived").outcome is Outcome.DONE
    [now] = kit.site.versions("PAY")
    assert (now.released, now.archived) == (False, True)


def test_a_version_is_made_and_released_in_two_requests(jira_kit):
    """``released`` cannot be set by the request that makes it."""
    kit = jira_kit()
    connector = kit.connector()
    kit.called()
    receipt = make(connector, version_name="1.0", version_state="released", version_shipped="2026-04-02")
    assert (receipt.outcome, receipt.refused) == (Outcome.DONE, {})
    asked = kit.called()
    assert (asked[MAKE], asked[CHANGE]) == (1, 1)
    [now] = kit.site.versions("PAY")
    assert (ref_of(now), now.released, now.release_date) == (receipt.ref, True, "2026-04-02")


def test_a_name_that_the_project_has_already_is_refused(jira_kit):
    kit = jira_kit()
    kit.site.add_version("PAY", "1.0")
    receipt = make(kit.connector(), version_name="1.0")
    assert receipt.outcome is Outcome.REJECTED
    assert "already exists" in receipt.reason


def test_a_day_that_jira_refuses_never_costs_the_rest(jira_kit):
    kit = jira_kit()
    receipt = make(kit.connector(), version_name="1.0", version_start="soon")
    assert (receipt.outcome, list(receipt.refused)) == (Outcome.DONE, ["version.start"])
    assert [one.name for one in kit.site.versions("PAY")] == ["1.0"]


@pytest.mark.parametrize(("kind", "landed"), [(FaultKind.LOSE_AFTER, True), (FaultKind.LOSE_BEFORE, False)])
def test_a_version_whose_create_was_lost_is_found_by_its_name(jira_kit, kind, landed):
    """C12: a project has but one of that name."""
    kit = jira_kit()
    connector = kit.connector()
    connector.surfaces(PAY)
    kit.break_next(kind)
    op = replace(create(connector, PAY), item_kind=Kind.RELEASE, changes=changes(None, version_name="1.0"))
    [receipt] = connector.apply(PAY, [op])
    assert receipt.outcome is Outcome.AMBIGUOUS
    finding = connector.find(PAY, op, connector.floor(PAY))
    if landed:
        assert isinstance(finding, Found)
        assert (finding.record.key, finding.record.marker, finding.record.creator) == ("1.0", op.marker, connector.me())
    else:
        assert finding == Absent(consistent=True)


def test_a_release_whose_state_is_in_doubt_is_known_all_the_same(jira_kit):
    kit = jira_kit()
    connector = kit.connector()
    connector.surfaces(PAY)
    kit.line.script.add(lambda request: request.method == "PUT", _fault(FaultKind.LOSE_AFTER))
    receipt = make(connector, version_name="1.0", version_state="released")
    assert (receipt.outcome, receipt.ref) == (Outcome.AMBIGUOUS, ref_of(kit.site.versions("PAY")[0]))


def test_without_the_permission_versions_are_only_read(jira_kit):
    kit = jira_kit()
    version = kit.site.add_version("PAY", "1.0")
    kit.site.deny("ADMINISTER_PROJECTS", "PAY")
    connector = kit.connector()
    reasons = {one.read_only for one in connector.surfaces(PAY) if Nature.RELEASE in one.natures}
    assert reasons == {"the account lacks the permission Administer Projects in the project PAY"}
    assert [one.level for one in connector.check([PAY]) if one.subject == "jira:PAY releases"] == [Level.NOTE]
    assert write(connector, ref_of(version), version_name="2.0").outcome is Outcome.REJECTED


# -- writing references -------------------------------------------------------------------------------------------------------


def test_an_issue_is_put_into_a_release_without_touching_the_others(jira_kit):
    """Deltas: what somebody adds meanwhile survives."""
    kit = jira_kit()
    one, two, three = (kit.site.add_version("PAY", name) for name in ("1.0", "2.0", "3.0"))
    ref = kit.file(fix_versions=["1.0"])
    connector = kit.connector()
    record = read(connector, PAY, ref)
    kit.edit(ref, fix_versions=["1.0", "3.0"])
    op = update(record, *changes(record, release=[f"version:{two.id}"]))
    assert next(iter(connector.apply(PAY, [op]))).outcome is Outcome.DONE
    assert set(kit.site.issue(ref.remote_id).fix_versions) == {two.id, three.id}
    assert one.id not in kit.site.issue(ref.remote_id).fix_versions


def test_a_parent_is_set_and_taken_away(jira_kit):
    kit = jira_kit()
    epic, story = kit.file("Epic", issue_type="Epic"), kit.file("Story")
    connector = kit.connector()
    assert write(connector, story, parent=epic.remote_id).outcome is Outcome.DONE
    assert kit.site.issue(story.remote_id).parent == int(epic.remote_id)
    assert write(connector, story, parent=None).outcome is Outcome.DONE
    assert kit.site.issue(story.remote_id).parent is None


def test_a_parent_that_the_hierarchy_forbids_never_costs_the_rest(jira_kit):
    kit = jira_kit()
    first, second = kit.file("First"), kit.file("Second")
    receipt = write(kit.connector(), second, title="Renamed", parent=first.remote_id)
    assert (receipt.outcome, list(receipt.refused)) == (Outcome.DONE, ["parent"])
    assert "hierarchy" in receipt.refused["parent"]
    assert kit.site.issue(second.remote_id).summary == "Renamed"


def test_links_are_made_and_taken_away_one_by_one(jira_kit):
    """Each by its own id; links of another sort, and those the other way round, stay."""
    kit = jira_kit()
    first, second, third, mine = (kit.file(title) for title in ("First", "Second", "Third", "Mine"))
    kit.site.link_issues(first.remote_id, mine.remote_id, kit.ana)
    kit.site.link_issues(mine.remote_id, third.remote_id, kit.ana)
    connector = kit.connector()
    connector.surfaces(PAY)
    kit.called()
    assert write(connector, mine, blocked_by=[second.remote_id]).outcome is Outcome.DONE
    asked = kit.called()
    assert (asked[LINK], asked[UNLINK]) == (1, 1)
    assert read(connector, PAY, mine).values["blocked_by"] == Known(frozenset({second.remote_id}))
    assert read(connector, PAY, third).values["blocked_by"] == Known(frozenset({mine.remote_id}))


def test_a_link_that_is_refused_never_costs_the_rest(jira_kit):
    kit = jira_kit()
    mine = kit.file("Mine")
    receipt = write(kit.connector(), mine, title="Renamed", blocked_by=["999999"])
    assert (receipt.outcome, list(receipt.refused)) == (Outcome.DONE, ["blocked_by"])
    assert kit.site.issue(mine.remote_id).summary == "Renamed"


def test_an_issue_is_created_with_all_that_it_refers_to(jira_kit):
    kit = jira_kit()
    version, epic, first = kit.site.add_version("PAY", "1.0"), kit.file("Epic", issue_type="Epic"), kit.file("First")
    connector = kit.connector()
    op = create(connector, PAY, title="Story")
    more = changes(None, release=[f"version:{version.id}"], parent=epic.remote_id, blocked_by=[first.remote_id])
    [receipt] = connector.apply(PAY, [replace(op, changes=(*op.changes, *more))])
    assert (receipt.outcome, receipt.refused) == (Outcome.DONE, {})
    issue = kit.site.issue(receipt.ref.remote_id)
    assert (issue.fix_versions, issue.parent) == ((version.id,), int(epic.remote_id))
    assert read(connector, PAY, receipt.ref).values["blocked_by"] == Known(frozenset({first.remote_id}))


def test_without_the_permission_links_are_only_read(jira_kit):
    kit = jira_kit()
    kit.site.deny("LINK_ISSUES", "PAY")
    connector = kit.connector()
    [surface] = [one for one in connector.surfaces(PAY) if one.id == "blocked_by"]
    assert "Link Issues" in surface.read_only
    assert [one.level for one in connector.check([PAY]) if one.subject == "jira:PAY links"] == [Level.NOTE]


# -- history and hints --------------------------------------------------------------------------------------------------------


def test_history_tells_all_that_an_issue_referred_to(jira_kit):
    """An entry names only what came and went; the whole is reckoned back from what the issue shows."""
    kit = jira_kit()
    one, two = (kit.site.add_version("PAY", name) for name in ("1.0", "2.0"))
    epic, first = kit.file("Epic", issue_type="Epic"), kit.file("First")
    ref = kit.file("Story", fix_versions=["1.0"])
    since = kit.clock.now()
    kit.edit(ref, fix_versions=["1.0", "2.0"])
    kit.edit(ref, fix_versions=["2.0"], parent=int(epic.remote_id))
    kit.site.link_issues(first.remote_id, ref.remote_id, kit.ana)
    edits = [one for one in kit.connector().fetch(PAY, [ref], since).edits if one.actor == kit.ana]
    told = {}
    for edit in edits:
        told.setdefault(edit.surface, []).append((edit.before, edit.after))
    a, b = (f"version:{version.id}" for version in (one, two))
    assert told["release"] == [
        (known(frozenset({a})), known(frozenset({a, b}))),
        (known(frozenset({a, b})), known(frozenset({b}))),
    ]
    assert told["parent"] == [(EMPTY, Known(epic.remote_id))]
    assert told["blocked_by"] == [(EMPTY, known(frozenset({first.remote_id})))]


def test_history_owns_up_to_links_that_it_names_only_by_keys(jira_kit):
    kit = jira_kit()
    first, ref = kit.file("First"), kit.file("Second")
    kit.site.link_issues(first.remote_id, ref.remote_id, kit.ana)
    connector = kit.connector()
    since = kit.clock.now()
    assert write(connector, ref, blocked_by=None).outcome is Outcome.DONE
    last = [one for one in connector.fetch(PAY, [ref, first], since).edits if one.surface == "blocked_by"][-1]
    assert isinstance(last.before, Unobserved)
    assert (last.ref, last.after) == (ref, EMPTY)


def test_a_webhook_names_the_version_that_it_is_about(jira_kit):
    body = b'{"webhookEvent": "jira:version_released", "version": {"id": "10500", "name": "1.0"}}'
    signature = "sha256=" + hmac.new(b"hook-secret", body, hashlib.sha256).hexdigest()
    assert jira_kit().connector().hints({"X-Hub-Signature": signature}, body) == [RecordRef("jira", "version:10500")]


def _fault(kind):
    return Fault(kind)


# -- with the engine ----------------------------------------------------------------------------------------------------------

HERE = ScopeRef("memory", "HERE")


class Pair:
    """The project PAY and a tracker in memory that knows releases, and the engine between them, over a store of its own."""

    def __init__(self, kit, folder):
        self.kit, self.random = kit, Random(3)
        self.server = MemoryServer(kit.clock, PERSONALITIES["planned"])
        self.server.add_containers(["HERE"])
        configs = [ScopeConfig(HERE, ContainerSettings.model_validate("HERE"))]
        memory = MemoryConnector(self.server, configs, Environment("memory", kit.clock, kit.fence, lambda *call: None))
        rules = tuple(Rule(frozenset(), "", name, to, Create.AUTO) for name, to in (("jira", HERE), ("memory", PAY)))
        setup = Setup(
            {"jira": kit.connector(), "memory": memory},
            (Product("p", (PAY, HERE), rules),),
            Policy(limits=Limits(close="allow")),
            b"a key that signs markers",
            {},
            Beats(),
        )
        self.store = Store.open(f"sqlite:///{folder}/pmsync.db", kit.clock, new_uid=self.uid)
        self.engine = Engine(setup, self.store, kit.clock, self.uid)

    def uid(self):
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def rest(self):
        """Hourly rounds until nothing is written any more."""
        for _ in range(8):
            before = len(self.kit.site.events) + self.server.writes
            assert self.engine.sync(lambda event: None, ()).exit_code == 0
            if len(self.kit.site.events) + self.server.writes == before:
                return
            self.kit.clock.sleep(3700)
        raise AssertionError("no rest")

    def row(self, title):
        [found] = [row for row in self.server.rows.values() if row.values["title"] == title and not row.deleted]
        return found

    def titles(self, row, field):
        shown = row.values.get(field) or ()
        return {self.server.rows[one].values["title"] for one in ([shown] if isinstance(shown, str) else shown)}

    def issue(self, title):
        [found] = [one for one in self.kit.site.issues("PAY") if one.summary == title]
        return found


@pytest.fixture
def pair(jira_kit, tmp_path):
    made = Pair(jira_kit(), tmp_path)
    yield made
    made.store.close()


def test_a_version_and_what_goes_into_it_come_over_and_stay_together(pair):
    """Requests 5, 6; C26, C27: made once, renamed without touching an issue, shipped on the other side."""
    site, ana = pair.kit.site, pair.kit.ana
    version = site.add_version("PAY", "1.0", release_date="2026-03-31")
    site.add_version("PAY", "0.1", released=True)
    epic = site.add_issue("PAY", "Epic", actor=ana, issue_type="Epic")
    first = site.add_issue("PAY", "First", actor=ana, fix_versions=["1.0"], parent=epic.id)
    second = site.add_issue("PAY", "Second", actor=ana, fix_versions=["1.0"])
    site.link_issues(first.key, second.key, ana)
    pair.rest()
    assert pair.row("1.0").values["due"] == "2026-03-31"
    assert sorted(row.values["title"] for row in pair.server.rows.values()) == ["1.0", "Epic", "First", "Second"]
    assert pair.titles(pair.row("First"), "parent") == {"Epic"}
    assert pair.titles(pair.row("Second"), "blocked_by") == {"First"}
    writes = pair.server.writes
    site.edit_version(version.id, name="2026.1")
    pair.kit.clock.sleep(3700)
    pair.rest()
    assert pair.server.writes == writes + 1
    assert pair.titles(pair.row("Second"), "release") == {"2026.1"}
    pair.server.person_edits(pair.row("2026.1").id, {"state": "done", "shipped": "2026-04-02"})
    pair.rest()
    [_, now] = sorted(site.versions("PAY"), key=lambda one: one.name)
    assert (now.name, now.released, now.release_date) == ("2026.1", True, "2026-04-02")


def test_a_release_from_elsewhere_becomes_a_version_for_what_goes_into_it(pair):
    """And so do parent and blocker; the issue is created into its version at once."""
    release = pair.server.person_creates("HERE", {"title": "1.0", "due": "2026-03-31"}, kind=Kind.RELEASE)
    epic = pair.server.person_creates("HERE", {"title": "Epic"}, kind=Kind.EPIC)
    first = pair.server.person_creates("HERE", {"title": "First"})
    story = {"title": "Story", "release": frozenset({release}), "parent": epic, "blocked_by": frozenset({first})}
    pair.server.person_creates("HERE", story)
    pair.rest()
    [version] = pair.kit.site.versions("PAY")
    assert (version.name, version.release_date) == ("1.0", "2026-03-31")
    issue = pair.issue("Story")
    assert issue.fix_versions == (version.id,)
    assert issue.parent == pair.issue("Epic").id
    assert [(link.other, link.outward) for link in issue.links] == [(pair.issue("First").id, False)]


def test_a_version_whose_create_was_lost_is_taken_over_by_its_release(pair):
    """C12: the version is made once, and the issue goes into it."""
    release = pair.server.person_creates("HERE", {"title": "1.0"}, kind=Kind.RELEASE)
    pair.server.person_creates("HERE", {"title": "Story", "release": frozenset({release})})
    pair.kit.line.script.add(lambda request: request.path.endswith("/version"), _fault(FaultKind.LOSE_AFTER))
    pair.engine.sync(lambda event: None, ())
    pair.kit.clock.sleep(3700)
    pair.rest()
    [version] = pair.kit.site.versions("PAY")
    assert pair.issue("Story").fix_versions == (version.id,)


@pytest.mark.parametrize("kind", [FaultKind.LOSE_AFTER, FaultKind.LOSE_BEFORE])
@pytest.mark.parametrize("number", range(1, 8))
def test_whichever_answer_is_lost_everything_is_made_once_and_refers_to_the_right_things(pair, kind, number):
    """C12: the version, the issues, their parent and their links, one after the other."""
    release = pair.server.person_creates("HERE", {"title": "1.0", "due": "2026-04-02"}, kind=Kind.RELEASE)
    epic = pair.server.person_creates("HERE", {"title": "Epic", "status": "doing"}, kind=Kind.EPIC)
    first = pair.server.person_creates("HERE", {"title": "First", "release": frozenset({release}), "parent": epic})
    pair.server.person_creates("HERE", {"title": "Second", "parent": epic, "blocked_by": frozenset({first})})
    left = [number]

    def nth(request):
        writes = request.method in ("PUT", "DELETE") or request.path.endswith(
            ("/issue", "/version", "/issueLink", "/transitions")
        )
        left[0] -= writes and request.method != "GET"
        return left[0] == 0

    pair.kit.line.script.add(nth, Fault(kind))
    for _ in range(3):
        pair.engine.sync(lambda event: None, ())
        pair.kit.clock.sleep(3700)
    pair.rest()
    [version] = pair.kit.site.versions("PAY")
    assert (version.name, version.release_date) == ("1.0", "2026-04-02")
    assert sorted(one.summary for one in pair.kit.site.issues("PAY")) == ["Epic", "First", "Second"]
    assert pair.issue("First").fix_versions == (version.id,)
    assert {pair.issue(title).parent for title in ("First", "Second")} == {pair.issue("Epic").id}
    assert [link.other for link in pair.issue("Second").links] == [pair.issue("First").id]
