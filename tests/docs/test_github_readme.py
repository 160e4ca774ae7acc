"""The capability table in the GitHub connector's README says what the code says."""

from __future__ import annotations

import dataclasses

from pmsync.connect.capabilities import Full, Partial, Unsupported
from pmsync_github.connector import CAPABILITIES

WORDS = {Full: "yes", Partial: "in part", Unsupported: "no"}


def table():
    lines = ["| capability | | why |", "| --- | --- | --- |"]
    for field in dataclasses.fields(CAPABILITIES):
        support = getattr(CAPABILITIES, field.name)
        if isinstance(support, tuple(WORDS)):
            lines.append(
                f"| {field.name.replace('_', ' ')} | {WORDS[type(support)]} | {getattr(support, 'reason', '')} |".replace(
                    "  |", " |"
                )
            )
    return "\n".join(lines)


def test_capability_table_is_fresh(project_root):
    readme = (project_root / "connectors" / "pmsync_github" / "README.md").read_text()
    assert readme.endswith(f"<!-- capabilities -->\n{table()}\n"), f"the table should read\n\n{table()}"
