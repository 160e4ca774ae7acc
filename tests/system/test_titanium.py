"""The real input: all 6,089 issues of a real Jira, on Data Center, mirrored into an empty GitHub by plan and apply, killed once, and synced."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pmsync.net.clock import SharedClock
from pmsync.testing.emulator import serve
from pmsync.text.cut import is_cut
from pmsync_github.emulation.state import Issue as Mirror
from pmsync_github.emulator import TOKEN, GitHubEmulator
from pmsync_jira.emulation.records import Issue
from pmsync_jira.emulator import JiraEmulator, JiraKnobs

pytestmark = [pytest.mark.shared, pytest.mark.slow]

ALL = 6089
ISSUES = int(os.environ.get("PMSYNC_TITANIUM", ALL))
"""The newest so many issues; a slice finds most faults in a minute or two."""
PROJECTS = ("TIMOB", "ALOY")
HOME = "tidev/titanium"
MEMORY_MB = 250
CPU_SECONDS = 600
BODY_LIMIT = 65_536
MARKER = re.compile(r"\s*<!--[^>]*-->\s*\Z")
"""What pmsync leaves at the end of a body that it made."""


@dataclass(slots=True)
class World:
    """Both systems, the clock they share with pmsync, and where its files are."""

    folder: Path
    clock: SharedClock
    jira: JiraEmulator
    github: GitHubEmulator
    peak_mb: float = 0.0
    cpu_seconds: float = 0.0
    runs: list[dict[str, object]] = field(default_factory=list)

    def start(self, *args: str) -> subprocess.Popen[str]:
        """Start pmsync as its user would, on the shared accelerated clock."""
        environ = {
            **os.environ,
            "PMSYNC_CLOCK": f"shared:{self.folder / 'clock'}",
            "PMSYNC_CONFIG": str(self.folder / "pmsync.yaml"),
        }
        command = [sys.executable, "-m", "pmsync", *args]
        return subprocess.Popen(command, env=environ, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *args: str) -> tuple[int, dict[str, object]]:
        """Run pmsync to its end; its exit code and JSON."""
        began, virtual = time.monotonic(), self.clock.now()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = self.start(*args, "--json")
        watcher = threading.Thread(target=self._watch, args=(process,))
        watcher.start()
        out, err = process.communicate()
        watcher.join()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu_seconds += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        real, virtual = time.monotonic() - began, self.clock.now() - virtual
        told = f"{' '.join(args)}: {real:.0f} s, {virtual / 3600:.1f} h of virtual time, peak {self.peak_mb:.0f} MB"
        sys.stdout.write(f"{told}, {self.cpu_seconds:.0f} s of pmsync's own CPU so far\n")
        assert out, f"{args}: exit {process.returncode}\n{err}"
        assert process.returncode in (0, 1, 3), f"{args}: exit {process.returncode}\n{err}\n{out}"
        document = json.loads(out)
        self.runs.append(document)
        assert "fault in pmsync" not in out, err
        return process.returncode, document

    def _watch(self, process: subprocess.Popen[str]) -> None:
        """Note the process's own peak of resident memory. The usage that wait4 reports would count what was forked, not what runs."""
        while process.poll() is None:
            try:
                status = Path(f"/proc/{process.pid}/status").read_text()
            except OSError:
                return
            peak = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")]
            self.peak_mb = max(self.peak_mb, *(one / 1024 for one in peak), 0.0)
            time.sleep(0.02)

    def until_quiet(self, *args: str) -> None:
        """Repeat a command, letting time pass, until it has nothing left to do."""
        for _ in range(12):
            code, document = self.run(*args)
            if code == 0:
                return
            self.clock.sleep(900)
        raise AssertionError(f"{args} never came to rest: {document}")

    def issues(self) -> list[Issue]:
        """The issues of both projects."""
        return [issue for key in PROJECTS for issue in self.jira.issues(key)]

    def created(self) -> int:
        """Issues in the repository."""
        return len(self.github.world.repo_named(HOME).issues)

    def writes(self) -> int:
        """Everything anybody changed through either API."""
        return len(self.jira.events) + len(self.github.events)


