"""Scenarios about a roadmap in Git: what a product manager writes into a file becomes true in Jira and in GitHub, and people's edits stand."""

from __future__ import annotations

import pytest

from pmsync.connect.errors import Ambiguous
from pmsync.engine.naming import Naming
from pmsync.engine.person import Choice
from pmsync.engine.reading import conflicts, explain
from pmsync_files.folder import DiskFolder

START = """\
# The roadmap of payments.
product: payments
releases:
  pay-2026.1: {name: "Payments 2026.1", ship: 2026-03-31}
items:
  pay-sso:
    title: Single sign-on      # as everybody calls it
    kind: epic
    links: [jira:PAY-1, "github:acme/api#1"]
  pay-tokens:
    title: Rotate API tokens
    links: [jira:PAY-2]
"""
EDITED = START.replace(
    """    kind: epic
""",
    """    kind: epic
    horizon: now
    when: 2026Q1
    release: pay-2026.1
    priority: high
    needs: [pay-tokens]
""",
)
RULES = """\
fields:
  title: {owner: roadmap, all: both}
  priority: {all: both}
  release: {owner: roadmap, all: both}
  labels: {all: both, namespace: pm/}
safety: {start: at_once, max_creates: 100, max_updates: 100}
"""


@pytest.fixture
def planned(make_bench):
    """PAY-1 and acme/api#1 are two records of one thing, PAY-2 is another; the file says so, and everything is at rest."""
    bench = make_bench(strict=False)
    folder = bench.folder / "roadmap"
    folder.mkdir()
    bench.roadmap = folder / "payments.yaml"
    bench.roadmap.write_text(START)
    bench.configure("    roadmap: payments", rest=RULES)
    text = bench.file.read_text().replace("systems:\n", "systems:\n  roadmap: {kind: files, path: roadmap}\n")
    bench.file.write_text(text)
    bench.file_jira("Single sign-on", priority="Medium")
    bench.file_jira("Rotate API tokens")
    bench.file_github("SSO with SAML", labels=["area"])
    return bench


def save(bench, text):
    """The product manager saves the file, some time later."""
    bench.clock.sleep(600)
    bench.roadmap.write_text(text)


def test_request_9_links_in_the_file_make_one_item_of_records_in_both_systems(planned):
    """Requests 8 and 9: what the file names is adopted, in whatever order it was read, and nothing is created."""
    planned.rest()
    assert planned.replicas("PAY-1") == {"PAY-1", "acme/api#1", "pay-sso"}
    assert planned.replicas("PAY-2") == {"PAY-2", "pay-tokens"}
    assert planned.github_titles() == ["Single sign-on"]
    assert planned.jira_titles() == ["Rotate API tokens", "Single sign-on"]


def test_request_43_five_edited_lines_are_planned_and_nothing_is_written(planned):
    """Requests 43 and 44: the plan names every change in Jira and GitHub with the file as its reason, and no write leaves."""
    planned.rest()
    save(planned, EDITED)
    planned.forget()
    before = planned.roadmap.read_text()
    plan = planned.plan()
    changed = {(op.scope.system, op.key, change.field) for op in plan.ops for change in op.changes}
    changed |= {(held.op.scope.system, held.op.key, change.field) for held in plan.held for change in held.op.changes}
    assert {("jira", "PAY-1", "priority"), ("jira", "PAY-1", "labels"), ("github", "acme/api#1", "labels")} <= changed
    assert planned.writes() == []
    assert planned.roadmap.read_text() == before


def test_request_3_the_roadmap_is_applied_in_both_systems(planned):
    """Requests 3 and 5, C38: priority, release, horizon and dependency show in Jira and in GitHub, and a second plan is empty."""
    planned.rest()
    save(planned, EDITED)
    planned.apply(planned.plan())
    planned.rest()
    jira, github = planned.jira.issue("PAY-1"), planned.github.issue("acme/api", 1)
    assert planned.jira_priority("PAY-1") == "High"
    assert "pm/now" in jira.labels
    assert "pm/now" in planned.github_labels(1)
    assert [version.name for version in planned.jira.versions("PAY")] == ["Payments 2026.1"]
    assert planned.github.milestone("acme/api", "Payments 2026.1").due_on is not None
    assert github.milestone is planned.github.milestone("acme/api", "Payments 2026.1")
    assert planned.roadmap.read_text() == EDITED
    plan = planned.plan()
    assert (plan.ops, plan.held) == ((), ())


