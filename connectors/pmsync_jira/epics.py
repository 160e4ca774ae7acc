"""Epics of Jira Data Center: a custom field that holds the key of an epic is the parent of an issue, as far as the rest can tell.

Sub-tasks have a parent of their own, which stands in the field that Cloud uses for all. The fields are known by their sort, for their ids and
names differ from site to site. Source: the fields of Jira Software, ``com.pyxis.greenhopper.jira``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from pmsync.net.http import Answer
from pmsync_jira import wire

LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
NAME = "com.pyxis.greenhopper.jira:gh-epic-label"
PARENT = "parent"
NO_LINK = "this site has no Epic Link, so that no issue can get a parent"
REMEMBERED = 50_000
"""Keys of epics whose ids are remembered."""


class Reader(Protocol):
    """Reads one issue by id or key."""

    def __call__(self, name: str, fields: Sequence[str]) -> tuple[wire.Issue | None, float | None]:
        """The issue, None where it cannot be read, and the server's time."""
        ...


class _Shapes:
    """The structs to decode into, for one id of the field Epic Link: an issue and a page, in whose fields there is ``epic``."""

    def __init__(self, link: str, base: type[wire.Fields]) -> None:
        epic = msgspec.field(default=None, name=link or "-")
        fields: Any = msgspec.defstruct("EpicFields", [("epic", str | None, epic)], bases=(base,), frozen=True)
        rest = msgspec.field(default_factory=fields)
        self.issue: Any = msgspec.defstruct("EpicIssue", [("fields", fields, rest)], bases=(wire.Issue,), frozen=True)
        issues: Any = msgspec.field(default_factory=list)
        rows = list.__class_getitem__(self.issue)
        self.page: Any = msgspec.defstruct("EpicPage", [("issues", rows, issues)], frozen=True)


class Epics:
    """What a site calls its epics. ``fields`` lists the site's fields; ``read`` reads an issue."""

    def __init__(self, fields: Callable[[], list[wire.Field]], read: Reader, base: type[wire.Fields] = wire.Fields) -> None:
        self._list = fields
        self._read = read
        self._base = base
        self._link: str | None = None
        self._name = ""
        self._shapes: _Shapes | None = None
        self._ids: dict[str, str] = {}
        self._labelled: set[str] = set()

    def refresh(self) -> None:
        """Forget the site's fields."""
        self._link = None

    def fields(self, asked: Sequence[str]) -> list[str]:
        """What to ask for beside the fields asked for."""
        return [self.link] if PARENT in asked and self.link else []

    @property
    def link(self) -> str:
        """The id of the field Epic Link, "" where the site has none."""
        if self._link is None:
            sorts = {one.schema.custom: one.id for one in self._list()}
            self._link, self._name = sorts.get(LINK, ""), sorts.get(NAME, "")
            self._shapes = _Shapes(self._link, self._base)
        return self._link

    # -- reading --------------------------------------------------------------------------------------------------------------

    def page(self, answer: Answer, asked: Sequence[str]) -> list[wire.Issue]:
        """The issues of a search page, of which these fields were asked for."""
        found: list[wire.Issue] = answer.decode(self._made().page if PARENT in asked else wire.SearchPage).issues
        return found

    def issue(self, answer: Answer, asked: Sequence[str]) -> wire.Issue:
        """One issue, of which these fields were asked for."""
        found: wire.Issue = answer.decode(self._made().issue if PARENT in asked else wire.Issue)
        return found

    def adopted(self, issue: wire.Issue) -> wire.Issue:
        """The issue with its epic as parent, without an id where the epic cannot be read. The id of an epic costs a call, once."""
        key = getattr(issue.fields, "epic", None)
        if key is None or issue.fields.parent is not None:
            return issue
        return replace(issue, fields=replace(issue.fields, parent=wire.Relative(self._id_of(key), key)))

    def screen(self, issue_type: str, fields: Sequence[wire.CreateField]) -> list[wire.CreateField]:
        """A create screen: Epic Link is the parent, Epic Name is filled in, and the parent of sub-tasks is none of ours."""
        link = self.link
        if any(one.id == self._name for one in fields):
            self._labelled.add(issue_type)
        shown = [one for one in fields if one.id not in {self._name, PARENT}]
        return [replace(one, id=PARENT) if one.id == link else one for one in shown]

    # -- writing --------------------------------------------------------------------------------------------------------------

    def sent(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields with the parent as an epic's key."""
        sent = dict(fields)
        if PARENT in sent and self.link:
            parent = sent.pop(PARENT)
            sent[self.link] = None if parent is None else self._key_of(str(parent["id"]))
        return sent

    def named(self, issue_type: str, summary: Any) -> dict[str, Any]:
        """The field Epic Name, for a new issue of a type whose screen has it."""
        return {self._name: summary} if issue_type in self._labelled and self._name else {}

    def told(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Words about fields, with Epic Link called the parent and Epic Name the summary."""
        names = {self._link: PARENT, self._name: "summary"} if self._link else {self._name: "summary"}
        return {(names.get(field, field) if field else field): words for field, words in fields.items()}

    def _made(self) -> _Shapes:
        if self._shapes is None:
            self.link  # noqa: B018 - to read it makes the shapes
        assert self._shapes is not None
        return self._shapes

    def _id_of(self, key: str) -> str:
        if key not in self._ids:
            epic, _ = self._read(key, ("updated",))
            if epic is None:
                return ""
            self._ids[key] = epic.id
            while len(self._ids) > REMEMBERED:
                del self._ids[next(iter(self._ids))]
        return self._ids[key]

    def _key_of(self, id_: str) -> str:
        epic, _ = self._read(id_, ("updated",))
        return epic.key if epic is not None else id_
