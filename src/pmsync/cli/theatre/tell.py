"""Telling the demo on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from pmsync.app import App
from pmsync.cli import plans, reports
from pmsync.cli.explaining import conflict_lines, explanation_lines
from pmsync.cli.shell import clean
from pmsync.engine.engine import Report
from pmsync.engine.events import Event
from pmsync.engine.reading import ConflictState, Explanation
from pmsync.reconcile.plan import Plan

SHOWN = 12
"""Rows of the first plan that are shown."""


class Teller:
    """A narrator that prints; see ``play.Narrator``."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def act(self, title: str, words: str) -> None:
        """A heading."""
        self._console.print()
        self._console.print(Rule(Text(title, style="bold"), align="left"))
        self._console.print(Text(words, style="italic"))
        self._console.print()

    def plan(self, app: App, plan: Plan) -> None:
        """The first rows and the sum."""
        self._console.print(plans.as_table(plans.show(app, plan, rows=SHOWN)))

    def report(self, report: Report) -> None:
        """How a run ended."""
        self._console.print(reports.as_text(report))

    def conflicts(self, found: list[ConflictState]) -> None:
        """Every side of each."""
        for line in conflict_lines(found):
            self._console.print(line)

    def explanation(self, found: Explanation) -> None:
        """Field by field."""
        for line in explanation_lines(found):
            self._console.print(line)

    def hear(self, event: Event) -> None:
        """Only what a person would want to know."""
        if event.kind in ("conflict", "overruled", "failed", "parked", "rejected", "quarantined"):
            self._console.print(Text(f"{event.kind:>11}  {clean(event.text)}", style="yellow"))


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
