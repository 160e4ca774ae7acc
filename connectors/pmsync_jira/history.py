"""Who changed what: the changelog that a bulk fetch expands, and the bulk changelog for issues of which that shows only the newest part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pmsync.connect.contract import Edit
from pmsync.model.record import RecordRef
from pmsync.model.values import Settled, known
from pmsync_jira import wire
from pmsync_jira.client import HISTORY_BATCH, SHOWN_HISTORY, Client
from pmsync_jira.mapping import LABELS, PRIORITY, STATUS, SURFACE_OF, moment


def edits(api: Client, system: str, issues: Sequence[wire.Issue], since: float) -> tuple[Edit, ...]:
    """The edits of ``issues`` at or after ``since`` (Unix seconds), oldest first.

    The issues were read with their changelog, which costs no call of its own. A further one is made for those of which more happened since
    then than a bulk fetch shows; that takes an issue edited more than ``SHOWN_HISTORY`` times between two looks.
    """
    whole = [_history(issue) for issue in issues if not _is_cut(issue, since)]
    whole += _in_full(api, [issue.id for issue in issues if _is_cut(issue, since)])
    found = [edit for one in whole for edit in _edits(one, system, since)]
    return tuple(sorted(found, key=lambda edit: edit.at))


def _is_cut(issue: wire.Issue, since: float) -> bool:
    """Whether the changelog that came along may begin after ``since``. The newest entry comes first."""
    shown = issue.changelog
    if shown is None or not shown.entries:
        return shown is None
    partial = shown.total > len(shown.entries) or len(shown.entries) >= SHOWN_HISTORY
    return partial and moment(shown.entries[-1].created) >= since


def _history(issue: wire.Issue) -> wire.IssueHistory:
    shown = issue.changelog
    return wire.IssueHistory(issue.id, shown.entries[::-1] if shown else [])


def _in_full(api: Client, ids: Sequence[str]) -> list[wire.IssueHistory]:
    found: list[wire.IssueHistory] = []
    for start in range(0, len(ids), HISTORY_BATCH):
        token: str | None = None
        while True:
            page = api.histories(ids[start : start + HISTORY_BATCH], list(SURFACE_OF), token)
            found += page.histories
            if not page.token or page.token == token:
                break
            token = page.token
    return found


def _edits(history: wire.IssueHistory, system: str, since: float) -> Iterable[Edit]:
    for entry in history.entries:
        at = moment(entry.created)
        if at < since:
            continue
        actor = entry.author.id if entry.author else ""
        for item in entry.items:
            surface = SURFACE_OF.get(item.field_id)
            if surface is not None:
                before, after = _values(surface, item)
                yield Edit(RecordRef(system, history.issue), surface, before, after, actor, at)


def _values(surface: str, item: wire.HistoryItem) -> tuple[Settled, Settled]:
    """Ids for statuses and priorities, labels as sets, texts as they are (a description in Jira's plain form, not as the record has it)."""
    if surface in (STATUS, PRIORITY):
        return known(item.before), known(item.after)
    if surface == LABELS:
        return known(frozenset((item.before_text or "").split())), known(frozenset((item.after_text or "").split()))
    return known(item.before_text), known(item.after_text)
