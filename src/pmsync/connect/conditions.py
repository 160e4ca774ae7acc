"""Conditions that people write in a system's own query language, to narrow a scope."""

from __future__ import annotations

import re


def enclosed(where: str | None, quoted: re.Pattern[str], order: re.Pattern[str]) -> str | None:
    """The condition, without blank ends; None for a blank one. ``quoted`` finds its string literals, ``order`` its ORDER BY.

    Raises:
        ValueError: it would reach beyond the parentheses that a scope's query puts around it.
    """
    if where is None or not where.strip():
        return None
    bare = quoted.sub("", where)
    if '"' in bare or "'" in bare:
        raise ValueError("the condition has a quote that is never closed")
    depth = 0
    for char in bare:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth < 0:
            raise ValueError("the condition closes a parenthesis that it never opened")
    if depth:
        raise ValueError("the condition has a parenthesis that is never closed")
    if order.search(bare):
        raise ValueError("the condition must not hold ORDER BY: pmsync chooses the order")
    return where.strip()
