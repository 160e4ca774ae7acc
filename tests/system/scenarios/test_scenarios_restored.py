"""Backups that are put back, stores that are copied, and containers that are not ours alone: noticed by the mark, mended from the markers."""

from __future__ import annotations

import sqlite3

import pytest

from pmsync.connect.marks import make_mark
from pmsync.model.record import ScopeRef

DAY = 86_400.0
PAY, API = ScopeRef("jira", "PAY"), ScopeRef("github", "acme/api")


def backup(bench):
    """The store as it is now."""
    bench.stop()
    with sqlite3.connect(bench.folder / "pmsync.db") as raw:
        return raw.serialize()


def put_back(bench, image):
    """The store as it was then."""
    bench.stop()
    for leftover in bench.folder.glob("pmsync.db*"):
        leftover.unlink()
    (bench.folder / "pmsync.db").write_bytes(image)


def world(bench):
    """What stands in both systems, key by key."""
    jira = {issue.key: (issue.summary, bench.jira_status(issue.key), sorted(issue.labels)) for issue in bench.jira.issues()}
    github = {
        f"{repo.full_name}#{issue.number}": (issue.title, issue.state, sorted(label.name for label in issue.labels))
        for repo in bench.github.world.repos.values()
        for issue in repo.issues.values()
    }
    return jira, github


def pairs(bench):
    """The records of each item, by their keys."""
    found = {}
    for link in bench.links():
        found.setdefault(link.item, set()).add((link.key, link.state.value))
    return sorted(sorted(group) for group in found.values())


def properties(bench):
    """The properties of the project PAY."""
    return next(one for one in bench.jira.state.projects.values() if one.key == "PAY").properties


def row(bench, scope=PAY):
    return bench.read(lambda tx: tx.scopes.get(scope))


def notices(bench):
    return {one.code for one in bench.read(lambda tx: tx.notices.open())}


@pytest.fixture
def busy(make_bench):
    """Three items on each side, linked, at rest, both marks left."""
    bench = make_bench()
    for number in range(3):
        bench.file_jira(f"From Jira {number}")
        bench.file_github(f"From GitHub {number}")
    bench.rest()
    return bench


def go_on(bench):
    """Some hours of life after the backup: new records on both sides, edits on both sides, all of it synced."""
    bench.clock.sleep(2 * 3600)
    bench.file_jira("Filed later in Jira", labels=["later"])
    number = bench.file_github("Opened later on GitHub")
    bench.edit_jira("PAY-1", summary="Edited later in Jira")
    bench.edit_github(1, title="Edited later on GitHub")
    bench.rest()
    bench.edit_github(number, title="Opened later, and edited")
    bench.rest()


def put_back_and_rest(bench, image):
    put_back(bench, image)
    bench.clock.sleep(3600)
    bench.rest()


def test_a_restored_backup_makes_nothing_twice_and_loses_nothing_c16(busy):
    """Copies of records that the backup does not know are found by their markers, their originals by what the markers say of them."""
    image = backup(busy)
    go_on(busy)
    before, tied = world(busy), pairs(busy)
    put_back_and_rest(busy, image)
    assert world(busy) == before
    assert pairs(busy) == tied
    assert busy.conflicts() == []


def test_items_come_back_under_the_names_that_their_markers_tell(busy):
    image = backup(busy)
    go_on(busy)
    names = {item.uid for item in busy.items()}
    put_back_and_rest(busy, image)
    assert {item.uid for item in busy.items()} == names


def test_a_restored_backup_is_noticed_before_anything_is_written(busy):
    """The first run reads everything anew, leaves its mark and nothing else; once what listings may hide has shown up, the work goes on."""
    image = backup(busy)
    go_on(busy)
    put_back(busy, image)
    busy.clock.sleep(3600)
    busy.edit_jira("PAY-2", summary="Edited while the backup was put back")
    busy.forget()
    report = busy.sync()
    assert busy.told("waiting", "restored")
    assert report.exit_code == 1
    assert sorted(busy.writes()) == ["PATCH /repos/acme/api/labels/pmsync-mark", "PUT /project/PAY/properties/pmsync"]
    busy.forget()
    assert busy.sync().exit_code == 1
    assert busy.writes() == []
    busy.clock.sleep(900)
    busy.sync()
    busy.forget()
    assert busy.sync().exit_code == 0
    assert busy.writes() == ["PATCH /repos/acme/api/issues/{}"]
    assert notices(busy) == set()


def test_newer_values_are_not_overwritten_by_those_of_the_backup(busy):
    """The hub of the backup holds older values, and so do its bases: what the systems show is newer, and is taken."""
    image = backup(busy)
    for round_ in range(3):
        busy.clock.sleep(3600)
        for key in ("PAY-1", "PAY-2"):
            busy.edit_jira(key, summary=f"{key} in round {round_}", priority="Low", add_labels=[f"round-{round_}"])
        busy.jira.transition_issue("PAY-3", busy.ana, "In Progress" if round_ else "Done")
        busy.rest()
    before = world(busy)
    put_back_and_rest(busy, image)
    assert world(busy) == before
    assert busy.conflicts() == []


