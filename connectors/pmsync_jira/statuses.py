"""What the statuses of a project mean in the hub, and which one is written for a hub status. Pure.

Reading: the configured map, then well-known names (where Jira's own category agrees), then the category. Writing: the one status that
reads exactly so; where several do and neither the config nor a well-known name tells them apart, it is refused and the candidates are
named. A hub status that no status reads as is written as its category's ordinary one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pmsync.model.enums import Status, StatusCategory
from pmsync.reconcile.lenses import EnumLens
from pmsync.reconcile.surface import DefaultTaken
from pmsync_jira import wire
from pmsync_jira.vocabulary import Vocabulary, config_line, name_key

_CATEGORY = {"new": StatusCategory.TODO, "indeterminate": StatusCategory.DOING, "done": StatusCategory.DONE}
_ORDINARY = {
    StatusCategory.TODO: Status.BACKLOG,
    StatusCategory.DOING: Status.IN_PROGRESS,
    StatusCategory.DONE: Status.DONE,
}
_JIRA_NAME = {"new": "To Do", "indeterminate": "In Progress", "done": "Done"}
_WELL_KNOWN: Mapping[Status, tuple[str, ...]] = {
    Status.INBOX: ("inbox", "triage", "needs triage", "new"),
    Status.BACKLOG: ("backlog", "to do", "todo", "open", "reopened"),
    Status.PLANNED: ("planned", "selected for development", "ready for development", "ready"),
    Status.IN_PROGRESS: ("in progress", "in development", "doing"),
    Status.IN_REVIEW: ("in review", "review", "code review", "under review"),
    Status.DONE: ("done", "closed", "resolved", "completed", "complete"),
    Status.RELEASED: ("released", "shipped", "deployed", "live"),
    Status.DECLINED: ("declined", "won't do", "won't fix", "wont do", "wont fix", "rejected", "canceled", "cancelled"),
    Status.DUPLICATE: ("duplicate", "duplicated"),
}
"""Names in order of preference: where several statuses of a project read the same, the first of them is written."""

_MEANING = {name: status for status, names in _WELL_KNOWN.items() for name in names}


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one remote status means and how we know: ``rank`` orders the candidates for writing, None does not recommend it."""

    status: wire.Status
    hub: Status
    why: str
    rank: int | None


@dataclass(slots=True)
class _Writing:
    """The chosen token per hub status, the reasons for those that have none, and the assumptions."""

    tokens: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    defaults: list[DefaultTaken] = field(default_factory=list)


def vocabulary(statuses: Sequence[wire.Status], maps: Mapping[str, str], system: str) -> Vocabulary:
    """The lens between the statuses of a project (by id) and the hub's, with every assumption it rests on."""
    chosen = {name_key(remote): (place, Status(hub)) for place, (remote, hub) in enumerate(maps.items())}
    readings = [reading for status in statuses if (reading := _read(status, chosen)) is not None]
    writing = _Writing()
    for hub in Status:
        _choose(hub, readings, writing, system)
    read_defaults = tuple(
        DefaultTaken(one.status.id, one.hub.value, one.why, config_line("status", system, one.status.name, one.hub.value))
        for one in readings
        if one.why
    )
    names = {one.id: one.name for one in statuses}
    lens = EnumLens(
        reads={one.status.id: one.hub.value for one in readings},
        writes=writing.tokens,
        refused={**writing.refused, "": "a Jira issue always has a status"},
        unmapped_hint="it has no category in Jira: say what it means in " + config_line("status", system, "{token}", "backlog"),
        names=names,
    )
    return Vocabulary(lens, names, read_defaults + tuple(writing.defaults))


def _read(status: wire.Status, chosen: Mapping[str, tuple[int, Status]]) -> _Reading | None:
    key = name_key(status.name)
    if key in chosen:
        place, hub = chosen[key]
        return _Reading(status, hub, "", place - len(chosen))
    category = _CATEGORY.get(status.category.key)
    known = _MEANING.get(key)
    if known is not None and category in (None, known.category):
        return _Reading(status, known, "a well-known name", _WELL_KNOWN[known].index(key))
    if category is None:
        return None
    return _Reading(status, _ORDINARY[category], f"Jira's category {_JIRA_NAME[status.category.key]}", None)


def _choose(hub: Status, readings: Sequence[_Reading], writing: _Writing, system: str) -> None:
    own = [one for one in readings if one.hub is hub]
    ordinary = [one for one in readings if one.hub is _ORDINARY[hub.category]]
    kin = [one for one in readings if one.hub.category is hub.category]
    candidates = own or ordinary or kin
    if not candidates:
        writing.refused[hub.value] = f"the project has no status that means {hub.category.value}"
        return
    picked = _pick(candidates, alike=bool(own or ordinary))
    names = list(dict.fromkeys(one.status.name for one in candidates))
    if picked is None:
        line = config_line("status", system, names[0], hub.value)
        writing.refused[hub.value] = f"{hub.value} could be any of {', '.join(map(repr, names))}; say which in the config: {line}"
        return
    writing.tokens[hub.value] = picked.status.id
    others = [name for name in names if name != picked.status.name]
    if not own:
        why = f"no status of the project reads as {hub.value}, so it is written as {picked.status.name}"
        writing.defaults.append(DefaultTaken(picked.status.id, hub.value, why, config_line("status", system, "NAME", hub.value)))
    elif others:
        why = f"{hub.value} is written as {picked.status.name}, though {', '.join(others)} would do too"
        writing.defaults.append(
            DefaultTaken(picked.status.id, hub.value, why, config_line("status", system, others[0], hub.value))
        )


def _pick(candidates: Sequence[_Reading], *, alike: bool) -> _Reading | None:
    """The one candidate that something recommends; None where nothing tells them apart (never the first silently).

    ``alike``: the candidates share one meaning, so that their ranks may be compared. Statuses of one name count as one: the issue's own
    workflow decides which of them it is.
    """
    if len({name_key(one.status.name) for one in candidates}) == 1:
        return candidates[0]
    best = min((one.rank for one in candidates if one.rank is not None), default=None)
    recommended = [one for one in candidates if one.rank is not None and one.rank == best]
    if not alike or len({name_key(one.status.name) for one in recommended}) != 1:
        return None
    return recommended[0]
