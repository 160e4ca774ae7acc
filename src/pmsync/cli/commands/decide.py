"""resolve, link, unlink: what only a person can decide. Local; the next plan or sync carries it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pmsync.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile
from pmsync.cli.shell import clean, guarded, opened, print_json, stdout, whoami

if TYPE_CHECKING:
    from pmsync.app import App
    from pmsync.model.values import Settled


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(resolve)
    app.command()(link)
    app.command()(unlink)


@guarded
def resolve(
    conflict: Annotated[
        str, typer.Argument(help="A conflict, as `pmsync conflicts` shows it; or a write in doubt with --abandon.")
    ],
    take: Annotated[str, typer.Option("--take", help="The system whose value wins.")] = "",
    value: Annotated[
        str | None, typer.Option("--value", help="A value of your own, in pmsync's words (status: done); labels with commas.")
    ] = None,
    abandon: Annotated[
        bool, typer.Option("--abandon", help="Give up on a write whose answer was lost, after looking by hand.")
    ] = False,
    config: ConfigFile = DEFAULT_CONFIG,
    json: AsJson = False,
) -> None:
    """End a conflict: choose a side or give a value. Every system gets it with the next sync."""
    from pmsync.connect.errors import ConfigError
    from pmsync.engine import reading
    from pmsync.engine.person import Choice

    if abandon and (take or value is not None):
        raise ConfigError("a write that is given up on has no value", hint="leave --take and --value out, or --abandon")
    if not abandon and bool(take) == (value is not None):
        raise ConfigError("say which value wins", hint="--take SYSTEM, or --value TEXT")
    with opened(config, read_only=True) as app:
        if abandon:
            app.engine.abandon(conflict)
            _say(json, f"given up on {conflict}; its item is planned anew", {"abandoned": conflict})
            return
        choice = Choice(take, None if value is None else _wanted(app, conflict, value))
        chosen = app.engine.resolve_conflict(conflict, choice, whoami())
    document = {"conflict": conflict, "value": reading.plain(chosen)}
    _say(json, f"resolved to {reading.show(chosen)}; pmsync sync carries it out", document)


def _wanted(app: App, conflict: str, text: str) -> Settled:
    """The value in the vocabulary of the conflict's field. For a conflict that does not exist, the text as it is: the engine says so."""
    from pmsync.cli.values import parse
    from pmsync.model.values import known

    with app.store.transaction() as tx:
        row = tx.conflicts.get(conflict)
    return known(text) if row is None else parse(row.dispute.field, text)


@guarded
def link(
    keep: Annotated[
        str | None, typer.Argument(help="Key or URL of a record whose item is kept; without it, suggestions are listed.")
    ] = None,
    other: Annotated[str | None, typer.Argument(help="Key or URL of the record to tie to it.")] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    json: AsJson = False,
) -> None:
    """Tie two records that are the same thing; without arguments, list pairs that look alike."""
    from pmsync.connect.errors import ConfigError

    if keep is not None and other is None:
        raise ConfigError("link needs two records", hint="pmsync link PAY-7 acme/api#12")
    with opened(config, read_only=True) as app:
        if keep is None or other is None:
            _suggest(app, json)
            return
        made = app.engine.link(keep, other)
    _say(json, f"{other} and {keep} are one item now; pmsync plan shows what follows", {"item": made.item, "link": made.uid})


def _suggest(app: App, json: bool) -> None:
    from rich.table import Table

    from pmsync.engine.likeness import suggestions

    pairs = suggestions(app.setup, app.store)
    if json:
        print_json([{"keep": pair.keep, "other": pair.other, "score": pair.score, "why": pair.why} for pair in pairs])
        return
    if not pairs:
        stdout().print("no unlinked records look alike")
        return
    table = Table("score", "record", "title", "record", "title", box=None)
    for pair in pairs:
        table.add_row(f"{pair.score:.2f}", *map(clean, (pair.keep, pair.keep_title, pair.other, pair.other_title)))
    stdout().print(table)
    stdout().print("tie a pair with: pmsync link RECORD RECORD")


@guarded
def unlink(
    record: Annotated[str, typer.Argument(help="Key or URL of the record.")],
    config: ConfigFile = DEFAULT_CONFIG,
    json: AsJson = False,
) -> None:
    """Take a record out of management: nothing more is read from it or written to it."""
    with opened(config, read_only=True) as app:
        ended = app.engine.unlink(record)
    _say(json, f"{ended.key} is not managed any more", {"link": ended.uid, "item": ended.item})


def _say(json: bool, words: str, document: dict[str, object]) -> None:
    if json:
        print_json(document)
    else:
        stdout().print(clean(words))
