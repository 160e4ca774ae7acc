"""Reports from the opened application: what they are made from, and how they are shown or written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pmsync.cli.shell import clean, complain, print_json, stderr, stdout
from pmsync.config.problems import nearest
from pmsync.config.units import seconds
from pmsync.connect.errors import ConfigError
from pmsync.model.customers import Customer
from pmsync.product.demand import DemandPolicy, RateMissing
from pmsync.reports import Document, Table, customers, flow, plain, teamwork, triage
from pmsync.reports.csvs import csv_text
from pmsync.reports.document import Shape, cell_text
from pmsync.reports.html import html
from pmsync.reports.markdown import markdown
from pmsync.reports.scene import DAY, Scene
from pmsync.reports.stock import take
from pmsync.sheets import Complaint, read_customers
from pmsync.sheets.customers import Usual

if TYPE_CHECKING:
    from rich.table import Table as RichTable

    from pmsync.app import App

TOLD = 20
"""How many complaints about lists are told one by one."""
MAKERS = {
    "demand": customers.demand_report,
    "closeloop": customers.closeloop_report,
    "changes": teamwork.changes_report,
    "blocked": teamwork.blocked_report,
    "releases": teamwork.releases_report,
    "flow": flow.flow_report,
    "triage": triage.triage_report,
}


def scene_of(app: App, product: str | None, since: str) -> Scene:
    """What a report of one product, or of all, is made from.

    Raises:
        ConfigError: there is no such product, ``since`` is no duration, or a list of customers cannot be read.
    """
    check_product(app, product)
    try:
        back = seconds(since)
    except ValueError as error:
        raise ConfigError(f"--since {since}: {error}", hint="--since 14d") from None
    now = app.clock.now()
    with app.store.transaction() as tx:
        journal = tx.journal.after(now - back)
    return Scene(take(app.store, product), customers_of(app), policy_of(app), now, now - back, journal)


def customers_of(app: App) -> Mapping[str, Customer]:
    """The customers that the config's lists name. What is wrong with a row is told on stderr, and the others count."""
    told: list[Complaint] = []
    folder, usual = Path(app.config.path).parent, Usual(app.config.root.demand.currency, tuple(app.config.systems))
    found = read_customers([folder / name for name in app.config.root.customers], usual, told.append)
    for one in told[:TOLD]:
        complain(str(one), one.remedy)
    if len(told) > TOLD:
        complain(f"and {len(told) - TOLD:,} rows more")
    return found


def policy_of(app: App) -> DemandPolicy:
    """How demand is counted, as the config says."""
    said = app.config.root.demand
    return DemandPolicy(said.currency, said.rates, said.half_life / DAY, said.whale_cap, said.prospect, said.tiers)


def check_product(app: App, product: str | None) -> None:
    """See that the config has such a product.

    Raises:
        ConfigError: it has none.
    """
    if product is not None and product not in app.config.root.products:
        raise ConfigError(f"there is no product {product!r}", hint=nearest(product, app.config.root.products))


def make(name: str, scene: Scene) -> Document:
    """The report of that name.

    Raises:
        ConfigError: a customer pays in a currency without a rate.
    """
    try:
        return MAKERS[name](scene)
    except RateMissing as error:
        worth = f"what one {error.currency} is worth in {scene.policy.currency}"
        hint = f"in the config, demand: {{rates: {{{error.currency}: 1.0}}}}, with {worth}"
        raise ConfigError(f"a customer pays in {error.currency}, which has no rate", hint=hint) from None


def show(document: Document, shape: str, output: Path | None) -> None:
    """Print the report, or write it to a file and say where it is.

    Raises:
        ConfigError: the file cannot be written.
    """
    if output is None and shape == "table":
        _print(document)
    elif output is None and shape == "json":
        print_json(plain(document))
    else:
        text = _text(document, shape)
        if output is None:
            stdout().print(visible(text), end="")
        else:
            write(text, output)


def _text(document: Document, shape: str) -> str:
    import json

    if shape == "json":
        return json.dumps(plain(document), indent=2, ensure_ascii=False) + "\n"
    makers = {"md": markdown, "html": html, "csv": csv_text, "table": markdown}
    if shape not in makers:
        raise ConfigError(f"{document.name} is no diagram", hint="mermaid is for: pmsync report roadmap")
    return makers[shape](document)


def visible(text: str) -> str:
    """What a terminal would obey is shown instead; what ends a line stays."""
    return "\n".join(clean(line) for line in text.replace("\r\n", "\n").split("\n"))


def write(text: str, output: Path) -> None:
    """Whole or not at all: written beside its place, then moved there."""
    beside = output.with_name(f".{output.name}.part")
    try:
        beside.write_text(text, encoding="utf-8", newline="")
        beside.replace(output)
    except OSError as error:
        raise ConfigError(f"{output} cannot be written: {error.strerror}", hint="name another file with -o") from None
    stderr().print(f"written: {output.absolute()}")


def _print(document: Document) -> None:
    from rich.text import Text

    console = stdout()
    console.print(Text(document.title, style="bold"))
    for text in document.lead:
        console.print(clean(text))
    for table in document.tables:
        console.print()
        console.print(Text(table.title, style="bold"))
        console.print(_rich(table) if table.rows else clean(table.empty))
        if table.note:
            console.print(Text(table.note, style="dim"))
    for remark in document.remarks:
        console.print(Text(remark, style="dim"))


def _rich(table: Table) -> RichTable:
    from rich.table import Table as RichTable

    shown = RichTable(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for column in table.columns:
        shown.add_column(column.title, justify="left" if column.shape is Shape.TEXT else "right", overflow="fold")
    for row in table.rows:
        shown.add_row(*(clean(cell_text(cell, column.shape)) for cell, column in zip(row, table.columns, strict=True)))
    return shown
