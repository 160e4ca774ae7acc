"""The options that several commands share, and what a shell offers for them on the tabulator key."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_CONFIG = Path("pmsync.yaml")


def complete_scope(ctx: typer.Context, incomplete: str) -> list[str]:
    """The scopes that the config names; none while it cannot be read."""
    return [name for name in _names(ctx) if ":" in name and name.startswith(incomplete)]


def complete_system(ctx: typer.Context, incomplete: str) -> list[str]:
    """The systems that the config names; none while it cannot be read."""
    return [name for name in _names(ctx) if ":" not in name and name.startswith(incomplete)]


def complete_target(ctx: typer.Context, incomplete: str) -> list[str]:
    """The systems and scopes that the config names; none while it cannot be read."""
    return [name for name in _names(ctx) if name.startswith(incomplete)]


def _names(ctx: typer.Context) -> list[str]:
    from pmsync.app import read_config
    from pmsync.connect.errors import PmsyncError

    given = ctx.params.get("config") or os.environ.get("PMSYNC_CONFIG") or DEFAULT_CONFIG
    try:
        config, _ = read_config(Path(given))
    except PmsyncError:
        return []
    return [*config.systems, *(f"{place.system}:{place.key}" for product in config.products for place in product.places)]


def complete_plan(incomplete: str) -> list[str]:
    """``held``, and the files that may be plans."""
    return [name for name in ("held", *_files(incomplete)) if name.startswith(incomplete)]


def _files(incomplete: str) -> Iterator[str]:
    folder = Path(incomplete if incomplete.endswith("/") else Path(incomplete).parent)
    if folder.is_dir():
        yield from sorted(str(path) for path in folder.glob("*.json"))


ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", envvar="PMSYNC_CONFIG", help="The config file.", show_default="pmsync.yaml")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")]
Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", "-s", help="Only this scope (system:container); may be repeated.", autocompletion=complete_scope),
]
PlanFile = Annotated[
    Path,
    typer.Argument(
        help="A plan that `pmsync plan -o` saved, or `held` for what the last sync held back.", autocompletion=complete_plan
    ),
]
