"""Words of a remote made fit for an error message (cleared of secrets, one line, short, without control characters), and its dates."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

SHOWN = 80
"""Characters of a foreign body shown in a message."""

_TOLD = 300
_LOOKED_AT = 4096
_SAYING = ("message", "errorMessages", "error", "errors", "error_description", "detail", "description")


def escape(text: str) -> str:
    """``text`` on one line, with everything unprintable (control characters, direction overrides) shown as an escape."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in text)


def excerpt(content: bytes, redact: Callable[[str], str], limit: int = SHOWN) -> str:
    """The first ``limit`` characters of a body, redacted before they are cut so that no half of a secret stays."""
    text = escape(redact(content[:_LOOKED_AT].decode("utf-8", "replace")).strip())
    return text if len(text) <= limit else text[:limit] + "..."


def own_words(content: bytes, redact: Callable[[str], str]) -> str:
    """What the remote says is wrong: its JSON's usual message members joined, else the beginning of the body."""
    try:
        said = list(_sayings(json.loads(content)))
    except (ValueError, RecursionError):
        said = []
    if not said:
        return excerpt(content, redact)
    text = escape(redact("; ".join(dict.fromkeys(said))))
    return text if len(text) <= _TOLD else text[:_TOLD] + "..."


def _sayings(body: Any) -> Iterator[str]:
    if isinstance(body, dict):
        for key in _SAYING:
            if key in body:
                yield from _leaves(body[key], "")


def _leaves(value: Any, name: str) -> Iterator[str]:
    """The texts in a message member; those of a mapping are told with their key (``priority: not on the screen``)."""
    if isinstance(value, str):
        if value:
            yield f"{name}: {value}" if name else value
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part, name)
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, str(key))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """When ``Retry-After`` asks us to come back, in Unix seconds; None when it is absent or unreadable.

    Whole and fractional seconds and HTTP dates are read. A date counts from the answer's own ``Date``, so that a server clock that
    runs apart from ours does no harm. ``headers`` maps lower-case names.
    """
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        wanted, sent = _date(value), sent_at(headers)
        return wanted if wanted is None or sent is None else now + max(0.0, wanted - sent)
    return now + seconds if 0 <= seconds < float("inf") else None


def sent_at(headers: Mapping[str, str]) -> float | None:
    """The server's clock when it answered: the ``Date`` header in Unix seconds; None when it is absent or unreadable."""
    return _date(headers.get("date", ""))


def _date(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except ValueError:
        return None
