"""Who changed what: an issue's timeline and the edit history of its body, read backwards from what the issue shows now. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pmsync.connect.contract import Edit
from pmsync.model.record import RecordRef
from pmsync.model.values import EMPTY, Known, Observed, Unobserved, known, members
from pmsync_github.mapping import (
    ASSIGNEES,
    BODY,
    LABELS,
    OPEN,
    PARENT,
    PRIORITY,
    RELEASE,
    STATUS,
    TITLE,
    Issue,
    LabelEntry,
    label_surfaces,
    split_marker,
    status_token,
)
from pmsync_github.priority import PriorityNames, token
from pmsync_github.wire import GraphAssignee, GraphEvent, GraphText

_UNTOLD = Unobserved("the timeline does not tell")


@dataclass(frozen=True, slots=True)
class Past:
    """An issue and what happened to it: ``events`` since a moment, oldest first, ``texts`` newest first and reaching back beyond it."""

    issue: Issue
    events: list[GraphEvent]
    texts: list[GraphText]


Titled = Callable[[str, str], str | None]
"""Repository and title to the node id of the milestone that bears it."""


@dataclass(frozen=True, slots=True)
class Names:
    """What tells what an event means: the rule for priority labels, and the milestones, of which events name only the titles."""

    priorities: PriorityNames
    milestones: Titled


def edits(pasts: Iterable[Past], system: str, since: float, names: Names) -> tuple[Edit, ...]:
    """The edits at or after ``since`` (Unix seconds), per issue and surface in the order in which they happened."""
    found: list[Edit] = []
    for past in pasts:
        maker = _Maker(RecordRef(system, past.issue.id))
        found += _titles(past, maker.edit)
        found += _states(past, maker.edit)
        found += _labels(past, maker.edit, names.priorities)
        found += _references(past, maker.edit, RELEASE, names.milestones)
        found += _references(past, maker.edit, PARENT, names.milestones)
        found += _people(past, maker.edit)
        found += _bodies(past, maker.edit)
    return tuple(edit for edit in found if edit.at >= since)


Make = Callable[[GraphEvent | GraphText, str, Observed, Observed], Edit]


@dataclass(frozen=True, slots=True)
class _Maker:
    ref: RecordRef

    def edit(self, one: GraphEvent | GraphText, surface: str, before: Observed, after: Observed) -> Edit:
        at = one.created_at if isinstance(one, GraphEvent) else one.edited_at
        return Edit(self.ref, surface, before, after, one.who, at.timestamp())


def _titles(past: Past, make: Make) -> Iterator[Edit]:
    for one in past.events:
        if one.typename == "RenamedTitleEvent":
            yield make(one, TITLE, known(one.previous_title), known(one.current_title))


def _states(past: Past, make: Make) -> Iterator[Edit]:
    """What was before the first event is not told; an issue that is closed was most likely open."""
    before: Observed | None = None
    for one in past.events:
        if one.typename == "ClosedEvent":
            after = Known(status_token("closed", (one.state_reason or "").lower()))
            yield make(one, STATUS, Known(OPEN) if before is None else before, after)
            before = after
        elif one.typename == "ReopenedEvent":
            after = Known(OPEN)
            yield make(one, STATUS, _UNTOLD if before is None else before, after)
            before = after


_COMES = {"MilestonedEvent": RELEASE, "ParentIssueAddedEvent": PARENT}
_GOES = {"DemilestonedEvent": RELEASE, "ParentIssueRemovedEvent": PARENT}


def _references(past: Past, make: Make, surface: str, titled: Titled) -> list[Edit]:
    """What a place with room for one referred to. To replace it leaves two entries, of which one edit is made."""
    found: list[Edit] = []
    for one in past.events:
        if _COMES.get(one.typename) == surface:
            edit = make(one, surface, EMPTY, _meant(past.issue, one, titled))
            left = found[-1] if found else None
            if left is not None and left.after == EMPTY and (left.actor, left.at) == (edit.actor, edit.at):
                found[-1] = replace(left, after=edit.after)
            else:
                found.append(edit)
        elif _GOES.get(one.typename) == surface:
            found.append(make(one, surface, _meant(past.issue, one, titled), EMPTY))
    return found


def _meant(issue: Issue, one: GraphEvent, titled: Titled) -> Observed:
    """A parent by its id; a milestone by its title: one that was renamed or deleted since is not known by it."""
    if not one.milestone_title:
        return known(one.parent.id) if one.parent else _UNTOLD
    present = issue.milestone
    if present is not None and present.title == one.milestone_title:
        return Known(present.id)
    node = titled(issue.repository, one.milestone_title)
    return _UNTOLD if node is None else Known(node)


def _people(past: Past, make: Make) -> list[Edit]:
    """Events tell of one account each: taken back one after the other from those there are now, they show who was assigned before."""
    after: Observed = known(frozenset(past.issue.assignees))
    found: list[Edit] = []
    for one in reversed(past.events):
        if one.typename not in ("AssignedEvent", "UnassignedEvent"):
            continue
        before: Observed = _UNTOLD
        if one.assignee is not None and one.assignee.login and not isinstance(after, Unobserved):
            login, held = _login(one.assignee), members(after)
            before = known(held - {login} if one.typename == "AssignedEvent" else held | {login})
        found.append(make(one, ASSIGNEES, before, after))
        after = before
    return found[::-1]


def _login(one: GraphAssignee) -> str:
    return f"{one.login}[bot]" if one.typename == "Bot" and not one.login.endswith("[bot]") else one.login


def _labels(past: Past, make: Make, priorities: PriorityNames) -> list[Edit]:
    """Events tell of one label each: taken back one after the other from the labels there are now, they show what there was before."""
    if past.issue.labels is None:
        return []
    after = {token(entry.name): entry.name for entry in past.issue.labels}
    found: list[Edit] = []
    for one in reversed(past.events):
        if one.label is None:
            continue
        before = dict(after)
        if one.typename == "LabeledEvent":
            before.pop(token(one.label.name), None)
        else:
            before[token(one.label.name)] = one.label.name
        surface = PRIORITY if priorities.concerns(one.label.name) else LABELS
        found.append(make(one, surface, _shown(before, surface, priorities), _shown(after, surface, priorities)))
        after = before
    return _joined(found[::-1])


def _shown(labels: dict[str, str], surface: str, priorities: PriorityNames) -> Observed:
    priority, rest = label_surfaces(tuple(LabelEntry(name, "") for name in labels.values()), priorities)
    return priority if surface == PRIORITY else rest


def _joined(found: Sequence[Edit]) -> list[Edit]:
    """One edit for a priority that was replaced in two steps, between which the issue carried both or none that can be told."""
    joined: list[Edit] = []
    for edit in found:
        last = next((at for at, one in reversed(list(enumerate(joined))) if one.surface == edit.surface), None)
        if last is not None and isinstance(joined[last].after, Unobserved) and joined[last].actor == edit.actor:
            joined[last] = replace(joined[last], after=edit.after)
        else:
            joined.append(edit)
    return joined


def _bodies(past: Past, make: Make) -> Iterator[Edit]:
    """The oldest entry is no edit: it shows the body as it was filed."""
    for older, one in reversed(list(zip(past.texts[1:], past.texts, strict=False))):
        yield make(one, BODY, _text(older), _text(one))


def _text(one: GraphText) -> Observed:
    return _UNTOLD if one.diff is None else known(split_marker(one.diff)[0])