@pytest.fixture
def applied(planned):
    """The edited file is applied, and everything is at rest."""
    planned.rest()
    save(planned, EDITED)
    planned.run = planned.apply(planned.plan()).run
    planned.rest()
    return planned


def test_explain_names_the_file_as_the_source_of_a_value(applied):
    """Request 42: of every value it can be asked where it comes from, by the name that the file gives the item, to the line."""
    told = explain(applied.app.store, "pay-sso", "priority", Naming(applied.app.setup, applied.app.store))
    [field] = told.fields
    assert (field.value, field.source) == ("high", "roadmap")
    assert "roadmap pay-sso set priority to high (roadmap/payments.yaml:12, " in field.why
    assert {place.record for place in field.places} == {"pay-sso", "PAY-1", "acme/api#1"}


def test_an_apply_of_the_roadmap_is_undone(applied):
    """The run that wrote the roadmap into the trackers is taken back, and the file is left as its author wrote it."""
    undoing, _ = applied.app.engine.undo(applied.hear, applied.run)
    applied.app.engine.apply_plan(undoing.plan, applied.hear)
    assert applied.jira_priority("PAY-1") == "Medium"
    assert "pm/now" not in applied.jira.issue("PAY-1").labels
    assert applied.roadmap.read_text() == EDITED


def test_request_14_an_engineers_edit_of_what_the_file_leaves_open_stands(applied):
    """Request 14: each field has its own owner; of PAY-2 the file says no priority, so Jira's goes where it wants."""
    applied.edit_jira("PAY-2", priority="Low")
    applied.rest()
    assert applied.jira_priority("PAY-2") == "Low"
    assert applied.roadmap.read_text() == EDITED


def test_an_engineers_edit_against_the_file_stands_and_is_seen(applied):
    """The file did not move, so the later edit is the newest word: it is not stomped, and explain shows that both differ."""
    applied.edit_jira("PAY-1", priority="Low")
    applied.rest()
    assert applied.jira_priority("PAY-1") == "Low"
    [field] = explain(applied.app.store, "pay-sso", "priority", Naming(applied.app.setup, applied.app.store)).fields
    assert (field.value, field.source) == ("low", "jira")
    assert {place.record: place.shown for place in field.places}["pay-sso"] == "high"


def test_an_item_taken_out_of_the_file_is_unmanaged_and_nothing_is_closed(applied):
    """Nothing is deleted or closed anywhere, and the item comes back when its lines do."""
    save(applied, EDITED[: EDITED.index("  pay-tokens:\n")].replace("    needs: [pay-tokens]\n", ""))
    applied.rest()
    assert applied.replicas("PAY-2") == {"PAY-2"}
    assert applied.jira_status("PAY-2") == "To Do"
    assert "pay-tokens left what the config covers" in applied.journal("unmanaged")[0].why
    save(applied, EDITED)
    applied.rest()
    assert applied.replicas("PAY-2") == {"PAY-2", "pay-tokens"}


def test_a_key_that_is_renamed_is_another_item_that_adopts_the_same_records(applied):
    """A key is the item's name: under a new one it is a new record, and its links tie it to what the old one was."""
    save(applied, EDITED.replace("  pay-sso:", "  pay-saml:"))
    applied.rest()
    assert applied.replicas("PAY-1") == {"PAY-1", "acme/api#1", "pay-saml"}


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ("<<<<<<< ours\n" + EDITED, "roadmap/payments.yaml:1:1: a merge of this file was not finished here"),
        (EDITED.replace("    kind: epic", "\tkind: epic"), "a tab stands where spaces must"),
    ],
)
def test_a_file_that_cannot_be_read_stops_only_itself(applied, spoilt, said):
    """Jira and GitHub go on agreeing, nothing is concluded from what the file does not show, and the message has line and column."""
    save(applied, spoilt)
    applied.edit_jira("PAY-2", summary="Rotate all API tokens")
    report = applied.sync()
    assert report.exit_code == 1
    assert said in " ".join(applied.told("failed"))
    assert applied.replicas("PAY-1") == {"PAY-1", "acme/api#1", "pay-sso"}
    save(applied, EDITED)
    applied.rest()


