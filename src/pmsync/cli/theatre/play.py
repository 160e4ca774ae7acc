"""The demo's course of events, each act a function; what happens is told to a ``Narrator`` and summed up in a ``Summary``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from pmsync.app import App, build
from pmsync.cli.theatre.story import LINES, asked, built, planned
from pmsync.connect.registry import plugin
from pmsync.engine import reading
from pmsync.engine.engine import Report
from pmsync.engine.events import Event
from pmsync.engine.naming import Naming
from pmsync.model.enums import Status
from pmsync.net.clock import SharedClock
from pmsync.reconcile.operation import OpKind
from pmsync.reconcile.plan import Plan
from pmsync.testing.emulator import serve
from pmsync.testing.stage import Stage

PLANNING, BUILDING, LISTENING = "jira", "github", "rt"


@dataclass(frozen=True, slots=True)
class SystemSummary:
    """One system: the records it holds in the end, and the calls it answered."""

    records: int
    calls: int


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """What the first plan wanted."""

    creates: int
    updates: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The demo in figures. ``merged``: values taken over when both sides were edited at once; seconds are real, virtual ones accelerated."""

    systems: Mapping[str, SystemSummary]
    first_plan: PlanSummary
    adopted: int
    merged: int
    conflicts: int
    second_sync_writes: int
    seconds: float
    virtual_seconds: float

    def plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)


class Narrator(Protocol):
    """Where the story is told."""

    def act(self, title: str, words: str) -> None:
        """A new act begins."""
        ...

    def plan(self, app: App, plan: Plan) -> None:
        """Show a plan."""
        ...

    def report(self, report: Report) -> None:
        """Show how a run ended."""
        ...

    def conflicts(self, found: list[reading.ConflictState]) -> None:
        """Show open conflicts."""
        ...

    def explanation(self, found: reading.Explanation) -> None:
        """Explain an item."""
        ...

    def hear(self, event: Event) -> None:
        """Something happened in a run."""
        ...


class Staged(Protocol):
    """A connector that brings a stage."""

    stage: Callable[[SharedClock], Stage]


@dataclass(frozen=True, slots=True)
class Theatre:
    """The stages, the config that points to them, and the clock all of them share."""

    folder: Path
    clock: SharedClock
    stages: Mapping[str, Stage]

    @property
    def config(self) -> Path:
        """The config file."""
        return self.folder / "pmsync.yaml"

    @contextmanager
    def app(self, *, read_only: bool = False) -> Iterator[App]:
        """The application, wired anew as every command would."""
        app = build(self.config, read_only=read_only, clock=self.clock)
        try:
            yield app
        finally:
            app.close()


@contextmanager
def theatre(folder: Path) -> Iterator[Theatre]:
    """Two trackers and a help desk on loopback, filled by people, and a config for them in ``folder``."""
    clock = SharedClock(folder / "clock")
    stages = {name: cast(Staged, plugin(name)).stage(clock) for name in (PLANNING, BUILDING, LISTENING)}
    with ExitStack() as stack:
        for stage in stages.values():
            stack.enter_context(serve(stage.emulator))
        for line in LINES:
            stages[PLANNING].open(line.project, line.title)
            stages[BUILDING].open(line.repository, line.title)
            stages[LISTENING].open(line.queue, line.title)
            for sketch in planned(line):
                stages[PLANNING].file(line.project, sketch)
            for sketch in built(line):
                stages[BUILDING].file(line.repository, sketch)
            for sketch in asked(line):
                stages[LISTENING].file(line.queue, sketch)
        made = Theatre(folder, clock, stages)
        made.config.write_text(_config(stages), encoding="utf-8")
        yield made


def _config(stages: Mapping[str, Stage]) -> str:
    lines = ["systems:"]
    for name, stage in stages.items():
        inner = ", ".join(f'{key}: "{value}"' for key, value in stage.settings().items())
        lines.append(f"  {name}: {{{inner}}}")
    lines.append("fields:\n  status: {owner: jira}\n  priority: {owner: jira}\nproducts:")
    for line in LINES:
        lines += [
            f"  {line.key}:",
            f"    jira: {line.project}",
            f"    github: {line.repository}",
            f"    rt: {line.queue}",
            "    mirror:",
            f'      - {{kind: [bug, feature], from: jira, to: "github:{line.repository}", create: review}}',
            f'      - {{label: needs-pm, from: github, to: "jira:{line.project}", create: review}}',
        ]
    return "\n".join(lines) + "\n"


