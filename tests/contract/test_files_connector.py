"""Roadmap files beyond the conformance suite: what a poll costs, what a pin and a gone item come to, and how a file is replaced."""

from __future__ import annotations

import os
import stat

import pytest

from pmsync.connect.contract import Level, Outcome, Revision, Stream
from pmsync.connect.errors import Conflict, Gone, Rejected
from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.model.enums import Kind
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, Unobserved
from pmsync.net.clock import VirtualClock
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.testing.conformance.bench import Gate
from pmsync_files import library, plugin
from pmsync_files.folder import DiskFolder, digest

LINE = ScopeRef("roadmap", "payments")
TEXT = """\
product: payments
releases:
  r1: {name: One, ship: 2026Q1}
items:
  a:
    title: First
    horizon: now
    when: 2026Q1
    release: r1
    priority: high
    pin_until: 2026-01-31
  b: {title: Second, needs: [a], decision: declined, links: [jira:PAY-7]}
  c: {links: [jira:PAY-8]}
"""


class Files:
    """A folder on disk, connectors on it, and every call they make."""

    def __init__(self, home):
        self.home, self.clock, self.calls = home, VirtualClock(), []
        (home / "roadmap").mkdir()
        self.file = home / "roadmap" / "payments.yaml"
        self.save(TEXT)

    def save(self, text):
        self.file.write_text(text, encoding="utf-8", newline="")

    def connector(self, **settings):
        environment = Environment("roadmap", self.clock, Gate(False), lambda *call: self.calls.append(call), None, str(self.home))
        scopes = (ScopeConfig(LINE, plugin.scope_settings.model_validate("payments")),)
        return plugin.connector(plugin.settings.model_validate(settings), scopes, environment)

    def records(self, **settings):
        return {one.key: one for page in self.connector(**settings).pull(LINE, Stream.ITEMS, None) for one in page.records}


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


def update(key, surface, before, after, field=""):
    change = Change(surface, field or surface, before, after, after, "a test asks for it")
    return Operation(
        "op-1", OpKind.UPDATE, "item-1", LINE, RecordRef("roadmap", f"payments/{key}"), key, Kind.FEATURE, (change,), None, ""
    )


# -- reading ------------------------------------------------------------------------------------------------------------------


def test_a_record_says_what_its_item_says(files):
    """Horizon, time, release and pin of an item, each on its surface."""
    found = files.records()["a"]
    assert found.ref == RecordRef("roadmap", "payments/a")
    assert found.values["labels"] == Known(frozenset({"pm/now"}))
    assert (found.values["when.start"], found.values["when.due"]) == (Known("2026Q1"), Known("2026Q1"))
    assert found.values["release"] == Known("payments/releases/r1")
    assert found.values["priority"] == Known("high")


def test_what_the_file_leaves_open_is_unobserved_without_a_reason(files):
    """Request 32: an item without a priority says nothing of it, which is neither empty nor medium."""
    found = files.records()["c"]
    assert {name: found.values[name] for name in ("title", "description", "decision", "priority")} == dict.fromkeys(
        ("title", "description", "decision", "priority"), Unobserved("")
    )
    assert found.values["release"] == EMPTY


def test_a_verdict_is_a_status_and_links_are_declared(files):
    found = files.records()["b"]
    assert (found.values["decision"], found.declared) == (Known("declined"), ("jira:PAY-7",))
    assert found.values["needs"] == Known(frozenset({"payments/a"}))


def test_what_cannot_be_used_is_unobserved_with_place_and_reason(files):
    files.save(TEXT.replace("when: 2026Q1", "when: 2026-13"))
    said = files.records()["a"].values["when.due"]
    assert isinstance(said, Unobserved)
    assert said.reason.startswith("roadmap/payments.yaml:8:11: when: '2026-13' is no time: there is no month 13")


def test_a_fiscal_quarter_is_told_in_the_calendars_words(files):
    """2026Q1 of a year that starts in April is what everybody else calls 2026Q2."""
    assert files.records(fiscal_year_starts=4)["a"].values["when.due"] == Known("2026Q2")


def test_a_fiscal_quarter_that_is_none_of_the_calendars_is_told_in_days(files):
    found = files.records(fiscal_year_starts=2)["a"]
    assert (found.values["when.start"], found.values["when.due"]) == (Known("2026-02-01"), Known("2026-04-30"))


