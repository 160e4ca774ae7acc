"""score: what the roadmaps' items score, the priorities that follow, and every step between the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pmsync.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile
from pmsync.cli.shell import clean, guarded, opened, print_json, stdout

if TYPE_CHECKING:
    from pmsync.engine.scores import Scored


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(score)


@guarded
def score(
    item: Annotated[str | None, typer.Argument(help="One item of a roadmap, by its key: every step of its priority.")] = None,
    approve: Annotated[
        bool, typer.Option("--approve", help="Let all priorities move that want to; the next plan or sync carries them on.")
    ] = False,
    config: ConfigFile = DEFAULT_CONFIG,
    json: AsJson = False,
) -> None:
    """What the items of the roadmaps score, and which priorities follow."""
    from pmsync.connect.errors import ConfigError
    from pmsync.engine.scores import preview

    with opened(config) as app:
        if app.setup.scoring is None:
            raise ConfigError("no score decides priorities here", hint="in the config, fields: {priority: {owner: score}}")
        if approve:
            app.engine.score(lambda event: None, approved=True)
        scored = preview(app.setup, app.store)
    rows = _rows(scored)
    if item is not None:
        _show_one(scored, item, json=json)
    elif json:
        print_json({"items": rows, "held": scored.decided.held, "asked": scored.decided.asked, "limit": scored.decided.limit})
    else:
        _show_all(scored, rows)


def _rows(scored: Scored) -> list[dict[str, object]]:
    """One object an item, the best score first; those without a score last."""
    from pmsync.engine.scores import why
    from pmsync.product.evidence import Score

    rows: list[dict[str, object]] = []
    for ruling in scored.decided.rulings:
        outcome = scored.contenders[ruling.key].score
        rows.append(
            {
                "item": ruling.key,
                "score": outcome.value if isinstance(outcome, Score) else None,
                "rank": ruling.reach.rank if ruling.reach is not None else None,
                "before": ruling.before,
                "priority": ruling.priority,
                "wanted": ruling.wanted,
                "source": ruling.source,
                "soft": ruling.reach.soft if ruling.reach is not None else None,
                "override": ruling.override,
                "warning": ruling.warning,
                "why": why(ruling),
            }
        )
    return sorted(rows, key=_order)


def _order(row: dict[str, object]) -> tuple[bool, float, str]:
    value = row["score"]
    return value is None, -float(value) if isinstance(value, int | float) else 0.0, str(row["item"])


def _show_one(scored: Scored, name: str, *, json: bool) -> None:
    from pmsync.config.problems import nearest
    from pmsync.connect.errors import ConfigError
    from pmsync.product.telling import explain

    keys = [key for key in scored.contenders if name in (key, key.partition("/")[2])]
    if len(keys) != 1:
        said = f"several product lines have an item {name!r}" if keys else f"there is no item {name!r} in the roadmaps"
        raise ConfigError(said, hint=", ".join(keys) or nearest(name, scored.contenders))
    lines = explain(scored.decided.ruling(keys[0]), scored.contenders[keys[0]].score)
    if json:
        print_json({"item": keys[0], "lines": list(lines)})
        return
    for line in lines:
        stdout().print(clean(line))


def _show_all(scored: Scored, rows: list[dict[str, object]]) -> None:
    from rich.table import Table

    table = Table("item", "score", "rank", "priority", "why", box=None, padding=(0, 2, 0, 0))
    for row in rows:
        value, before, after = row["score"], row["before"] or "unset", row["wanted"] or "unset"
        moved = f"{after}" if before == after else f"{before} -> {after}"
        shown = f"{value:,.6g}" if isinstance(value, int | float) else "–"
        rank = f"{row['rank']}{'' if row['soft'] is False else ' soft'}" if row["rank"] is not None else "–"
        table.add_row(clean(str(row["item"])), shown, rank, moved, clean(str(row["why"])))
    stdout().print(table)
    decided = scored.decided
    if decided.held:
        stdout().print(f"{decided.asked:,} priorities would move, more than {decided.limit:,} at once: pmsync score --approve")
    else:
        stdout().print(f"{decided.asked:,} priorities would move with the next plan or sync")
