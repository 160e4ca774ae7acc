"""Files that hang on an issue, and pictures that only some can open: what a text says instead of showing them. Pure.

An attachment of Jira opens only for people who can sign in there, so that its address stays in Jira: outside it goes by its name. A picture
that was uploaded to GitHub opens only for people who can read its repository, so that Jira shows a link in place of a broken picture.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from pmsync_jira.adf.nodes import Node, walk

ATTACHMENT = re.compile(
    r"https?://[^\s/<>]+(?:/[^\s/<>]+)?/"
    r"(?:secure/(?:attachment|thumbnail)/(\d+)(?:/([^\s/?#<>()\]\"']+))?|rest/api/(?:[23]|latest)/attachment/(?:content|thumbnail)/(\d+))"
    r"(?:\?[^\s<>()\]\"']*)?"
)
"""Addresses of attachments. Source: the OpenAPI description of Jira Cloud, "Issue attachments", and the links in Jira's own pages."""
_UPLOADED = re.compile(
    r"https://(?:github\.com/(?:user-attachments/|[\w.-]+/[\w.-]+/assets/)|private-user-images\.githubusercontent\.com/)\S+"
)


def attachment(address: str) -> str:
    """What a person calls the attachment at that address; "" where it is none."""
    match = ATTACHMENT.fullmatch(address)
    return "" if match is None else _named(match)


def without_addresses(text: str) -> str:
    """The text with names in place of the addresses of attachments."""
    return ATTACHMENT.sub(_named, text)


def files(owner: Node) -> str:
    """The names of the files that a node shows, "" where it shows none."""
    named = ((found.get("attrs") or {}) for found in walk(owner) if found.get("type") == "media")
    names = [str(attrs.get("alt") or attachment(str(attrs.get("url") or "")) or "file") for attrs in named]
    return " ".join(f"[attachment: {name}]" for name in names)


def is_uploaded(address: str) -> bool:
    """A picture at that address opens only for people who can read the repository on GitHub that it belongs to."""
    return _UPLOADED.fullmatch(address) is not None


def _named(match: re.Match[str]) -> str:
    return unquote(match[2]) if match[2] else f"file {match[1] or match[3]}"
