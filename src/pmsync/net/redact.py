"""Secrets stay out of every text: known ones in all their spellings, and whatever looks like a token."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "***"

_SHORTEST = 4
"""Shorter texts are no secrets, and replacing them would make every message unreadable."""

_SHAPES = re.compile(
    r"""
    (?P<keep> \b(?:bearer|token)[ ]+ (?=[^\s'",;]*[0-9_=]) | \bbasic[ ]+ (?=[^\s'",;]*(?-i:[A-Z0-9=])) ) [^\s'",;]{8,}
    | (?P<scheme> [a-z][a-z0-9+.-]*:// ) [^\s/@'"]+ (?=@)
    | \bgh[opsur]_[A-Za-z0-9]{10,}
    | \bgithub_pat_[A-Za-z0-9_]{10,}
    | \bATATT[A-Za-z0-9_=-]{10,}
    """,
    re.VERBOSE | re.IGNORECASE,
)


class Redactor:
    """Replaces every known secret, and every well-known token shape, by ``***``. Its repr tells nothing."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._known = re.compile(r"(?!)")
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Learn further secrets; those of fewer than four characters are ignored."""
        fresh = {secret for secret in secrets if len(secret.strip()) >= _SHORTEST} - self._secrets
        if fresh:
            self._secrets |= fresh
            spellings = {spelling for secret in self._secrets for spelling in _spellings(secret)}
            longest_first = sorted(spellings, key=lambda text: (-len(text), text))
            self._known = re.compile("|".join(map(re.escape, longest_first)))

    def text(self, text: str) -> str:
        """``text`` without secrets."""
        return _SHAPES.sub(_masked, self._known.sub(MASK, text))

    def value(self, value: Any) -> Any:
        """A log value without secrets: texts, containers of them, and objects whose repr would tell one."""
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.value(key): self.value(part) for key, part in value.items()}
        if isinstance(value, list | tuple | set | frozenset) and not hasattr(value, "_fields"):
            return type(value)(self.value(part) for part in value)
        shown = repr(value)
        clean = self.text(shown)
        return value if clean == shown else clean


def redact_processor(redactor: Redactor) -> Callable[[Any, str, MutableMapping[str, Any]], MutableMapping[str, Any]]:
    """A structlog processor that clears each event; it belongs after the one that formats exceptions."""

    def processor(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {redactor.text(key): redactor.value(value) for key, value in event.items()}

    return processor


class RedactingFilter(logging.Filter):
    """The same for the standard library's logging (what SDKs write): message, arguments and traceback are cleared."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Clear the record; it is always let through."""
        record.msg, record.args = self._redactor.text(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self._redactor.text(record.exc_text)
            record.exc_info = None
        return True


def _masked(match: re.Match[str]) -> str:
    return (match["keep"] or match["scheme"] or "") + MASK


def _spellings(secret: str) -> Iterator[str]:
    """The secret as it may stand in a text: plain, URL-quoted, JSON- and repr-escaped, and inside base64 after any login."""
    yield secret
    yield secret.strip()
    yield quote(secret, safe="")
    yield quote_plus(secret, safe="")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    raw = secret.encode("utf-8", "surrogatepass")
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            core = _base64_core(raw, shift, encode)
            if len(core) >= 8:
                yield core


def _base64_core(raw: bytes, shift: int, encode: Callable[[bytes], bytes]) -> str:
    """The base64 letters that depend on ``raw`` alone when it begins ``shift`` bytes into a group of three."""
    text = encode(bytes(shift) + raw).decode().rstrip("=")
    first = (0, 2, 3)[shift]
    whole = (shift + len(raw)) // 3 * 4
    return text[first:whole]
