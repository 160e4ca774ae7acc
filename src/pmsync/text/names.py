"""The names of records that stand in a text: addresses, and keys such as ``PAY-7`` or ``acme/api#12``. Pure."""

from __future__ import annotations

import re

_URLS = re.compile(r"https?://[^\s<>()\[\]\"'`]*[^\s<>()\[\]\"'`.,;:!?*_~]")
_KEYS = re.compile(r"(?<![\w/.#-])(?:[A-Z][A-Z0-9_]{1,30}-[1-9]\d{0,8}|[\w.-]+/[\w.-]+#[1-9]\d{0,8})\b(?![\w/-])")


def names_in(text: str) -> list[str]:
    """The addresses in their order, then the keys; keys within addresses do not count by themselves."""
    return [*_URLS.findall(text), *_KEYS.findall(_URLS.sub(" ", text))]
