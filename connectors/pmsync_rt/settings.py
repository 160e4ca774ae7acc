"""What a user writes about a Request Tracker and about one of its queues."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from pmsync.connect.conditions import enclosed

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ORDER = re.compile(r"\border\s+by\b", re.IGNORECASE)
_QUOTED = re.compile(r"""(["'])(?:\\.|(?!\1).)*\1""", re.DOTALL)
_UNFIT = re.compile(r"""[\\'"{}\x00-\x1f]""")

Secret = Annotated[SecretStr, Field(min_length=1)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class RtSettings(BaseModel):
    """One Request Tracker and the account pmsync acts as.

    Attributes:
        url: where RT is reached, e.g. ``https://rt.acme.com``.
        token: an authentication token of the account (RT: Logged in as, Settings, Auth Tokens).
        login: the account's name; only needed where RT's tokens do not carry its number, as they do by themselves.
        overlap: seconds for which every poll looks for transactions that were committed late, after others with higher numbers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    token: Secret
    login: Name | None = None
    overlap: float = Field(default=60.0, ge=0, le=86_400)

    @field_validator("url")
    @classmethod
    def _site(cls, url: str) -> str:
        if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", url):
            raise ValueError(f"{url!r} is not the address of a Request Tracker, e.g. https://rt.acme.com")
        host = urlsplit(url).hostname
        if url.startswith("http://") and host not in _LOOPBACK:
            raise ValueError("must begin with https://, for over http the token could be read on the way")
        return url.rstrip("/").removesuffix("/REST/2.0")

    @field_validator("token")
    @classmethod
    def _clean(cls, secret: SecretStr) -> SecretStr:
        if secret.get_secret_value() != secret.get_secret_value().strip():
            raise ValueError("begins or ends with white space; is there a line break behind the secret?")
        return secret


class RtScope(BaseModel):
    """One queue, or the part of it that ``where`` selects. The short form is the queue's name alone.

    Attributes:
        queue: the queue's name, e.g. ``Support``.
        where: a TicketSQL condition that narrows the scope, without ``ORDER BY``.
        audience: who can read the queue.
        roadmap_status: the ticket custom field (select) that shows the status of what a ticket waits for.
        roadmap_key: the ticket custom field in which people name the item a ticket waits for, or none.
        roadmap_tag: what a tag begins with that shows the same, e.g. ``roadmap/``; none unless it is set.
        tags: the ticket custom field (multiple values) that holds the labels.
        marker: the ticket custom field that holds pmsync's marker on tickets it makes.
        messages: read the first message of each ticket too: three calls more per 100 tickets.
        tracker: the queue holds work of our own, not customers' tickets: subject and status may be written.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    queue: Name
    where: str | None = None
    audience: Literal["public", "internal", "private"] | None = None
    roadmap_status: Name = "Roadmap Status"
    roadmap_key: Name = "Roadmap Key"
    roadmap_tag: Annotated[str, Field(max_length=50)] = ""
    tags: Name = "Tags"
    marker: Name = "pmsync"
    messages: bool = False
    tracker: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"queue": value} if isinstance(value, str) else value

    @field_validator("queue", "roadmap_status", "roadmap_key", "roadmap_tag", "tags", "marker")
    @classmethod
    def _quotable(cls, name: str) -> str:
        """Refuse what TicketSQL has no way to quote."""
        if _UNFIT.search(name):
            raise ValueError(
                f"{name!r} holds a quote, a brace, a backslash or a control character, which RT cannot be asked about"
            )
        return name.strip()

    @field_validator("where")
    @classmethod
    def _condition(cls, where: str | None) -> str | None:
        """Refuse what would reach beyond the parentheses that the scope's query puts around it."""
        return enclosed(where, _QUOTED, _ORDER)