def test_a_quiet_poll_is_one_stat_and_parses_nothing(files, monkeypatch):
    connector = files.connector()
    cursor = list(connector.pull(LINE, Stream.ITEMS, None))[-1].cursor
    monkeypatch.setattr(library, "read", None)
    monkeypatch.setattr(DiskFolder, "read", None)
    files.calls.clear()
    for one in (connector, files.connector()):  # the same process, and another that knows the cursor alone
        [page] = one.pull(LINE, Stream.ITEMS, cursor)
        assert page.records == ()
    assert files.calls == [("roadmap", "GET", "payments.yaml", 200)] * 2


def test_a_file_that_was_saved_as_it_was_delivers_nothing(files, monkeypatch):
    connector = files.connector()
    cursor = list(connector.pull(LINE, Stream.ITEMS, None))[-1].cursor
    os.utime(files.file, (1, 1))
    monkeypatch.setattr(library, "read", None)
    [page] = connector.pull(LINE, Stream.ITEMS, cursor)
    assert page.records == ()


def test_one_edited_item_is_delivered_alone(files):
    connector = files.connector()
    cursor = list(connector.pull(LINE, Stream.ITEMS, None))[-1].cursor
    files.save(TEXT.replace("title: First", "title: Renamed").replace("product:", "# moved down\nproduct:"))
    [page] = connector.pull(LINE, Stream.ITEMS, cursor)
    assert [one.key for one in page.records] == ["a"]


def test_a_pin_runs_out_though_nobody_saved_the_file(files):
    connector = files.connector()
    cursor = list(connector.pull(LINE, Stream.ITEMS, None))[-1].cursor
    files.clock.sleep(30 * 86_400)
    assert list(connector.pull(LINE, Stream.ITEMS, cursor))[-1].records == ()
    files.clock.sleep(2 * 86_400)
    [page] = connector.pull(LINE, Stream.ITEMS, cursor)
    assert [(one.key, one.values["priority"]) for one in page.records] == [("a", Unobserved(""))]
    [page] = connector.pull(LINE, Stream.ITEMS, page.cursor)
    assert page.records == ()


def test_an_item_that_was_taken_out_is_delivered_as_no_longer_covered(files):
    connector = files.connector()
    cursor = list(connector.pull(LINE, Stream.ITEMS, None))[-1].cursor
    files.save(TEXT[: TEXT.index("  b:")])
    [page] = connector.pull(LINE, Stream.ITEMS, cursor)
    assert {(one.key, connector.in_scope(LINE, one)) for one in page.records} == {("b", False), ("c", False)}
    assert page.gone == ()


def test_a_file_that_is_no_utf8_says_where(files):
    files.file.write_bytes(b"items:\n  a: {title: \xff}\n")
    with pytest.raises(Gone, match=r"payments\.yaml:2:14: the byte 0xff is not UTF-8"):
        files.connector().fetch(LINE, [RecordRef("roadmap", "payments/a")])


def test_doctor_lists_every_problem_with_its_remedy(files):
    files.save(TEXT.replace("horizon: now", "horizon: nwo"))
    checks = files.connector().check([LINE])
    [wrong] = [one for one in checks if one.level is Level.WARNING]
    assert wrong.finding == "roadmap/payments.yaml:7:14: horizon: there is no horizon 'nwo'"
    assert wrong.remedy == "did you mean 'now'?"
    assert "sync only reads the file" in [one.finding for one in checks]


def test_doctor_says_where_a_file_is_missing(files):
    files.file.unlink()
    [check] = files.connector().check([LINE])
    assert (check.level, "there is no file" in check.finding, bool(check.remedy)) == (Level.ERROR, True, True)


# -- writing ------------------------------------------------------------------------------------------------------------------


def test_by_default_no_surface_can_be_written(files):
    assert all(one.read_only for one in files.connector().surfaces(LINE))


def test_an_update_changes_its_line_and_keeps_line_ends_mark_and_mode(files):
    windows = "\ufeff" + TEXT.replace("\n", "\r\n")
    files.save(windows)
    files.file.chmod(0o640)
    [receipt] = files.connector(write=True).apply(LINE, [update("a", "title", Known("First"), Known("Renamed"))])
    assert receipt.outcome is Outcome.DONE
    assert files.file.read_bytes().decode() == windows.replace("First", "Renamed")
    assert stat.S_IMODE(files.file.stat().st_mode) == 0o640
    assert [one.name for one in files.file.parent.iterdir()] == ["payments.yaml"]


