"""Who changed what: the changelog that a bulk fetch expands, and the bulk changelog for issues of which that shows only the newest part.

Of versions and links an entry tells only what came and what went. What all of them were is reckoned back from what the issue shows.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UnsetType

from pmsync.connect.contract import Edit
from pmsync.model.record import RecordRef
from pmsync.model.values import Observed, Settled, Unobserved, known
from pmsync_jira import versions, wire
from pmsync_jira.client import HISTORY_BATCH, Client
from pmsync_jira.mapping import (
    ASSIGNEES,
    BLOCKED_BY,
    DUE,
    LABELS,
    PARENT,
    PRIORITY,
    RELEASE,
    START,
    STATUS,
    SURFACE_OF,
    blockers,
    moment,
)

SETS = frozenset({RELEASE, BLOCKED_BY})
"""Surfaces of whose values an entry tells only what came and went."""
_NAMED = {
    **SURFACE_OF,
    "IssueParentAssociation": PARENT,
    "Parent": PARENT,
    "Epic Link": PARENT,
    "Link": BLOCKED_BY,
    "Fix Version": RELEASE,
}
"""Lines that are written without a field's id: some on Cloud, all on Data Center."""
_BLOCKED = "is blocked by"
_TOLD = [name for name, surface in SURFACE_OF.items() if surface != START]
"""The fields whose edits are asked for: as many as Jira lets one name."""


def edits(api: Client, system: str, issues: Sequence[wire.Issue], since: float) -> tuple[Edit, ...]:
    """The edits of ``issues`` at or after ``since`` (Unix seconds), oldest first.

    The issues were read with their changelog, which costs no call of its own. A further one is made for those of which more happened since
    then than a bulk fetch shows; that takes an issue edited more than ``Client.shown_history`` times between two looks.
    """
    whole = [_history(api, issue) for issue in issues if not _is_cut(api, issue, since)]
    whole += _in_full(api, [issue.id for issue in issues if _is_cut(api, issue, since)])
    shown = {issue.id: issue for issue in issues}
    found = [edit for one in whole for edit in _edits(one, shown[one.issue], system, since)]
    return tuple(sorted(found, key=lambda edit: edit.at))


def _is_cut(api: Client, issue: wire.Issue, since: float) -> bool:
    """Whether the changelog that came along may begin after ``since``. The newest entry comes first."""
    shown = issue.changelog
    if shown is None or not shown.entries:
        return shown is None
    partial = shown.total > len(shown.entries) or len(shown.entries) >= api.shown_history
    return partial and moment(shown.entries[-1].created) >= since


def _history(api: Client, issue: wire.Issue) -> wire.IssueHistory:
    shown = issue.changelog
    return wire.IssueHistory(issue.id, api.start.history(shown.entries[::-1]) if shown else [])


def _in_full(api: Client, ids: Sequence[str]) -> list[wire.IssueHistory]:
    found: list[wire.IssueHistory] = []
    for start in range(0, len(ids), HISTORY_BATCH):
        token: str | None = None
        while True:
            page = api.histories(ids[start : start + HISTORY_BATCH], [] if api.start.id else _TOLD, token)
            found += [wire.IssueHistory(one.issue, api.start.history(one.entries)) for one in page.histories]
            if not page.token or page.token == token:
                break
            token = page.token
    return found


def _edits(history: wire.IssueHistory, issue: wire.Issue, system: str, since: float) -> list[Edit]:
    """The edits of one issue, oldest first; walked backwards, so that what sets held is known from what they hold."""
    found: list[Edit] = []
    sets = Sets(issue)
    for entry in reversed(history.entries):
        at = moment(entry.created)
        if at < since:
            continue
        actor = entry.author.id if entry.author else ""
        for surface, items in _by_surface(entry):
            steps = sets.undone(surface, items) if surface in SETS else [_values(surface, one) for one in items]
            for before, after in steps:
                found.append(Edit(RecordRef(system, history.issue), surface, before, after, actor, at))
    return found[::-1]


def _by_surface(entry: wire.HistoryEntry) -> list[tuple[str, list[wire.HistoryItem]]]:
    """The lines of an entry by the surface that they concern, the last first."""
    found: dict[str, list[wire.HistoryItem]] = {}
    for item in reversed(entry.items):
        surface = SURFACE_OF.get(item.field_id) or _NAMED.get(item.field_name)
        if surface is not None:
            found.setdefault(surface, []).append(item)
    return list(found.items())


def _values(surface: str, item: wire.HistoryItem) -> tuple[Settled, Settled]:
    """Ids where there are ids, labels as sets, texts as they are (a description in Jira's plain form, not as the record has it)."""
    if surface in (STATUS, PRIORITY, PARENT, ASSIGNEES, DUE, START):
        return known(item.before), known(item.after)
    if surface == LABELS:
        return known(frozenset((item.before_text or "").split())), known(frozenset((item.after_text or "").split()))
    return known(item.before_text), known(item.after_text)


class Sets:
    """What the sets of an issue held, from what they hold now backwards."""

    def __init__(self, issue: wire.Issue) -> None:
        fixed, links = issue.fields.fix_versions, issue.fields.links
        self._held: dict[str, frozenset[str] | None] = {
            RELEASE: None if isinstance(fixed, UnsetType) else frozenset(versions.remote_id(one.id) for one in fixed or ()),
            BLOCKED_BY: None if isinstance(links, UnsetType) else frozenset(one.id for one in blockers(links or ())),
        }
        named = blockers(links) if links and not isinstance(links, UnsetType) else []
        self._ids = {one.key: one.id for one in named}

    def undone(self, surface: str, items: Sequence[wire.HistoryItem]) -> list[tuple[Observed, Observed]]:
        """What the surface held before the lines of one entry, and after them; unobserved where the history does not tell.

        Nothing where the lines do not concern it: those of links of another sort.
        """
        after = self._held[surface]
        come, gone = (self._members(surface, items, come=come) for come in (True, False))
        if come == gone == frozenset():
            return []
        before = None if after is None or come is None or gone is None or not come <= after else (after - come) | gone
        self._held[surface] = before
        return [(_told(before), _told(after))]

    def _members(self, surface: str, items: Sequence[wire.HistoryItem], *, come: bool) -> frozenset[str] | None:
        """The members that came or went; None where one of them has no id that is known: of links the history has only keys."""
        names = [(one.after, one.after_text) if come else (one.before, one.before_text) for one in items]
        if surface == RELEASE:
            return frozenset(versions.remote_id(id_) for id_, _ in names if id_)
        ids = [self._ids.get(key) for key, words in names if key and _BLOCKED in (words or "").casefold()]
        return None if None in ids else frozenset(one for one in ids if one is not None)


def _told(held: frozenset[str] | None) -> Observed:
    return Unobserved("the history does not tell which issues these were") if held is None else known(held)
