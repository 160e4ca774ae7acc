"""report: what the store knows, told for people, as a table, Markdown, a page, JSON or CSV. Nothing is asked of any system."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pmsync.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile
from pmsync.cli.shell import guarded, opened


class Name(StrEnum):
    """The reports."""

    DEMAND = "demand"
    CLOSELOOP = "closeloop"
    CHANGES = "changes"
    BLOCKED = "blocked"
    RELEASES = "releases"
    FLOW = "flow"
    TRIAGE = "triage"
    ROADMAP = "roadmap"


class Format(StrEnum):
    """How a report is shown."""

    TABLE = "table"
    MD = "md"
    HTML = "html"
    JSON = "json"
    CSV = "csv"
    MERMAID = "mermaid"


class Readers(StrEnum):
    """Who reads the roadmap."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PRIVATE = "private"


_ENDS = {".mmd": Format.MERMAID, ".md": Format.MD, ".html": Format.HTML, ".json": Format.JSON, ".csv": Format.CSV}


def complete_product(ctx: typer.Context, incomplete: str) -> list[str]:
    """The products that the config names; none while it cannot be read."""
    from pmsync.app import read_config
    from pmsync.connect.errors import PmsyncError

    try:
        config, _ = read_config(Path(ctx.params.get("config") or DEFAULT_CONFIG))
    except PmsyncError:
        return []
    return [product.key for product in config.products if product.key.startswith(incomplete)]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


@guarded
def report(
    name: Annotated[Name, typer.Argument(help="Which report.")],
    product: Annotated[
        str | None, typer.Option("--product", "-p", help="Only this product.", autocompletion=complete_product)
    ] = None,
    since: Annotated[str, typer.Option("--since", help="How far back changes and finished work count: 24h, 14d.")] = "30d",
    format: Annotated[  # noqa: A002 - the name of the option
        Format | None, typer.Option("--format", "-f", help="How it is shown; by --output's ending, else a table.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it to this file instead of the terminal.")] = None,
    audience: Annotated[
        Readers, typer.Option("--audience", help="roadmap only: public shows public texts and nothing else.")
    ] = Readers.INTERNAL,
    config: ConfigFile = DEFAULT_CONFIG,
    json: AsJson = False,
) -> None:
    """The roadmap, what is asked for, whom to tell, what is to be sorted, what changed, what waits, what is in a release, how work flows."""
    from pmsync.cli.picturing import draw, view_of
    from pmsync.cli.reporting import make, scene_of, show

    shape = Format.JSON if json else format or _ENDS.get(output.suffix.lower() if output else "", Format.TABLE)
    with opened(config, read_only=True) as app:
        if name is Name.ROADMAP:
            draw(view_of(app, product, audience), shape, output)
            return
        document = make(name, scene_of(app, product, since))
    show(document, shape, output)