def test_a_horizons_label_is_the_horizon(files):
    before, after = Known(frozenset({"pm/now"})), Known(frozenset({"pm/next", "security"}))
    [receipt] = files.connector(write=True).apply(LINE, [update("a", "labels", before, after)])
    assert receipt.outcome is Outcome.DONE
    assert files.file.read_text() == TEXT.replace("horizon: now", "horizon: next").replace(
        "    pin_until: 2026-01-31\n", "    pin_until: 2026-01-31\n    labels: [security]\n"
    )


def test_two_horizons_at_once_are_refused(files):
    before, after = Known(frozenset({"pm/now"})), Known(frozenset({"pm/now", "pm/next"}))
    [receipt] = files.connector(write=True).apply(LINE, [update("a", "labels", before, after)])
    assert (receipt.outcome, list(receipt.refused)) == (Outcome.REJECTED, ["labels"])
    assert files.file.read_text() == TEXT


def test_a_value_that_was_changed_meanwhile_is_a_conflict(files):
    connector = files.connector(write=True)
    files.save(TEXT.replace("First", "Theirs"))
    [receipt] = connector.apply(LINE, [update("a", "title", Known("First"), Known("Ours"))])
    assert receipt.outcome is Outcome.CONFLICT
    assert "Theirs" in files.file.read_text()


def test_a_release_of_another_file_cannot_be_named(files):
    op = update("a", "release", Known("payments/releases/r1"), Known("mobile/releases/r9"))
    [receipt] = files.connector(write=True).apply(LINE, [op])
    assert receipt.outcome is Outcome.REJECTED
    assert files.file.read_text() == TEXT


def test_a_link_to_a_file_stays_a_link(files, tmp_path):
    real = tmp_path / "real.yaml"
    files.file.rename(real)
    files.file.symlink_to(real)
    list(files.connector(write=True).apply(LINE, [update("a", "title", Known("First"), Known("Renamed"))]))
    assert files.file.is_symlink()
    assert "Renamed" in real.read_text()


def test_a_file_is_replaced_only_while_it_is_the_one_that_was_read(tmp_path):
    folder = DiskFolder(tmp_path, VirtualClock())
    (tmp_path / "x.yaml").write_text("old")
    with pytest.raises(Conflict):
        folder.replace("x.yaml", b"ours", digest(b"older"))
    assert (tmp_path / "x.yaml").read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["x.yaml"]


def test_a_stamp_that_is_too_young_proves_nothing(tmp_path):
    """Two saves of one size may share a stamp: a young file is read again."""
    (tmp_path / "x.yaml").write_text("old")
    moment = (tmp_path / "x.yaml").stat().st_mtime
    assert DiskFolder(tmp_path, VirtualClock(moment + 1)).stamp("x.yaml").token == ""
    assert DiskFolder(tmp_path, VirtualClock(moment + 60)).stamp("x.yaml").token


# -- plans --------------------------------------------------------------------------------------------------------------------


def test_the_roadmap_has_what_no_record_says(files):
    found = files.connector().roadmap(LINE)
    assert (found.product, found.items["a"].place("horizon").line) == ("payments", 7)


def test_a_revision_changes_its_lines_in_one_write_though_syncs_only_read(files):
    """What ``select --write`` does: horizons move, and nothing else."""
    revisions = [Revision(("items", "a", "horizon"), "later"), Revision(("items", "c", "horizon"), "next")]
    files.connector().revise(LINE, revisions)
    assert files.file.read_text() == TEXT.replace("horizon: now", "horizon: later").replace(
        "c: {links: [jira:PAY-8]}", "c: {horizon: next, links: [jira:PAY-8]}"
    )
    assert [call[1] for call in files.calls].count("PUT") == 1


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        (Revision(("items", "a", "horizon"), "soon"), "there is no horizon 'soon'"),
        (Revision(("items", "z", "horizon"), "now"), "there is no 'z' in the file"),
    ],
)
def test_a_revision_that_cannot_stand_changes_nothing(files, revision, said):
    with pytest.raises(Rejected, match=said):
        files.connector().revise(LINE, [Revision(("items", "c", "title"), "Third"), revision])
    assert files.file.read_text() == TEXT