def test_a_value_that_cannot_be_used_costs_that_value_alone(applied):
    """A date like 2026-13 and an unknown release change nothing anywhere; the rest of the file goes on."""
    bad = EDITED.replace("when: 2026Q1", "when: 2026-13").replace("release: pay-2026.1", "release: pay-2027")
    save(applied, bad.replace("title: Rotate API tokens", "title: Rotate all tokens"))
    applied.sync()
    told = applied.told("skipped", "remark")
    assert [one.partition(" ")[0] for one in told] == ["roadmap/payments.yaml:10:11:", "roadmap/payments.yaml:11:5:"]
    applied.rest()
    assert applied.told("skipped", "remark") == []
    assert [version.name for version in applied.jira.versions("PAY")] == ["Payments 2026.1"]
    assert applied.github.issue("acme/api", 1).milestone is not None
    assert applied.jira.issue("PAY-2").summary == "Rotate all tokens"


def test_a_release_renamed_in_the_file_is_renamed_in_both_systems(applied):
    """One release, a version and a milestone: one edit."""
    save(applied, EDITED.replace('"Payments 2026.1"', '"Payments, spring"'))
    applied.rest()
    assert [version.name for version in applied.jira.versions("PAY")] == ["Payments, spring"]
    assert applied.github.milestone("acme/api", "Payments, spring").number == 1


def test_tracker_edits_reach_the_file_only_when_asked_for(applied):
    """``pull --write``: one line changes, the comment behind it stays, no tracker is written; before that, sync left the file alone."""
    applied.edit_jira("PAY-1", summary="Single sign-on, SAML first")
    applied.rest()
    assert applied.roadmap.read_text() == EDITED
    applied.forget()
    pull_write(applied)
    wanted = EDITED.replace("title: Single sign-on  ", "title: Single sign-on, SAML first  ")
    assert applied.roadmap.read_text() == wanted
    assert applied.writes() == []
    applied.rest()
    assert applied.roadmap.read_text() == wanted


def test_a_file_saved_between_read_and_write_is_never_overwritten(applied, monkeypatch):
    """The product manager saves while pull --write is under way: both edits stand afterwards."""
    applied.edit_jira("PAY-1", summary="Single sign-on, SAML first")
    theirs = EDITED.replace("# The roadmap of payments.", "# The roadmap of payments, by Ana.")
    replace = DiskFolder.replace

    def late(folder, name, data, expected):
        monkeypatch.setattr(DiskFolder, "replace", replace)
        applied.roadmap.write_text(theirs)
        replace(folder, name, data, expected)

    monkeypatch.setattr(DiskFolder, "replace", late)
    pull_write(applied)
    assert applied.roadmap.read_text() == theirs.replace("title: Single sign-on  ", "title: Single sign-on, SAML first  ")


def pull_write(bench):
    """``pmsync pull --write``."""
    bench.stop()
    writer = bench.start(into_sources=True)
    try:
        return writer.engine.pull(bench.hear, into_sources=True)
    finally:
        writer.close()


def test_an_item_is_created_where_its_file_says_after_approval(applied):
    """``create_in`` is a wish of this very item: it is held for a person, made once, and tied to the item."""
    save(applied, EDITED + "  pay-new:\n    title: Instant payouts\n    create_in: github:acme/api\n    horizon: next\n")
    applied.sync()
    assert applied.github_titles() == ["Single sign-on"]
    applied.apply(applied.plan())
    applied.rest()
    assert applied.replicas("pay-new") == {"pay-new", "acme/api#2"}
    assert "pm/next" in applied.github_labels(2)
    assert len(applied.github_issues()) == 2


def test_a_record_that_is_named_and_not_there_yet_is_waited_for(applied):
    """Nothing is created in its place meanwhile, and it is tied as soon as somebody files it."""
    applied.configure("    roadmap: payments\n    mirror: [{from: roadmap, to: jira, create: auto}]", rest=RULES)
    applied.file.write_text(applied.file.read_text().replace("systems:\n", "systems:\n  roadmap: {kind: files, path: roadmap}\n"))
    applied.restart()
    save(applied, EDITED + "  pay-new: {title: Instant payouts, links: [jira:PAY-3]}\n")
    applied.apply(applied.plan())
    applied.rest()
    assert len(applied.jira_titles()) == 2
    assert applied.file_jira("Payouts at once") == "PAY-3"
    applied.rest()
    assert applied.replicas("PAY-3") == {"PAY-3", "pay-new"}
    assert applied.jira.issue("PAY-3").summary == "Instant payouts"


