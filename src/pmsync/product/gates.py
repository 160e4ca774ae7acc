"""Gates and lints: Kano sets floors and caps instead of numbers, MoSCoW and WSJF have rules that a whole batch can break."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pmsync.model.enums import Priority
from pmsync.model.roadmap import Entry, Framework, Kano, Moscow
from pmsync.product.evidence import Score

MUST_SHARE = 0.6
_LIKE, _MUST_BE, _NEUTRAL, _LIVE_WITH, _DISLIKE = range(1, 6)


@dataclass(frozen=True, slots=True)
class Cap:
    """The highest priority that an item may reach by its score, and why."""

    priority: Priority
    why: str


def cap_of(entry: Entry) -> Cap | None:
    """The cap that an item's own data put over its priority; None for none."""
    if entry.kano is Kano.INDIFFERENT:
        return Cap(Priority.LOW, "kano indifferent")
    return Cap(Priority.MINOR, "kano reverse") if entry.kano is Kano.REVERSE else None


def kano_of(functional: int, dysfunctional: int) -> Kano | None:
    """The class of a pair of answers (Noriaki Kano 1984; the evaluation table of Berger et al. 1993).

    Args:
        functional: how it would be to have it: 1 I like it, 2 it must be so, 3 neutral, 4 I can live with it, 5 I dislike it.
        dysfunctional: how it would be not to have it, on the same scale.

    Returns:
        None for an answer that contradicts itself (liking both, disliking both).

    Raises:
        ValueError: an answer is not 1 to 5.
    """
    if not {functional, dysfunctional} <= set(range(_LIKE, _DISLIKE + 1)):
        raise ValueError("an answer is 1 (I like it) to 5 (I dislike it)")
    if functional == dysfunctional and functional in (_LIKE, _DISLIKE):
        return None
    if functional == _LIKE:
        return Kano.PERFORMANCE if dysfunctional == _DISLIKE else Kano.DELIGHTER
    if dysfunctional == _LIKE or functional == _DISLIKE:
        return Kano.REVERSE
    return Kano.BASIC if dysfunctional == _DISLIKE else Kano.INDIFFERENT


def lint_moscow(efforts: Mapping[str, tuple[Moscow | None, float]]) -> str | None:
    """Whether too much of a release is a must: above 60 % of the effort nothing is left to give way (DSDM handbook, MoSCoW).

    Args:
        efforts: item to its class and effort, all in one unit.

    Returns:
        A sentence for a person; None where it is fine.
    """
    total = sum(effort for _, effort in efforts.values())
    musts = sum(effort for moscow, effort in efforts.values() if moscow is Moscow.MUST)
    if not total or musts / total <= MUST_SHARE:
        return None
    return f"{musts / total:.0%} of the effort is must; above {MUST_SHARE:.0%} there is nothing left that can give way"


def lint_wsjf(batch: Sequence[Score]) -> tuple[str, ...]:
    """Each column of a WSJF batch is relative to its smallest job, which is a 1; columns without one are named."""
    scored = [score for score in batch if score.framework is Framework.WSJF]
    columns = ("value", "urgency", "risk", "size") if scored else ()
    return tuple(
        f"no item has {name} 1: the smallest one should" for name in columns if all(s.inputs[name].number != 1 for s in scored)
    )