def play(stage: Theatre, narrator: Narrator) -> Summary:
    """Play the whole demo."""
    began, virtually = time.monotonic(), stage.clock.now()
    calls = dict.fromkeys(stage.stages, 0)
    plan, adopted = _first_plan(stage, narrator, calls)
    _apply(stage, narrator, plan, calls)
    merged = _both_edit(stage, narrator, calls)
    conflicts = _conflict(stage, narrator)
    _desk(stage, narrator)
    writes = _again(stage, narrator, calls)
    creates = sum(1 for op in plan.approved().ops if op.kind is OpKind.CREATE)
    containers = {
        PLANNING: [line.project for line in LINES],
        BUILDING: [line.repository for line in LINES],
        LISTENING: [line.queue for line in LINES],
    }
    systems = {
        name: SystemSummary(sum(one.count(container) for container in containers[name]), calls[name])
        for name, one in stage.stages.items()
    }
    return Summary(
        systems,
        PlanSummary(creates, len(plan.approved().ops) - creates),
        adopted,
        merged,
        conflicts,
        writes,
        round(time.monotonic() - began, 1),
        round(stage.clock.now() - virtually, 1),
    )


def _first_plan(stage: Theatre, narrator: Narrator, calls: dict[str, int]) -> tuple[Plan, int]:
    narrator.act("plan", "Read all three systems, adopt what two have already, and show every write before it happens.")
    with stage.app(read_only=True) as app:
        plan, report = app.engine.plan(narrator.hear)
        narrator.plan(app, plan)
        _count(app, calls)
    return plan, report.tally.of("adopted")


def _apply(stage: Theatre, narrator: Narrator, plan: Plan, calls: dict[str, int]) -> None:
    narrator.act("apply", "Do exactly that, with the vendors' real rate limits, on accelerated time.")
    with stage.app() as app:
        narrator.report(app.engine.apply_plan(plan, narrator.hear))
        narrator.report(app.engine.sync(narrator.hear))
        _count(app, calls)


def _both_edit(stage: Theatre, narrator: Narrator, calls: dict[str, int]) -> int:
    narrator.act("edit", "Ana and Ben edit the same issues at the same time, Ana in Jira, Ben on GitHub; then one sync.")
    with stage.app(read_only=True) as app:
        first, second = _pair(app, "PAY-1"), _pair(app, "PAY-2")
    planning, building = stage.stages[PLANNING], stage.stages[BUILDING]
    planning.edit("PAY-1", "ana", title="Refunds: amounts are wrong after daylight saving", label="q3-goal")
    building.edit(first, "ben", status=Status.DONE, label="regression")
    planning.edit("PAY-2", "ana", title="Refunds: the page must answer within a second")
    building.edit(second, "ben", title="Refunds: spinner never stops when the network is slow")
    stage.clock.sleep(60)
    with stage.app() as app:
        report = app.engine.sync(narrator.hear)
        narrator.report(report)
        _count(app, calls)
    return report.tally.of("ingested")


def _pair(app: App, key: str) -> str:
    """The other system's record of the same item."""
    return next(name for name in reading.explain(app.store, key, "title").records if name != key)


def _conflict(stage: Theatre, narrator: Narrator) -> int:
    narrator.act("explain", "Both kept: what could be merged was; what could not waits with both values.")
    with stage.app(read_only=True) as app:
        found = reading.conflicts(app.store)
        narrator.conflicts(found)
        narrator.explanation(reading.explain(app.store, "PAY-1", "status", Naming(app.setup, app.store)))
    return len(found)


def _desk(stage: Theatre, narrator: Narrator) -> None:
    narrator.act(
        "desk", "The first ticket names PAY-1, which Ben has closed: whoever answers the customer sees it in the ticket."
    )
    with stage.app(read_only=True) as app:
        key = f"{LINES[0].queue}#1"
        narrator.explanation(reading.explain(app.store, key, "roadmap", Naming(app.setup, app.store)))


def _again(stage: Theatre, narrator: Narrator, calls: dict[str, int]) -> int:
    narrator.act("sync", "Once more, with nothing changed: nothing is written.")
    stage.clock.sleep(60)
    with stage.app() as app:
        report = app.engine.sync(narrator.hear)
        narrator.report(report)
        _count(app, calls)
    return report.tally.of("sent")


def _count(app: App, calls: dict[str, int]) -> None:
    for called, count in app.calls.counts().items():
        calls[called.system] += count