def test_a_decline_in_the_file_closes_what_is_open(applied):
    """An explicit verdict is an edit of the status, whoever owns it; the limit on closes holds as for every other."""
    save(applied, EDITED + '    decision: {verdict: declined, reason: "2 requests in 18 months"}\n')
    applied.rest()
    assert applied.jira_status("PAY-2") == "Done"
    assert applied.jira_status("PAY-1") == "To Do"


def test_request_22_a_pin_that_is_written_later_is_the_newest_word(applied):
    """Nobody owns the priority of PAY-2 against the file: what the file left open went along with Jira, and now it says more."""
    applied.edit_jira("PAY-2", priority="Low")
    applied.rest()
    save(applied, EDITED + "    priority: critical\n    pin_until: 2026-02-10\n")
    applied.rest()
    assert applied.jira_priority("PAY-2") == "Highest"
    assert list(applied.conflicts()) == []
    applied.clock.sleep(60 * 86_400)
    applied.edit_jira("PAY-2", priority="Medium")
    applied.rest()
    assert applied.jira_priority("PAY-2") == "Medium"


def test_request_28_a_conflict_between_file_and_tracker_keeps_both_until_a_person_decides(applied):
    """Request 28: both moved, so nothing is written on either side; what is decided is written, and the file stays its author's."""
    save(applied, EDITED.replace("priority: high", "priority: critical"))
    applied.edit_jira("PAY-1", priority="Low")
    applied.sync()
    [conflict] = conflicts(applied.app.store)
    assert {(side.system, side.shown) for side in conflict.sides} == {("roadmap", "critical"), ("jira", "Low")}
    assert applied.jira_priority("PAY-1") == "Low"
    applied.app.engine.resolve_conflict(conflict.uid, Choice("roadmap"), "ana")
    applied.rest()
    assert applied.jira_priority("PAY-1") == "Highest"
    assert "priority: critical" in applied.roadmap.read_text()


def test_request_31_a_lost_answer_makes_no_second_record_of_an_item(applied):
    """Request 31: the issue that ``create_in`` asks for is made, its answer is lost, and it is found again by its mark."""
    save(applied, EDITED + "  pay-new: {title: Instant payouts, create_in: github:acme/api}\n")
    plan = applied.plan()
    applied.lose_answer("github", "POST /repos/acme/api/issues")
    applied.apply(plan)
    applied.rest()
    assert applied.github_titles() == ["Instant payouts", "Single sign-on"]
    assert applied.replicas("pay-new") == {"pay-new", "acme/api#2"}


@pytest.mark.parametrize("first", ["jira", "file"])
def test_links_that_are_written_later_tie_what_had_items_of_their_own(planned, first):
    """Whichever was there first: the file's record moves to the tracker's item, and what else it names is drawn in, too."""
    bare = START.replace('    links: [jira:PAY-1, "github:acme/api#1"]\n', "").replace(
        "title: Single sign-on ", "title: Company accounts "
    )
    planned.roadmap.write_text(bare if first == "jira" else "items:\n")
    planned.rest()
    save(planned, bare)
    planned.rest()
    assert planned.replicas("pay-sso") == {"pay-sso"}
    assert planned.replicas("PAY-1") == {"PAY-1"}
    save(planned, bare.replace("    kind: epic\n", '    kind: epic\n    links: [jira:PAY-1, "github:acme/api#1"]\n'))
    planned.rest()
    assert planned.replicas("PAY-1") == {"PAY-1", "acme/api#1", "pay-sso"}
    assert planned.jira_titles() == ["Company accounts", "Rotate API tokens"]
    assert planned.github_titles() == ["Company accounts"]


def test_a_record_whose_place_is_taken_is_left_alone_and_a_person_is_told(applied):
    """PAY-2 is another item's; naming it as well moves nothing, and says what to do."""
    applied.file_jira("Something else")
    applied.rest()
    save(
        applied,
        EDITED.replace('links: [jira:PAY-1, "github:acme/api#1"]', 'links: [jira:PAY-1, "github:acme/api#1", jira:PAY-3]'),
    )
    applied.sync()
    [told] = applied.told("skipped", "declared")
    assert told == "links: PAY-3 cannot be tied to pay-sso: PAY-1 stands in its place (pmsync unlink PAY-1)"
    assert applied.replicas("PAY-3") == {"PAY-3"}