def test_an_edit_that_was_on_its_way_when_the_backup_was_made_does_not_come_back(busy):
    """The backup holds a hub value that GitHub did not have yet; both sides have moved on since."""
    busy.edit_jira("PAY-1", summary="On its way")
    busy.pull()
    image = backup(busy)
    busy.rest()
    busy.clock.sleep(2 * 3600)
    busy.edit_github(busy.number("PAY-1"), title="Moved on")
    busy.rest()
    before = world(busy)
    put_back_and_rest(busy, image)
    assert world(busy) == before
    assert busy.conflicts() == []


def test_edits_after_the_restore_and_before_the_first_run_are_kept(busy):
    image = backup(busy)
    go_on(busy)
    put_back(busy, image)
    busy.clock.sleep(3600)
    busy.edit_jira("PAY-2", summary="While nobody looked")
    busy.edit_github(busy.number("PAY-3"), title="Nor here")
    busy.rest()
    assert busy.github.issue("acme/api", busy.number("PAY-2")).title == "While nobody looked"
    assert busy.jira.issue("PAY-3").summary == "Nor here"
    assert busy.conflicts() == []


def test_records_that_moved_and_were_deleted_after_the_backup_stay_where_they_are(make_bench):
    """Nothing is made anew for them, and nothing follows them back."""
    bench = make_bench()
    bench.jira.add_project("OPS", "Operations")
    bench.github.add_repo("acme/web", private=True)
    bench.configure(
        jira="[PAY, OPS]",
        github="[acme/api, acme/web]",
        product="""
    mirror:
      - {from: jira, to: "github:acme/api", create: auto}
""",
    )
    for number in range(4):
        bench.file_jira(f"Issue {number}")
    bench.rest()
    image = backup(bench)
    bench.clock.sleep(2 * 3600)
    bench.jira.move_issue("PAY-1", "OPS", bench.ana)
    bench.github.transfer_issue("acme/api", bench.number("PAY-2"), "acme/web")
    gone = bench.number("PAY-3")
    bench.github.delete_issue("acme/api", gone)
    bench.edit_jira("PAY-4", summary="So that a mark is left")
    bench.rest()
    bench.clock.sleep(2 * 3600)
    bench.edit_jira("PAY-4", summary="So that another mark is left")
    bench.rest()
    before = world(bench)
    put_back_and_rest(bench, image)
    bench.clock.sleep(2 * DAY)
    bench.rest()
    assert world(bench) == before
    assert len(bench.items()) == 4


def test_an_item_whose_original_was_deleted_is_not_copied_back(busy):
    """All that is left of it is our copy: what stood in the original's place may have been deleted on purpose. It is told, and otherwise works."""
    image = backup(busy)
    busy.clock.sleep(2 * 3600)
    key = busy.file_jira("Filed and deleted")
    busy.rest()
    number = busy.number(key)
    busy.jira.delete_issue(key, busy.ana)
    put_back(busy, image)
    busy.clock.sleep(3600)
    busy.rest()
    assert [issue.summary for issue in busy.jira.issues("PAY")].count("Filed and deleted") == 0
    assert busy.github_titles().count("Filed and deleted") == 1
    assert notices(busy) == {"lost_origin"}
    busy.edit_github(number, title="Edited all the same")
    assert busy.rest().exit_code == 0


def test_an_original_that_shows_up_after_its_copy_is_tied_to_it(busy):
    """Jira cannot be read while the backup is put back: the copy on GitHub has its item by then, and nothing is created for it meanwhile."""
    image = backup(busy)
    busy.clock.sleep(2 * 3600)
    key = busy.file_jira("Shows up late")
    busy.rest()
    put_back(busy, image)
    busy.clock.sleep(3600)
    busy.jira.deny("BROWSE_PROJECTS", "PAY")
    for _ in range(3):
        busy.sync()
        busy.clock.sleep(700)
    assert "Shows up late" in {item.fields["title"].value.value for item in busy.items()}
    busy.jira.allow("BROWSE_PROJECTS", "PAY")
    busy.clock.sleep(3600)
    busy.rest()
    assert busy.jira_titles().count("Shows up late") == 1
    assert busy.github_titles().count("Shows up late") == 1
    assert len(busy.replicas(key)) == 2
    assert notices(busy) == set()


def test_a_store_that_was_lost_is_rebuilt_from_the_markers_under_the_same_key(busy):
    """Another store, another instance, the same key: a person lets it work there, and every pair finds together again, titles or not."""
    go_on(busy)
    busy.clock.sleep(3600)
    for issue in busy.github_issues():
        busy.github.world.repo_named("acme/api").issues[issue.number].title += " (retitled on GitHub)"
    before, tied = world(busy), pairs(busy)
    busy.stop()
    for leftover in busy.folder.glob("pmsync.db*"):
        leftover.unlink()
    assert busy.sync().exit_code in (1, 3)
    assert notices(busy) >= {"other_instance"}
    assert world(busy) == before
    assert [keys for keys in pairs(busy) if len(keys) == 1] == []
    assert pairs(busy) == tied