@pytest.fixture(scope="module")
def world(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("titanium")
    clock = SharedClock(folder / "clock")
    jira, github = JiraEmulator(clock, JiraKnobs(deployment="datacenter")), GitHubEmulator(clock)
    loaded = jira.load_titanium(shared_dir / "data" / "titanium-issues.jsonl.xz", ISSUES)
    assert loaded == ISSUES
    github.add_repo(HOME, private=True)
    with serve(jira), serve(github):
        (folder / "pmsync.yaml").write_text(
            f'systems:\n  jira: {{kind: jira, deployment: datacenter, url: "{jira.base_url}", token: {jira.bot.token}}}\n'
            f'  github: {{kind: github, url: "{github.base_url}", token: {TOKEN}}}\n'
            "products:\n  titanium:\n    jira: [TIMOB, ALOY]\n"
            f"    github: {HOME}\n"
            f'    mirror: [{{from: jira, to: "github:{HOME}", create: review}}]\n'
        )
        yield World(folder, clock, jira, github)


def releases_of_both(world: World) -> set[str]:
    """Names that versions of both projects have: such a version gets the day that only the other one has."""
    versions = world.jira.state.catalogue.versions.values()
    named = Counter(one.name for one in versions)
    return {name for name, count in named.items() if count > 1}


@pytest.fixture(scope="module")
def synced(world: World) -> World:
    """Plan, apply with a kill -9 at a random moment, apply again, sync."""
    before, versions = world.writes(), world.jira.state.catalogue.versions
    _, plan = world.run("plan", "-o", "plan.json")
    releases = {versions[version].name for issue in world.issues() for version in issue.fix_versions}
    counts = plan["counts"]
    assert isinstance(counts, dict)
    assert counts["github create"] == ISSUES + len(releases)
    assert {op["item"] for op in plan["changes"] if op["system"] == "jira"} <= releases_of_both(world)  # type: ignore[index, attr-defined]  # JSON
    assert world.writes() == before
    killed_at = random.Random(2026).randrange(ISSUES // 20, ISSUES * 9 // 10)
    process = world.start("apply", "plan.json", "--json")
    while world.created() < killed_at:
        assert process.poll() is None, f"apply ended early: {process.communicate()}"
        time.sleep(0.005)
    process.kill()
    process.communicate()
    world.until_quiet("apply", "plan.json")
    world.until_quiet("sync")
    return world


def test_every_issue_arrives_once_although_apply_was_killed(synced: World) -> None:
    """C12: kill -9 between creates, restart; still one issue each."""
    wanted = Counter(" ".join(issue.summary.split()) for issue in synced.issues())
    found = Counter(" ".join(issue.title.split()) for issue in synced.github.world.repo_named(HOME).issues.values())
    assert found == wanted


def pairs(synced: World) -> list[tuple[Issue, Mirror]]:
    """Issues and their mirrors, as far as no other issue has the same title."""
    mirrors = list(synced.github.world.repo_named(HOME).issues.values())
    shared = Counter(" ".join(issue.title.split()) for issue in mirrors)
    by_title = {" ".join(issue.title.split()): issue for issue in mirrors}
    named = [(issue, " ".join(issue.summary.split())) for issue in synced.issues()]
    found = [(issue, by_title[title]) for issue, title in named if shared[title] == 1]
    assert len(found) > ISSUES * 0.95
    return found


def test_status_and_priority_arrive_and_none_is_never_medium(synced: World) -> None:
    """Closed stays closed (C37), and the priorities None and null become no label at all (request 32)."""
    catalogue = synced.jira.state.catalogue
    for issue, mirror in pairs(synced):
        done = catalogue.statuses[issue.status].category == "done"
        assert (mirror.state == "closed") == done, issue.key
        name = catalogue.priorities[issue.priority].name if issue.priority else "None"
        labels = [label.name for label in mirror.labels if label.name.startswith("priority/")]
        assert bool(labels) == (name != "None"), (issue.key, name, labels)


def test_versions_become_releases_and_those_of_one_name_are_one(synced: World) -> None:
    """326 versions of two projects, 7 names in both: 319 milestones. Of several versions of an issue one is shown."""
    versions = synced.jira.state.catalogue.versions
    used = {version for issue in synced.issues() for version in issue.fix_versions}
    names = {versions[one].name for one in used}
    milestones = synced.github.world.repo_named(HOME).milestones.values()
    assert Counter(one.title for one in milestones) == Counter(names)
    several = sum(len(issue.fix_versions) > 1 for issue in synced.issues())
    if ISSUES == ALL:
        assert (len(used), len(names), several) == (326, 319, 747)
    for issue, mirror in pairs(synced):
        own = [versions[one] for one in issue.fix_versions]
        waiting = [one.name for one in own if not one.released and not one.archived] or [one.name for one in own]
        shown = mirror.milestone.title if mirror.milestone else None
        assert shown in waiting if own else shown is None, (issue.key, shown, waiting)


def test_labels_that_differ_in_case_alone_are_one(synced: World) -> None:
    """91 collisions: GitHub has one label for all spellings, and every issue has its labels."""
    spelled: dict[str, set[str]] = defaultdict(set)
    for issue in synced.issues():
        for label in issue.labels:
            spelled[label.casefold()].add(label)
    if ISSUES == ALL:
        assert sum(len(one) > 1 for one in spelled.values()) == 91
    for issue, mirror in pairs(synced):
        shown = {label.name.casefold() for label in mirror.labels if not label.name.startswith("priority/")}
        assert shown == {label.casefold() for label in issue.labels}, issue.key


def test_over_long_texts_are_cut_on_github_alone(synced: World) -> None:
    """Four descriptions are longer than GitHub takes; in Jira none of all is touched, byte for byte."""
    assert all(len(mirror.body or "") <= BODY_LIMIT for _, mirror in pairs(synced))
    cut = [issue for issue, mirror in pairs(synced) if is_cut(MARKER.sub("", mirror.body or ""))]
    assert {issue.key for issue in cut} >= {
        issue.key for issue, _ in pairs(synced) if len(str(issue.description or "")) > 1.05 * BODY_LIMIT
    }
    if ISSUES == ALL:
        assert 3 <= len(cut) <= 6
    assert [event.target for event in synced.jira.events if event.detail.get("description")] == []


def test_parents_are_tied_as_far_as_they_are_in_the_archive(synced: World) -> None:
    """C41: sub-tasks and what belongs to an epic; a parent that the account may not see makes nothing."""
    mirrors = {issue.id: mirror for issue, mirror in pairs(synced)}
    parented = [(issue, mirror) for issue, mirror in pairs(synced) if issue.parent in mirrors]
    assert parented
    for issue, mirror in parented:
        assert mirror.parent is mirrors[issue.parent], issue.key
    assert all(mirror.parent is None for issue, mirror in pairs(synced) if issue.parent is None)


def test_links_that_leave_the_archive_make_nothing(synced: World) -> None:
    """C44: 1,117 links point at issues outside the config's projects, which no account sees: they stay in Jira, and nothing is created for them."""
    inside = {issue.id for issue in synced.issues()}
    outside = sum(link.other not in inside for issue in synced.issues() for link in issue.links)
    if ISSUES == ALL:
        assert outside == 1117
    assert outside
    assert synced.created() == ISSUES


def test_comments_without_a_body_are_comments(synced: World) -> None:
    """All comments are in the hub, the empty ones too (C33)."""
    comments = [comment for issue in synced.issues() for comment in issue.comments]
    if ISSUES == ALL:
        assert (len(comments), sum(not str(one.body).strip() for one in comments)) == (25_108, 454)
    with sqlite3.connect(synced.folder / "pmsync.db") as store:
        [kept] = store.execute("SELECT count(*) FROM comments WHERE system = 'jira'").fetchone()
    assert kept == len(comments)


def test_the_next_sync_writes_nothing(synced: World) -> None:
    """C6: nothing changed, nothing written, by the servers' own count."""
    before = synced.writes()
    code, report = synced.run("sync")
    assert (code, synced.writes()) == (0, before), report


def test_pmsync_stays_small(synced: World) -> None:
    """All of it, the plan of everything included, fits into little memory and ten minutes of a core."""
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not tell a process's peak of memory")
    assert 20 < synced.peak_mb < MEMORY_MB, synced.peak_mb
    assert synced.cpu_seconds < CPU_SECONDS
