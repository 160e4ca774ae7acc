"""How far a rank can be trusted: every input is moved by one notch, down and up, alone. Raters seldom agree more closely than that."""

from __future__ import annotations

from collections.abc import Mapping

from pmsync.product.bands import Scale
from pmsync.product.evidence import Score
from pmsync.product.measures import Measure
from pmsync.product.priorities import Notch, RankRange
from pmsync.product.profiles import Profile
from pmsync.product.ranking import Population
from pmsync.product.scoring import PLACES, value_of


def reach_of(score: Score, profile: Profile, known: Mapping[str, Measure], peers: Population, scale: Scale) -> RankRange:
    """The ranks that one notch in one input would lead to.

    Args:
        score: of a member of ``peers``.
        profile: what it was made by.
        known: the profile's inputs (``scoring.inputs_of``).
        peers: everybody it is ranked with.
        scale: how they are cut into bands.
    """
    standing = peers.standing(score.key)
    band = scale.band(standing.percentile if scale.what == "percentile" else score.value)
    notches = [
        _notch(score, profile, peers, scale, name, to)
        for name, measure in known.items()
        for to in measure.notches(score.inputs[name].number)
        if to != score.inputs[name].number
    ]
    ranks = [standing.rank, *(notch.rank for notch in notches)]
    soft = any(notch.band is not band for notch in notches)
    return RankRange(standing.rank, min(ranks), max(ranks), standing.of, soft, tuple(notches))


def _notch(score: Score, profile: Profile, peers: Population, scale: Scale, name: str, to: float) -> Notch:
    numbers = {each: taken.number for each, taken in score.inputs.items()}
    value = round(value_of(profile, numbers | {name: to}), PLACES)
    standing = peers.moved(score.key, (score.tier, value))
    position = standing.percentile if scale.what == "percentile" else value
    return Notch(name, numbers[name], to, value, standing.rank, scale.band(position))
