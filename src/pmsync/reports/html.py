"""A report as one HTML page that needs nothing else: styles and charts are in it, scripts are not. It reads on a phone, in the dark and in print."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from pmsync.reports.document import Cell, Document, Shape, Table, cell_text

LINE, WIDTH, LABEL, VALUE = 28, 720, 260, 90
"""Pixels of a chart: the height of a bar with its gap, all of it, what its name takes, what its number takes."""
LONGEST = 32
"""Characters of a bar's name."""
BARS = 15
"""How many bars a chart has at most: more are read in the table."""

STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#dfe4ea;--paper:#fff;--bar:#2f6fde;--band:#f5f7fa}
@media(prefers-color-scheme:dark){:root{--ink:#e7ebf0;--soft:#9aa6b5;--line:#323b47;--paper:#14181e;--bar:#6ea3ff;--band:#1b2129}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:62rem;background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .75rem}h2{font-size:1.15rem;margin:2.25rem 0 .6rem}
p{margin:.35rem 0}.lead{font-size:1.05rem}.soft,footer{color:var(--soft);font-size:.875rem}footer{margin-top:2.5rem}
.wide{overflow-x:auto;border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.925rem}
th,td{padding:.5rem .75rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th{background:var(--band);color:var(--soft);font-weight:600;white-space:nowrap}tr:last-child td{border-bottom:0}
.n{text-align:right;white-space:nowrap}td{overflow-wrap:anywhere;min-width:4.5rem}
svg{width:100%;height:auto;margin:.25rem 0 1rem}svg text{fill:var(--ink);font-size:13px}svg .v{fill:var(--soft)}svg rect{fill:var(--bar)}
@media print{body{max-width:none;padding:0;font-size:11pt}.wide{border:0;overflow:visible}h2,svg,tr{break-inside:avoid}}
"""


def html(document: Document) -> str:
    """The report as one page."""
    title = escape(document.title)
    body = [f"<h1>{title}</h1>", *(f'<p class="lead">{escape(text)}</p>' for text in document.lead)]
    for table in document.tables:
        body += _section(table)
    body += [f'<p class="soft">{escape(remark)}</p>' for remark in document.remarks]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{STYLE}</style></head>\n<body>"
        + "\n".join(body)
        + f"\n<footer>pmsync · {escape(document.at)}</footer></body></html>\n"
    )


def _section(table: Table) -> Iterator[str]:
    yield f"<h2>{escape(table.title)}</h2>"
    if not table.rows:
        yield f'<p class="soft">{escape(table.empty)}</p>'
        return
    if table.bars:
        yield _chart(table)
    yield _table(table)
    if table.note:
        yield f'<p class="soft">{escape(table.note)}</p>'


def _table(table: Table) -> str:
    marks = ["" if column.shape is Shape.TEXT else ' class="n"' for column in table.columns]
    head = "".join(f"<th{mark}>{escape(column.title)}</th>" for mark, column in zip(marks, table.columns, strict=True))
    rows = []
    for row in table.rows:
        cells = zip(marks, row, table.columns, strict=True)
        rows.append(
            "<tr>" + "".join(f"<td{mark}>{escape(cell_text(cell, one.shape))}</td>" for mark, cell, one in cells) + "</tr>"
        )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _chart(table: Table) -> str:
    """One column as bars, named by the first; the table below says the same in words."""
    at = next(number for number, column in enumerate(table.columns) if column.name == table.bars)
    shown = [row for row in table.rows if _size(row[at]) > 0][:BARS]
    if not shown:
        return ""
    most, room = max(_size(row[at]) for row in shown), WIDTH - LABEL - VALUE
    bars = []
    for number, row in enumerate(shown):
        top, width = number * LINE, max(2.0, room * _size(row[at]) / most)
        name, value = _short(str(row[0])), cell_text(row[at], table.columns[at].shape)
        bars.append(
            f'<text x="{LABEL - 10}" y="{top + 18}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{LABEL}" y="{top + 5}" width="{width:.1f}" height="{LINE - 10}" rx="3"/>'
            f'<text class="v" x="{LABEL + width + 8:.1f}" y="{top + 18}">{escape(value)}</text>'
        )
    title = escape(f"{table.title}: {table.columns[at].title}")
    return f'<svg viewBox="0 0 {WIDTH} {len(shown) * LINE}" role="img" aria-label="{title}">{"".join(bars)}</svg>'


def _size(cell: Cell) -> float:
    return 0.0 if cell is None or isinstance(cell, str) else float(cell)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
