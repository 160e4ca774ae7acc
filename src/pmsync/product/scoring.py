"""From evidence to a score, by a profile. Missing evidence makes no score, never a score of 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from pmsync.model.roadmap import INPUTS, Amount, Entry, Framework, MetricInput, Moscow
from pmsync.product import formulas, measures
from pmsync.product.evidence import Evidence, Fault, Outcome, Score, Taken, Unscored, Unusable
from pmsync.product.measures import Measure
from pmsync.product.profiles import HUNDRED, Anchor, Profile

PLACES = 6
SMALL_SAMPLE = 30
MOONSHOT = 0.5
TIERS = {Moscow.MUST: 3, Moscow.SHOULD: 2, Moscow.COULD: 1, Moscow.WONT: 0}
_EFFORT = {Framework.RICE, Framework.VALUE}


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a score depends on beside its evidence: the day, the item's MoSCoW class, and the date that a fixed-date cost is tied to."""

    today: date
    moscow: Moscow | None = None
    deadline: date | None = None


def score(profile: Profile, evidence: Mapping[str, Evidence], occasion: Occasion) -> Outcome:
    """Score one item.

    Args:
        profile: how.
        evidence: inputs by name; those that the formula does not know are left alone.
        occasion: the rest.
    """
    mark = profile.fingerprint
    known = inputs_of(profile)
    missing = [name for name in known if name not in evidence]
    if profile.moscow and occasion.moscow is None:
        missing.append("moscow")
    taken, faults = _read(known, evidence)
    faults = [*profile.faults(), *faults]
    if missing or faults:
        return Unscored(mark, tuple(missing), tuple(faults))
    if profile.framework is Framework.CD3:
        taken["share"] = Taken(_cost_share(profile, taken, occasion))
    value = round(value_of(profile, {name: each.number for name, each in taken.items()}), PLACES)
    tier = TIERS[occasion.moscow] if profile.moscow and occasion.moscow is not None else 0
    return Score(profile.framework, value, mark, occasion.today, tier, taken, tuple(_warnings(profile, known, taken)))


def inputs_of(profile: Profile) -> Mapping[str, Measure]:
    """The inputs that a profile's formula takes, with how each is read."""
    if profile.framework is None:
        return {}
    if profile.framework is Framework.WEIGHTED:
        return {
            name: Measure(_points(profile.anchors.get(name, HUNDRED)), step=10.0, bounds=(0.0, 100.0))
            for name in sorted(profile.weights)
        }
    table = _measures(profile)
    beside = ("effort",) if profile.framework is Framework.VALUE else ()
    return {name: table[name] for name in (*INPUTS[profile.framework], *beside)}


def value_of(profile: Profile, numbers: Mapping[str, float]) -> float:
    """The formula alone, on numbers in its own units; 0 for MoSCoW alone, where all of a class are equal."""
    if profile.framework is None:
        return 0.0
    if profile.framework is Framework.WEIGHTED:
        return formulas.weighted(numbers, profile.weights)
    return _FORMULAS[profile.framework](**numbers)


def evidence_of(
    entry: Entry,
    framework: Framework,
    *,
    metrics: Mapping[str, Evidence] | None = None,
    fields: Mapping[str, Evidence] | None = None,
    as_of: date | None = None,
) -> dict[str, Evidence]:
    """What is known about an item for one formula: from its file, from metrics the file names, and from fields of any system.

    Args:
        entry: the item as its file says; what stands there goes first.
        framework: whose inputs.
        metrics: the newest point of each metric by name. A metric without one leaves the input missing.
        fields: inputs found elsewhere, by name.
        as_of: the day of the file.
    """
    found = dict(fields or {})
    place = str(entry.place(framework.value))
    if framework in _EFFORT and entry.effort is not None:
        found.setdefault("effort", Evidence(entry.effort, str(entry.place("effort")), as_of))
    for name, given in entry.inputs.get(framework, {}).items():
        if isinstance(given, Amount):
            found[name] = Evidence(given, place, as_of)
        elif metrics is not None and given.metric in metrics:
            found[name] = metrics[given.metric]
        else:
            found.pop(name, None)
    return found


