"""Steps 5 to 10 of one case: floors and caps, pins, freezes, people's edits, the budget, and what has to be written where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pmsync.model.enums import Priority, Status
from pmsync.model.roadmap import Pin
from pmsync.product.case import Case, shown
from pmsync.product.inheritance import Lent
from pmsync.product.priorities import DAY, Contender, Policy, Source, StepName, Write


@dataclass(frozen=True, slots=True)
class Words:
    """What people fixed by now: by a fresh edit in a tracker, or by a pin."""

    today: date
    now: float
    policy: Policy

    def any(self, who: Contender) -> bool:
        """Whether anybody fixed the item's priority."""
        return self._edited(who) or pin_of(who, self.today) is not None

    def on(self, who: Contender) -> Priority | None:
        """To what; an edit goes before a pin."""
        return who.edit.priority if who.edit is not None and self._edited(who) else pin_of(who, self.today)

    def _edited(self, who: Contender) -> bool:
        return who.edit is not None and self.now < who.edit.at + self.policy.respect_human


def gate(case: Case) -> str:
    """Step 5, the item's own part: the cap over what the score gave, then the floor. Gives what to say of it."""
    who, said = case.who, []
    if not case.open:
        return ""
    if (
        who.cap is not None
        and case.source is Source.SCORE
        and case.priority is not None
        and case.priority.rank < who.cap.priority.rank
    ):
        case.take(who.cap.priority, Source.CAP)
        said.append(f"{who.cap.why}: at most {who.cap.priority}")
    if who.floor is not None and _below(case.priority, who.floor.priority):
        case.take(who.floor.priority, Source.FLOOR)
        said.append(f"{who.floor.why}: at least {who.floor.priority}")
    return "; ".join(said)


def inherit(case: Case, gated: str, lent: Lent | None) -> None:
    """Step 5, the others' part; ``gated`` is what ``gate`` said."""
    said = [gated] if gated else []
    if lent is not None:
        case.take(lent.priority, Source.INHERITED)
        said.append(f"{lent.by} waits for it and is {lent.priority}")
    case.record(StepName.FLOOR, "; ".join(said) or "none applies")


def pin_of(who: Contender, today: date) -> Priority | None:
    """The priority that the item's pin gives it today: never below its floor; None without a pin that holds."""
    if who.pin is None or not who.pin.holds(today):
        return None
    return who.floor.priority if who.floor is not None and _below(who.pin.priority, who.floor.priority) else who.pin.priority


def pin(case: Case, today: date) -> None:
    """Step 6."""
    given, fixed = case.who.pin, pin_of(case.who, today)
    if given is None or fixed is None or not case.open:
        ended = given is not None and not given.holds(today)
        case.record(
            StepName.PIN, f"the pin to {given.priority} ended on {given.until}" if given is not None and ended else "none"
        )
        return
    floor = case.who.floor
    if floor is not None and fixed is not given.priority:
        case.take(fixed, Source.FLOOR)
        case.warning = (
            f"pinned to {given.priority}, but {floor.why} asks for {floor.priority}: remove the pin, or what sets the floor"
        )
        case.record(StepName.PIN, case.warning)
        return
    case.take(fixed, Source.PIN)
    case.record(StepName.PIN, _pin_said(given))


def freeze(case: Case, today: date, policy: Policy) -> None:
    """Step 7: what is nearly done, or nearly out, keeps the priority it has."""
    why = _frozen(case, today, policy)
    if not why:
        case.record(StepName.FREEZE, "not frozen")
        return
    would = f"; else it would be {shown(case.priority)}" if case.priority is not case.who.before else ""
    case.take(case.who.before, Source.FROZEN)
    case.record(StepName.FREEZE, f"{why}: the priority stays {shown(case.who.before)}{would}")


def human(case: Case, now: float, policy: Policy) -> None:
    """Step 8: a person's fresh edit stands, and is told as an override where it differs."""
    edit = case.who.edit
    if edit is None or not case.open:
        case.record(StepName.HUMAN, "none")
        return
    until = edit.at + policy.respect_human
    said = f"{edit.who} set {shown(edit.priority)} in {edit.where}"
    if now >= until:
        case.record(StepName.HUMAN, f"{said}; respected for {policy.respect_human / DAY:g} days, which are over")
        return
    day = datetime.fromtimestamp(until, UTC).date()
    case.override = case.priority is not edit.priority
    would = f"; else it would be {shown(case.priority)}" if case.override else ""
    case.take(edit.priority, Source.HUMAN)
    case.record(StepName.HUMAN, f"{said}; it stands until {day}{would}", until=until)


def budget(case: Case, *, asked: int, limit: int, held: bool) -> None:
    """Step 9: more changes than a run may make are held all together, never cut down to the limit."""
    if case.priority is case.who.before:
        case.record(StepName.BUDGET, "no change")
        return
    numbers = {"asked": asked, "limit": limit}
    if held:
        would = shown(case.priority)
        case.take(case.who.before, Source.HELD)
        case.record(StepName.BUDGET, f"{would} is held: {asked} changes are wanted, a run may make {limit}", **numbers)
        return
    case.record(StepName.BUDGET, f"one of {asked} changes; a run may make {limit}", **numbers)


def project(case: Case) -> tuple[tuple[Write, ...], tuple[str, ...]]:
    """Step 10: the places that have to show something else, and those that cannot show it. Compared as each place shows it."""
    writes, unshown = [], []
    for showing in case.who.showings:
        if case.priority is not None and case.priority not in showing.scale:
            unshown.append(showing.place)
            continue
        to = "" if case.priority is None else showing.scale[case.priority]
        if to != showing.shows:
            writes.append(Write(showing.place, showing.shows, to))
    parts = [f"{write.place}: {write.shows or '-'} to {write.to or '-'}" for write in writes]
    parts.extend(f"{place} cannot show {shown(case.priority)}" for place in unshown)
    case.record(StepName.PROJECTION, "; ".join(parts) or "shown everywhere as it is")
    return tuple(writes), tuple(unshown)


def _frozen(case: Case, today: date, policy: Policy) -> str:
    who = case.who
    if not case.open or who.status is Status.IN_REVIEW:
        return f"the item is {who.status}"
    if who.ships is None or who.shipped:
        return ""
    days = timedelta(seconds=policy.freeze)
    return f"its release is due on {who.ships}" if who.ships - days <= today <= who.ships else ""


def _below(priority: Priority | None, floor: Priority) -> bool:
    return priority is None or priority.rank > floor.rank


def _pin_said(pin: Pin) -> str:
    until = f" until {pin.until}" if pin.until is not None else ""
    return f"pinned to {pin.priority}{until}" + (f": {pin.reason}" if pin.reason else "")
