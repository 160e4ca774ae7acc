"""Titles are the same when a person would say so: width, case and white space aside."""

from __future__ import annotations

import unicodedata


def title_key(title: str) -> str:
    """What makes two titles the same: NFKC, case folded, white space collapsed and trimmed."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", title).casefold())
    return " ".join(folded.split())
