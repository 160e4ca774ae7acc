"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", envvar="PMSYNC_CONFIG", help="The config file.", show_default="pmsync.yaml")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else.")]
Scopes = Annotated[list[str] | None, typer.Option("--scope", "-s", help="Only this scope (system:container); may be repeated.")]
DEFAULT_CONFIG = Path("pmsync.yaml")
