"""A ruling as people read it: every step with its numbers, and how far the rank can be trusted."""

from __future__ import annotations

from pmsync.product.case import shown
from pmsync.product.evidence import Evidence, Outcome, Score
from pmsync.product.priorities import Notch, RankRange, Ruling, Source, StepName


def explain(ruling: Ruling, score: Outcome | None = None) -> tuple[str, ...]:
    """The lines that ``explain ITEM priority`` prints: the result, the score's inputs, the ten steps, the range of the rank."""
    head = f"{ruling.key}: {shown(ruling.before)} -> {shown(ruling.priority)} ({ruling.source})"
    steps = [f"{number:2}. {step.name:<11} {shown(step.priority):<9} {step.said}" for number, step in enumerate(ruling.steps, 1)]
    warning = [f"warning: {ruling.warning}"] if ruling.warning else []
    return (head, *_inputs(score), *steps, *_reach(ruling.reach), *warning)


def _inputs(score: Outcome | None) -> list[str]:
    if score is None:
        return []
    if not isinstance(score, Score):
        return [f"    unscored: {score.why}", *(f"    {fault}" for fault in score.faults)]
    lines = [_input(name, taken.evidence) for name, taken in score.inputs.items() if taken.evidence is not None]
    return [*lines, *(f"    note: {warning}" for warning in score.warnings)]


def _input(name: str, evidence: Evidence) -> str:
    said = evidence.amount.text or f"{evidence.amount.value:g}{evidence.amount.unit}"
    day = f" of {evidence.as_of}" if evidence.as_of is not None else ""
    return f"    {name} {said}, from {evidence.source}{day}"


def _reach(reach: RankRange | None) -> list[str]:
    if reach is None:
        return []
    word = "soft" if reach.soft else "hard"
    head = f"rank {reach.rank} of {reach.of}, {word}: one notch in one input makes it {reach.best} to {reach.worst}"
    return [head, *(_notch(notch) for notch in reach.notches)]


def _notch(notch: Notch) -> str:
    return f"    {notch.name} {notch.number:g} -> {notch.to:g}: score {notch.score:g}, rank {notch.rank}, {notch.band}"


def reason(ruling: Ruling) -> str:
    """Why, in one clause for the line of a plan: ``value 812, p91: rank 3 of 34 in pay work, medium to high, confirmed by 2 runs``."""
    said = {step.name: step.said for step in ruling.steps}
    if ruling.source is Source.SCORE:
        return ", ".join(said[name] for name in (StepName.SCORE, StepName.PERCENTILE, StepName.HYSTERESIS))
    return ruling.warning or said[_DECIDING[ruling.source]]


_DECIDING = {
    Source.NOTHING: StepName.SCORE,
    Source.CAP: StepName.FLOOR,
    Source.FLOOR: StepName.FLOOR,
    Source.INHERITED: StepName.FLOOR,
    Source.PIN: StepName.PIN,
    Source.FROZEN: StepName.FREEZE,
    Source.HUMAN: StepName.HUMAN,
    Source.HELD: StepName.BUDGET,
}
