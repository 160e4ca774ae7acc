"""The local store: damaged, too new, out of reach, or held by another run. The trackers are never touched by mistake."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

COMMANDS = ("status", "plan", "sync", "doctor")


@pytest.fixture(params=COMMANDS)
def failing(request, site):
    """Runs a command that cannot open its store; what it says."""

    def run():
        before = site.writes()
        result = site.pmsync(request.param)
        assert (result.code, result.out, site.writes()) == (1, "", before), result
        return result.said

    return run


def test_a_file_that_is_no_database(site, failing):
    site.store.write_bytes(b"this is no database, and never was one" * 100)
    said = failing()
    assert f"the store {site.store} is not an SQLite database, or is damaged" in said
    assert "restore a backup" in said


def test_a_database_that_is_cut_off(site, failing):
    site.file()
    site.pmsync("sync")
    whole = site.store.read_bytes()
    for rest in site.folder.glob("pmsync.db-*"):
        rest.unlink()
    site.store.write_bytes(whole[:5000])
    assert "damaged" in failing()


def test_the_damaged_database_is_left_as_it_is(site):
    garbage = b"evidence for whoever repairs it" * 100
    site.store.write_bytes(garbage)
    site.pmsync("sync")
    assert site.store.read_bytes() == garbage


def test_a_database_of_a_newer_pmsync(site, failing):
    site.pmsync("status")
    with sqlite3.connect(site.store) as connection:
        [(table,)] = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%version%'"
        ).fetchall()
        connection.execute(f"UPDATE {table} SET version_num = 'r9999'")
    connection.close()
    said = failing()
    assert "was written by a newer pmsync" in said
    assert "upgrade pmsync" in said


def test_a_database_of_another_program(site, failing):
    with sqlite3.connect(site.store) as connection:
        connection.execute("CREATE TABLE holidays (day TEXT)")
    connection.close()
    assert "holds tables that pmsync did not make (holidays)" in failing()


def test_a_folder_that_does_not_exist(site, failing):
    site.add("store: sqlite:///nowhere/pmsync.db\n")
    said = failing()
    assert "nowhere/pmsync.db does not exist" in said
    assert "mkdir -p" in said


def test_a_folder_instead_of_a_file(site, failing):
    (site.folder / "pmsync.db").mkdir()
    assert "is a folder" in failing()


@pytest.fixture
def locked(tmp_path):
    """A folder in which nobody can make a file. Root may write nearly everywhere, but not into /proc."""
    if os.getuid() == 0:
        yield Path("/proc")
        return
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    yield folder
    folder.chmod(0o755)


def test_a_folder_that_may_not_be_written_to(site, failing, locked):
    site.add(f"store: sqlite:///{locked}/pmsync.db\n")
    said = failing()
    assert f"the store {locked}/pmsync.db cannot be opened" in said
    assert "give this user the right to write the file and its folder" in said


def test_init_into_a_folder_that_may_not_be_written_to(site, locked):
    result = site.pmsync("init", f"{locked}/pmsync.yaml")
    assert (result.code, result.out) == (2, "")
    assert f"{locked}/pmsync.yaml cannot be written" in result.said


def test_a_plan_into_a_folder_that_may_not_be_written_to(site, locked):
    """Told before anything is read: a first load takes long."""
    site.jira.handle = None
    result = site.pmsync("plan", "-o", f"{locked / 'sub'}/plan.json")
    assert (result.code, result.out) == (2, "")
    assert "the plan cannot be saved" in result.said


# -- two runs at once ---------------------------------------------------------------------------------------------------------


@dataclass
class Busy:
    """A run under way, and what lets Jira answer it."""

    process: subprocess.Popen
    go: threading.Event


@pytest.fixture
def busy(site):
    """A sync of another process that is in the middle of its work, held up by a Jira that does not answer."""
    inside, go = threading.Event(), threading.Event()
    answer = site.jira.handle

    def slow(request):
        if "/search/" in request.path:
            inside.set()
            go.wait(20)
        return answer(request)

    site.jira.handle = slow
    process = site.start("sync", "--json")
    assert inside.wait(20)
    yield Busy(process, go)
    go.set()
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize("command", [["sync"], ["apply", "plan.json"]], ids=" ".join)
def test_the_second_run_says_who_holds_the_store(site, busy, command):
    (site.folder / "plan.json").write_text("{}")
    if command[0] == "apply":
        (site.folder / "plan.json").write_bytes(_empty_plan())
    result = site.pmsync(*command)
    assert (result.code, result.out) == (1, "")
    assert f"the store is held by pmsync sync (process {busy.process.pid} on " in result.said
    assert "wait for it to finish" in result.said


def _empty_plan():
    from pmsync.reconcile.plan import Plan

    return Plan("00000000-0000-4000-8000-000000000000", 0.0).encode()


@pytest.mark.parametrize("command", [["status"]], ids=" ".join)
def test_questions_are_answered_while_another_run_works(site, busy, command):
    assert site.pmsync(*command).code == 0


def test_a_run_that_was_killed_holds_nothing_up(site, busy):
    busy.process.kill()
    busy.process.wait()
    busy.go.set()
    site.file()
    assert site.pmsync("sync").code == 0
    assert site.titles() == ["Refund fails"]
