"""The roadmap as a picture: for one audience, in the form that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pmsync.cli.reporting import check_product, visible, write
from pmsync.cli.shell import stdout
from pmsync.connect.errors import ConfigError
from pmsync.engine.planned import planned
from pmsync.engine.scores import preview, source_scopes
from pmsync.model.enums import Audience
from pmsync.product.evidence import Score, Unusable
from pmsync.product.picture import audience as cutting
from pmsync.product.picture.as_markdown import as_block, as_markdown, put_block
from pmsync.product.picture.as_mermaid import as_gantt
from pmsync.product.picture.page import as_page
from pmsync.product.picture.plain import as_csv, as_json
from pmsync.product.picture.view import View

if TYPE_CHECKING:
    from pmsync.app import App

_FORMS: Mapping[str, Callable[[View], str]] = {
    "table": as_markdown,
    "md": as_markdown,
    "html": as_page,
    "json": as_json,
    "csv": as_csv,
    "mermaid": as_gantt,
}


def view_of(app: App, product: str | None, audience: str) -> View:
    """What ``audience`` may see of the roadmaps of a product, or of all.

    Raises:
        ConfigError: there is no such product, or nothing is planned anywhere.
    """
    check_product(app, product)
    if not source_scopes(app.setup):
        raise ConfigError("no system of the config keeps a roadmap", hint="docs/roadmap.md tells how to start one")
    found = planned(app.setup, app.store, product)
    scores = _scores(app) if app.setup.scoring is not None else {}
    known = cutting.Known(found.rolled, found.priorities, scores)
    today = datetime.fromtimestamp(app.clock.now(), UTC).date()
    return cutting.view_of(found.roadmaps, known, Audience[audience.upper()], today)


def draw(view: View, shape: str, output: Path | None) -> None:
    """Print it, or write it to a file. A Markdown file that is there keeps all that stands around the managed block.

    Raises:
        ConfigError: the file cannot be written, or its block has lost a marker.
    """
    if output is None:
        stdout().print(visible(_FORMS[shape](view)), end="")
    elif shape == "md" and output.exists():
        try:
            write(put_block(output.read_text(encoding="utf-8"), as_block(view)), output)
        except Unusable as error:
            raise ConfigError(f"{output}: {error}", hint=error.remedy) from None
    else:
        write(_FORMS[shape](view), output)


def _scores(app: App) -> dict[str, float]:
    contenders = preview(app.setup, app.store).contenders
    return {key: one.score.value for key, one in contenders.items() if isinstance(one.score, Score)}