def wanted_metrics(entry: Entry) -> frozenset[str]:
    """The metrics that an item's inputs name."""
    return frozenset(
        given.metric for inputs in entry.inputs.values() for given in inputs.values() if isinstance(given, MetricInput)
    )


def _read(known: Mapping[str, Measure], evidence: Mapping[str, Evidence]) -> tuple[dict[str, Taken], list[Fault]]:
    taken, faults = {}, []
    for name, measure in known.items():
        if name not in evidence:
            continue
        try:
            taken[name] = Taken(measure.read(evidence[name].amount), evidence[name])
        except Unusable as unusable:
            faults.append(Fault(name, str(unusable), unusable.remedy, evidence[name].source))
    return taken, faults


def _measures(profile: Profile) -> dict[str, Measure]:
    relative = Measure(measures.at_least_zero, measures.RELATIVE)
    ten = Measure(measures.on_scale(1, 10), step=1.0, bounds=(1.0, 10.0))
    share = Measure(measures.share, measures.CONFIDENCES)
    rated = Measure(measures.on_scale(0, 10), step=1.0, bounds=(0.0, 10.0))
    table = {
        "reach": Measure(measures.per_quarter),
        "impact": Measure(measures.at_least_zero, measures.IMPACTS),
        "confidence": share,
        "effort": Measure(measures.effort(profile.effort_unit, profile.points_per_month)),
        "value": Measure(measures.at_least_zero),
        "cost_of_delay": Measure(measures.per_week),
        "duration": Measure(measures.weeks),
        "importance": rated,
        "satisfaction": rated,
    }
    if profile.framework is Framework.ICE:
        return table | {"impact": ten, "confidence": ten, "ease": ten}
    if profile.framework is Framework.WSJF:
        return table | {
            "value": relative,
            "urgency": relative,
            "risk": relative,
            "size": Measure(measures.above_zero, measures.RELATIVE),
        }
    return table


_FORMULAS: Mapping[Framework, Callable[..., float]] = {
    Framework.RICE: formulas.rice,
    Framework.ICE: formulas.ice,
    Framework.WSJF: formulas.wsjf,
    Framework.CD3: formulas.cd3,
    Framework.VALUE: formulas.value_per_effort,
    Framework.OPPORTUNITY: formulas.opportunity,
}


def _points(anchor: Anchor) -> measures.Reader:
    """Where a value stands between the anchors, 0 to 100; what is beyond an anchor is worth no more than the anchor."""

    def read(amount: Amount) -> float:
        span = anchor.best - anchor.worst
        if span == 0:
            return 0.0
        return min(100.0, max(0.0, (measures.finite(amount) - anchor.worst) / span * 100))

    return read


def _cost_share(profile: Profile, taken: Mapping[str, Taken], occasion: Occasion) -> float:
    origin = taken["cost_of_delay"].evidence
    since = origin.as_of if origin is not None and origin.as_of is not None else occasion.today
    left = None if occasion.deadline is None else (occasion.deadline - occasion.today).days / 7
    age = (occasion.today - since).days / 7
    duration = taken["duration"].number
    return formulas.cost_share(profile.shape, duration=duration, weeks_left=left, age=age, half_life=profile.half_life)


def _warnings(profile: Profile, known: Mapping[str, Measure], taken: Mapping[str, Taken]) -> list[str]:
    found = []
    for name, measure in known.items():
        number, evidence = taken[name].number, taken[name].evidence
        if name == "confidence" and profile.framework is Framework.RICE:
            if number < MOONSHOT:
                found.append(f"confidence {number:.0%} is a moonshot: find out more before betting on it")
        elif measure.ladder and number not in measure.ladder:
            found.append(f"{name} {number:g} is off the scale {', '.join(f'{rung:g}' for rung in measure.ladder)}")
        if evidence is not None and evidence.sample is not None and evidence.sample < SMALL_SAMPLE:
            found.append(f"{name} rests on {evidence.sample} answers, fewer than {SMALL_SAMPLE}")
    return found
