"""From roadmaps to candidates, and from a selection to the lines of the files that it would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pmsync.model.enums import Status, StatusCategory
from pmsync.model.periods import Period
from pmsync.model.roadmap import Amount, Entry, Framework, Horizon, Moscow, Place, Roadmap, Verdict
from pmsync.product.contending import entries, full_key
from pmsync.product.evidence import Fault, Outcome, Score, Unusable
from pmsync.product.measures import effort
from pmsync.product.selection.values import Budget, Candidate, Selection

_DIVISORS = {Framework.RICE: "effort", Framework.WSJF: "size", Framework.CD3: "duration", Framework.VALUE: "effort"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What is up for choice in a period, what is not and why, and efforts that cannot be read."""

    candidates: tuple[Candidate, ...]
    passed: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    mixed: bool = False
    """The items are scored by several profiles: their values are not of one kind, and a sum of them says little."""


@dataclass(frozen=True, slots=True)
class FileEdit:
    """One value that a proposal would change in a roadmap's file; "" for nothing there."""

    key: str
    name: str
    before: str
    after: str
    place: Place


def benefit_of(score: Score) -> float:
    """What doing the item is worth, without dividing by its effort: a selection weighs effort itself, and would count it twice."""
    divisor = _DIVISORS.get(score.framework) if score.framework is not None else None
    return round(score.value * score.inputs[divisor].number, 6) if divisor is not None else score.value


def budget_of(
    roadmaps: Iterable[Roadmap], period: Period, *, buffer: float = 0.0, points_per_month: float | None = None
) -> Budget:
    """What the files say that can be done in a period: the lines' capacities together, their kinds' shares in proportion.

    Raises:
        Unusable: no file gives a capacity for the period, or in units that do not go together.
    """
    amounts = {r.line: capacity.amount for r in roadmaps for capacity in r.capacity if capacity.period == period}
    if not amounts:
        raise Unusable(f"no roadmap gives a capacity for {period.text}", f"add capacity: {{{period.text}: 40 points}}")
    read = effort(unit_of(amounts.values()), points_per_month)
    capacity = {line: read(amount) for line, amount in amounts.items()}
    total = sum(capacity.values())
    buckets: dict[str, float] = {}
    for roadmap in roadmaps:
        for kind, share in roadmap.shares.items():
            buckets[kind] = buckets.get(kind, 0.0) + share * capacity.get(roadmap.line, 0.0) / total
    return Budget(total, buffer, buckets=buckets)


def unit_of(amounts: Iterable[Amount]) -> str:
    """The unit that capacities are reckoned in: points where one is in points, a person's months else."""
    return "points" if any(amount.unit in ("", "points") for amount in amounts) else "months"


def choice_of(
    roadmaps: Iterable[Roadmap],
    scores: Mapping[str, Outcome],
    statuses: Mapping[str, Status],
    period: Period,
    *,
    unit: str = "points",
    points_per_month: float | None = None,
) -> Choice:
    """What is up for choice: everything open that nobody decided against or planned for later.

    Args:
        roadmaps: the product lines to choose from.
        scores: by full name.
        statuses: by full name, rolled up; an item without one is not started.
        period: what is being planned.
        unit: of efforts, ``points`` or ``months``.
        points_per_month: how the two go together; None: not at all.
    """
    read = effort(unit, points_per_month)
    candidates, passed, faults, profiles = [], {}, [], set()
    for key, roadmap, entry in entries(roadmaps):
        status = statuses.get(key, Status.BACKLOG)
        if (why := _passed(entry, status, period)) is not None:
            passed[key] = why
            continue
        known = scores.get(key)
        if isinstance(known, Score):
            profiles.add(known.profile)
        try:
            size = None if entry.effort is None else read(entry.effort)
        except Unusable as unusable:
            size = None
            faults.append(Fault(f"{key} effort", str(unusable), unusable.remedy, str(entry.place("effort"))))
        candidates.append(_candidate(key, roadmap, entry, status, known, size, statuses))
    return Choice(tuple(candidates), passed, tuple(faults), len(profiles) > 1)


def edits_of(selection: Selection, roadmaps: Iterable[Roadmap], period: Period) -> tuple[FileEdit, ...]:
    """What the files would say afterwards: the chosen ones are planned for now and the period; what was now and is not chosen comes next."""
    chosen = set(selection.chosen)
    edits = []
    for key, _, entry in entries(roadmaps):
        before = entry.horizon.value if entry.horizon is not None else ""
        if key in chosen:
            if entry.horizon is not Horizon.NOW:
                edits.append(FileEdit(key, "horizon", before, Horizon.NOW.value, entry.place("horizon")))
            if entry.when is None or entry.when.first > period.last or entry.when.last < period.first:
                edits.append(FileEdit(key, "when", entry.when.text if entry.when else "", period.text, entry.place("when")))
        elif key in selection.left and entry.horizon is Horizon.NOW:
            edits.append(FileEdit(key, "horizon", before, Horizon.NEXT.value, entry.place("horizon")))
    return tuple(edits)


def _passed(entry: Entry, status: Status, period: Period) -> str | None:
    if status.category is StatusCategory.DONE:
        return f"it is {status}"
    if entry.decision is not None and entry.decision.verdict is not Verdict.ACCEPTED:
        return f"it was {entry.decision.verdict}"
    if entry.horizon is Horizon.NOT_PLANNED or entry.moscow is Moscow.WONT:
        return "it is not planned"
    if entry.when is not None and entry.when.first > period.last:
        return f"it is planned for {entry.when.text}"
    return None


def _candidate(
    key: str,
    roadmap: Roadmap,
    entry: Entry,
    status: Status,
    known: Outcome | None,
    size: float | None,
    statuses: Mapping[str, Status],
) -> Candidate:
    needs = {full_key(roadmap.line, need) for need in entry.needs}
    waiting = {need for need in needs if statuses.get(need, Status.BACKLOG).category is not StatusCategory.DONE}
    return Candidate(
        key=key,
        value=benefit_of(known) if isinstance(known, Score) else None,
        effort=size,
        line=roadmap.line,
        bucket=entry.kind.value,
        must=entry.moscow is Moscow.MUST,
        started=status.category is StatusCategory.DOING,
        needs=frozenset(waiting),
    )