def test_a_copy_at_work_elsewhere_is_noticed_and_one_of_the_two_stops(busy):
    """A first surprise may be a backup. A second one within a week is not: that store writes nothing until a person decides."""
    copy = backup(busy)
    go_on(busy)
    stores = {"original": backup(busy), "copy": copy}
    for name in ("copy", "original", "copy"):
        put_back(busy, stores[name])
        busy.clock.sleep(2 * 3600)
        busy.edit_jira("PAY-2", summary=f"Edited while the {name} was at work")
        for _ in range(3):
            report = busy.sync()
            busy.clock.sleep(700)
        stores[name] = backup(busy)
    assert report.exit_code == 3
    assert row(busy).frozen_why.startswith("a copy of this store")
    assert "copied" in notices(busy)
    written = busy.written()
    for _ in range(3):
        busy.clock.sleep(3600)
        assert busy.sync().exit_code == 3
    assert busy.written() == written
    put_back(busy, stores["original"])
    busy.rest()
    assert busy.github.issue("acme/api", busy.number("PAY-2")).title == "Edited while the copy was at work"


def test_another_installation_is_told_and_nothing_is_written_there(busy):
    """The mark of another key stands in the project: two installations manage it."""
    properties(busy)["pmsync"] = {"mark": make_mark("another", "first", b"another key")}
    busy.clock.sleep(3600)
    busy.edit_github(1, title="Not to be written to Jira")
    busy.forget()
    assert busy.sync().exit_code == 3
    assert busy.writes("jira") == []
    assert row(busy).frozen_why.startswith("another pmsync installation")
    assert notices(busy) == {"other_instance"}


def test_once_a_person_lets_us_the_other_mark_stays_and_is_known(busy):
    """Its mark is left alone, and a later one of the same installation is no surprise."""
    mine = b"another key"
    kept = properties(busy)
    kept["pmsync"] = {"mark": make_mark("another", "first", mine)}
    busy.clock.sleep(3600)
    busy.sync()
    busy.read(lambda tx: tx.scopes.put(_thawed(tx.scopes.get(PAY))))
    kept["pmsync"] = {"mark": make_mark("another", "second", mine)}
    busy.clock.sleep(3600)
    busy.edit_github(1, title="To be written to Jira")
    busy.rest()
    assert "To be written to Jira" in busy.jira_titles()
    assert kept["pmsync"] == {"mark": make_mark("another", "second", mine)}
    assert row(busy).frozen_why == ""


def _thawed(scope_row):
    from msgspec.structs import replace

    return replace(scope_row, frozen_why="")


@pytest.mark.parametrize(
    ("system", "name"), [("jira", "PUT /project/PAY/properties/pmsync"), ("github", "PATCH /repos/acme/api/labels/pmsync-mark")]
)
def test_a_mark_whose_answer_was_lost_is_ours_all_the_same(busy, system, name):
    """It was committed before it was sent."""
    busy.clock.sleep(2 * 3600)
    if system == "jira":
        busy.edit_github(1, title="Edited")
    else:
        busy.edit_jira("PAY-1", summary="Edited")
    busy.lose_answer(system, name)
    busy.sync()
    busy.stop()
    busy.clock.sleep(3600)
    assert busy.rest().exit_code == 0
    assert notices(busy) == set()


def test_a_mark_that_somebody_removed_is_left_again_and_alarms_nobody(busy):
    del properties(busy)["pmsync"]
    busy.clock.sleep(3600)
    busy.rest()
    assert "pmsync" not in properties(busy)
    busy.edit_github(1, title="Edited")
    busy.rest()
    assert properties(busy)["pmsync"]["mark"] == row(busy).mark


def test_where_no_mark_can_be_kept_it_is_told_once_and_all_else_goes_on(make_bench):
    """Without Administer Projects: a notice with the remedy, no error, and no second request before the next beat."""
    bench = make_bench()
    bench.jira.deny("ADMINISTER_PROJECTS", "PAY")
    bench.file_github("From GitHub")
    assert bench.rest().exit_code == 0
    [notice] = [one for one in bench.read(lambda tx: tx.notices.open()) if one.code == "no_mark"]
    assert "grant Administer Projects to the account in PAY" in notice.reason
    bench.edit_github(1, title="Edited")
    bench.forget()
    bench.rest()
    assert [name for name in bench.writes("jira") if "properties" in name] == []
    bench.jira.allow("ADMINISTER_PROJECTS", "PAY")
    bench.clock.sleep(3700)
    bench.edit_github(1, title="Edited again")
    bench.rest()
    assert notices(bench) == set()


def test_a_mark_in_public_tells_nothing(busy):
    """Neither the instance nor any key, name or path: only that it is one."""
    marks = [properties(busy)["pmsync"]["mark"], row(busy, API).mark]
    for mark in marks:
        assert busy.app.store.instance not in mark
        assert len(mark) <= 100
        assert mark.startswith("pmm1.")
    assert busy.github.world.repo_named("acme/api").labels["pmsync-mark"].description == marks[1]
