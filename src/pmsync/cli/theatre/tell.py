"""Telling the demo on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from pmsync.app import App
from pmsync.cli import plans, reports
from pmsync.cli.explaining import conflict_lines, explanation_lines
from pmsync.cli.watch import Digest
from pmsync.engine.engine import Report
from pmsync.engine.events import Event
from pmsync.engine.reading import ConflictState, Explanation
from pmsync.reconcile.plan import Plan

SHOWN = 18
"""How many changes of the first plan are shown."""


SPOKEN = frozenset({"conflict", "overruled", "overwritten", "failed", "parked", "rejected", "quarantined", "skipped"})
"""What of a run is told: only what a person would want to know."""


class Teller:
    """A narrator that prints; see ``play.Narrator``."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._digest = Digest(SPOKEN)

    def act(self, title: str, words: str) -> None:
        """A heading."""
        self._console.print()
        self._console.print(Rule(Text(title, style="bold"), align="left"))
        self._console.print(Text(words, style="italic"))
        self._console.print()

    def plan(self, app: App, plan: Plan) -> None:
        """An excerpt and the sum."""
        self._told()
        self._console.print(plans.as_table(plans.show(app, plan, rows=SHOWN)))

    def report(self, report: Report) -> None:
        """How a run ended."""
        self._told()
        self._console.print(reports.as_text(report))

    def conflicts(self, found: list[ConflictState]) -> None:
        """Every side of each."""
        for line in conflict_lines(found):
            self._console.print(line)

    def explanation(self, found: Explanation) -> None:
        """Field by field."""
        self._console.print()
        for line in explanation_lines(found):
            self._console.print(line)

    def hear(self, event: Event) -> None:
        """Kept until the run is over, so that nothing is told twice."""
        self._digest.take(event)

    def _told(self) -> None:
        for line in self._digest.lines():
            self._console.print(line)


class Silent:
    """A narrator that says nothing, for ``--json``."""

    def act(self, title: str, words: str) -> None:
        """Nothing."""

    def plan(self, app: App, plan: Plan) -> None:
        """Nothing."""

    def report(self, report: Report) -> None:
        """Nothing."""

    def conflicts(self, found: list[ConflictState]) -> None:
        """Nothing."""

    def explanation(self, found: Explanation) -> None:
        """Nothing."""

    def hear(self, event: Event) -> None:
        """Nothing."""
