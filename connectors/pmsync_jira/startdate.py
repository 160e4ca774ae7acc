"""When work on an issue starts: Jira has no field of its own for that, so the config names the site's custom field.

Everything else calls it ``startdate``; what goes out and what comes back is translated here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pmsync_jira import wire

NAME = "startdate"
SORT = "com.atlassian.jira.plugin.system.customfieldtypes:datepicker"
"""What makes a custom field one that holds a day."""


class StartDate:
    """The field of one site.

    Attributes:
        id: the custom field's id, "" where the config names none.
        fields: the struct that an issue's fields are decoded into, for others to build upon.
        page, fetched: those of a search page and of a bulk fetch.
    """

    def __init__(self, field: str) -> None:
        self.id = field
        self.fields: Any = wire.Fields
        self.page: Any = wire.SearchPage
        self.fetched: Any = wire.BulkFetched
        if not field:
            return
        named: Any = msgspec.field(default=UNSET, name=field)
        self.fields = msgspec.defstruct("Fields", [("start", str | UnsetType | None, named)], bases=(wire.Fields,), frozen=True)
        rest: Any = msgspec.field(default_factory=self.fields)
        issue = msgspec.defstruct("Issue", [("fields", self.fields, rest)], bases=(wire.Issue,), frozen=True)
        none: Any = msgspec.field(default_factory=list)
        rows = [("issues", list.__class_getitem__(issue), none)]
        self.page = msgspec.defstruct("SearchPage", rows, bases=(wire.SearchPage,), frozen=True)
        self.fetched = msgspec.defstruct("BulkFetched", rows, bases=(wire.BulkFetched,), frozen=True)

    def asked(self, fields: Sequence[str]) -> tuple[str, ...]:
        """The fields to ask for."""
        return (*fields, self.id) if self.id else tuple(fields)

    def sent(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Fields as the site calls them."""
        return {self.id if name == NAME else name: value for name, value in fields.items()}

    def told(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Words about fields, as we call these."""
        return {NAME if self.id and name == self.id else name: words for name, words in fields.items()}

    def screen(self, fields: Sequence[wire.CreateField]) -> list[wire.CreateField]:
        """A create screen, as we call its fields."""
        return [replace(one, id=NAME) if self.id and one.id == self.id else one for one in fields]

    def history(self, entries: Sequence[wire.HistoryEntry]) -> list[wire.HistoryEntry]:
        """Edits, as we call the fields."""
        return [replace(one, items=[self._line(item) for item in one.items]) for one in entries] if self.id else list(entries)

    def _line(self, item: wire.HistoryItem) -> wire.HistoryItem:
        return replace(item, field_id=NAME) if item.field_id == self.id else item
