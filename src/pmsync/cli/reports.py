"""How a run ended, in words and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pmsync.cli.shell import clean

if TYPE_CHECKING:
    from rich.text import Text

    from pmsync.engine.engine import Report

_WORDS = (
    ("pulled", "changed records read"),
    ("adopted", "records linked to items"),
    ("created_item", "new items"),
    ("ingested", "values taken over"),
    ("sent", "writes sent"),
    ("confirmed", "writes confirmed"),
    ("dropped", "writes dropped: their target moved"),
    ("rejected", "writes refused"),
    ("not_sent", "writes not sent yet"),
    ("waiting", "writes whose answer was lost, still in doubt"),
    ("later", "places on trial: the rest follows with the next run"),
    ("conflict", "new conflicts: pmsync conflicts"),
    ("quarantined", "records set aside"),
    ("skipped", "things left alone, see above"),
)


def as_json(report: Report) -> dict[str, Any]:
    """One object: run, counts, what failed and what stops or waits, with its remedy, what is held, exit code."""
    held = len(report.held.held) if report.held else 0
    return {
        "run": report.run,
        "counts": report.tally.counts,
        "held": held,
        "refused": report.refused,
        "failures": failures(report),
        "stops": [{"what": clean(what), "remedy": clean(hint)} for what, hint in report.tally.stops.items()],
        "exit_code": report.exit_code,
    }


def failures(report: Report) -> list[dict[str, str]]:
    """What failed, each with its remedy ("" where there is none)."""
    return [{"what": clean(what), "remedy": clean(hint)} for what, hint in report.tally.failures]


def as_text(report: Report) -> Text:
    """One line a count; a quiet run says so."""
    from rich.text import Text

    text = Text()
    for kind, words in _WORDS:
        if count := report.tally.of(kind):
            text.append(f"{count:>7,}  ", style="bold").append(f"{words}\n")
    if report.held is not None and report.held.held:
        text.append(f"{len(report.held.held):>7,}  ", style="bold yellow")
        text.append("writes held for a person: pmsync apply held\n")
    if report.refused:
        text.append(f"{report.refused:>7,}  ", style="bold yellow")
        text.append("refused writes rest, tried again later: pmsync status\n")
    if failed := len(report.tally.failures):
        text.append(f"{failed:>7,}  ", style="bold red").append("failures, see above\n")
    if not text.plain:
        text.append("everything agrees; nothing was written\n")
    text.append(f"run {report.run[:8]}", style="dim")
    return text