def test_the_order_in_which_systems_are_read_does_not_matter(planned):
    """A source whose name sorts before those of the trackers waits for what it names all the same."""
    planned.file.write_text(
        planned.file.read_text()
        .replace("  roadmap: {kind", "  a-plan: {kind")
        .replace("    roadmap: payments", "    a-plan: payments")
        .replace("owner: roadmap", "owner: a-plan")
    )
    planned.rest()
    assert planned.replicas("PAY-1") == {"PAY-1", "acme/api#1", "pay-sso"}
    assert [entry.why for entry in planned.journal("item") if "pay-sso" in entry.why] == []


def test_what_is_only_pushed_to_trackers_is_read_from_the_file_all_the_same(planned):
    """``all: push`` means the trackers: a source is always read, and what an engineer sets is drift."""
    planned.file.write_text(planned.file.read_text().replace("priority: {all: both}", "priority: {all: push}"))
    planned.rest()
    save(planned, EDITED)
    planned.apply(planned.plan())
    planned.rest()
    assert planned.jira_priority("PAY-1") == "High"
    planned.edit_jira("PAY-1", priority="Low")
    planned.rest()
    assert planned.jira_priority("PAY-1") == "High"


def test_a_field_that_is_off_for_the_file_is_not_read_from_it(planned):
    """Only a direction that names the system itself, or ``off``, keeps a source from being read."""
    planned.file.write_text(planned.file.read_text().replace("priority: {all: both}", "priority: {all: both, roadmap: off}"))
    planned.rest()
    save(planned, START.replace("    kind: epic\n", "    kind: epic\n    priority: high\n"))
    planned.rest()
    assert planned.jira_priority("PAY-1") == "Medium"


@pytest.fixture
def written(planned):
    """What is filed in Jira becomes an item of the file, which every sync writes."""
    planned.configure("    roadmap: payments\n    mirror: [{from: jira, to: roadmap, create: auto}]", rest=RULES)
    text = planned.file.read_text()
    planned.file.write_text(text.replace("systems:\n", "systems:\n  roadmap: {kind: files, path: roadmap, write: true}\n"))
    planned.rest()
    return planned


def test_an_issue_becomes_an_item_of_the_file_behind_the_last(written):
    """Everything that stood there stands as it stood; the new item carries a mark, and what Jira changes reaches its lines."""
    before = written.roadmap.read_text()
    key = written.file_jira("Invoices as PDF", labels=["pm/next"])
    written.rest()
    after = written.roadmap.read_text()
    assert after.startswith(before.rstrip("\n"))
    [item] = [one for one in written.replicas(key) if one != key]
    assert item.startswith("invoices-as-pdf-")
    assert f"  {item}:  # pmsync:pm1." in after
    assert "    title: Invoices as PDF\n" in after
    assert "    horizon: next\n" in after
    written.edit_jira(key, summary="Invoices as PDF/A")
    written.rest()
    assert written.roadmap.read_text() == after.replace("title: Invoices as PDF\n", "title: Invoices as PDF/A\n")


def test_request_31_an_item_whose_write_was_not_confirmed_is_not_written_twice(written, monkeypatch):
    """Request 31: the disk took the file and did not say so; the item is found again by its mark."""
    replace = DiskFolder.replace

    def unsure(folder, name, data, expected):
        monkeypatch.setattr(DiskFolder, "replace", replace)
        replace(folder, name, data, expected)
        raise Ambiguous("the disk did not confirm it")

    monkeypatch.setattr(DiskFolder, "replace", unsure)
    key = written.file_jira("Invoices as PDF")
    written.rest()
    assert written.roadmap.read_text().count("title: Invoices as PDF") == 1
    assert len(written.replicas(key)) == 2


def test_a_quarter_in_the_file_is_a_due_day_in_jira_and_stays_a_quarter(applied):
    """The record shows the last day of 2026Q1, which is no edit of it: nothing is written back, and the hub keeps the quarter."""
    assert applied.jira.issue("PAY-1").due == "2026-03-31"
    [field] = explain(applied.app.store, "pay-sso", "due", Naming(applied.app.setup, applied.app.store)).fields
    assert (field.value, field.source) == ("2026Q1", "roadmap")
