"""Telling a GraphQL query from a mutation without a schema, for the read-only fence. When in doubt it is no read."""

from __future__ import annotations

import re
from typing import Any

_TOKENS = re.compile(
    r'"""(?:\\"""|[^"]|"(?!""))*"""|"(?:\\.|[^"\\\n])*"|#[^\n\r]*|[{}()\[\]]|[_A-Za-z][_0-9A-Za-z]*|[^\S\n]+|.', re.DOTALL
)
_CHANGES = frozenset({"mutation", "subscription"})


def is_query(body: Any) -> bool:
    """Whether a parsed GraphQL request body can only read: no operation in its document is a mutation or subscription."""
    document = body.get("query") if isinstance(body, dict) else None
    return isinstance(document, str) and _only_reads(document)


def _only_reads(document: str) -> bool:
    """Looks at the words outside of all brackets, where operations are declared; strings and comments are skipped."""
    depth, selections = 0, 0
    for match in _TOKENS.finditer(document):
        word = match[0]
        if word in "{([":
            selections += word == "{"
            depth += 1
        elif word in "})]":
            depth -= 1
        elif (depth <= 0 and word in _CHANGES) or word == '"':
            return False
    return depth == 0 and selections > 0
