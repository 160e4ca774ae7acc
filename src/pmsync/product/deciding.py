"""From scores to priorities in ten recorded steps: ``decide(state, contenders, now, policy)``. The order of the contenders does not matter."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from pmsync.model.enums import Priority
from pmsync.product import later_steps as later
from pmsync.product.bands import Memory, Scale, scale_of, settle
from pmsync.product.case import Case, shown
from pmsync.product.evidence import Score, Unscored
from pmsync.product.inheritance import lend
from pmsync.product.measures import Measure
from pmsync.product.priorities import Contender, Decided, Lifted, Policy, Ruling, Source, State, StepName
from pmsync.product.profiles import Profile
from pmsync.product.ranking import Population
from pmsync.product.scoring import inputs_of
from pmsync.product.sensitivity import reach_of

_Peers = tuple[str, str, str]


def decide(state: State, contenders: Iterable[Contender], now: float, policy: Policy, *, approved: bool = False) -> Decided:
    """Decide the priority of every contender.

    Args:
        state: what the last run handed on.
        contenders: every item, open and closed, of all product lines; keys are unique.
        now: Unix seconds.
        policy: how.
        approved: a person approved more changes than the budget allows.
    """
    cases = [Case(who, _base(who, state)) for who in sorted(contenders, key=lambda who: who.key)]
    memories = _Ranking(cases, policy).settle(state, now)
    today = datetime.fromtimestamp(now, UTC).date()
    bases = {case.who.key: case.priority for case in cases if case.source is Source.NOTHING}
    _floors_and_pins(cases, later.Words(today, now, policy))
    for case in cases:
        later.freeze(case, today, policy)
        later.human(case, now, policy)
    asked = sum(case.priority is not case.who.before for case in cases)
    limit = policy.limit(len(cases))
    held = asked > limit and not approved
    lifted = state.lifted if held else _lifted(cases, bases)
    rulings = tuple(_ruling(case, asked, limit, held) for case in cases)
    return Decided(State(_remembered(state, memories, now, policy), dict(lifted)), rulings, asked, limit, held)


class _Ranking:
    """Steps 1 to 4: the scores of everything open, among their peers."""

    def __init__(self, cases: list[Case], policy: Policy) -> None:
        self._cases = cases
        self._policy = policy
        scores = defaultdict[_Peers, list[tuple[int, float]]](list)
        for case in cases:
            if case.open and isinstance(case.who.score, Score):
                scores[_peers(case.who, case.who.score)].append(case.who.score.key)
        self._populations = {peers: Population(keys) for peers, keys in scores.items()}
        self._scales: dict[_Peers, Scale] = {}
        self._inputs: dict[str, Mapping[str, Measure]] = {}

    def settle(self, state: State, now: float) -> dict[str, Memory]:
        """Record the first four steps of every case, and give the memories that go on."""
        memories = {}
        for case in self._cases:
            score = case.who.score
            memory = state.items.get(case.who.key)
            if case.open and isinstance(score, Score):
                memories[case.who.key] = self._scored(case, score, memory, now)
                continue
            _unscored(case)
            if memory is not None:
                memories[case.who.key] = dataclasses.replace(memory, seen=now, candidate=None, runs=0, asked=0.0)
        return memories

    def _scored(self, case: Case, score: Score, memory: Memory | None, now: float) -> Memory:
        peers = _peers(case.who, score)
        population = self._populations[peers]
        scale = self._scale(peers, case.who.profile, len(population))
        standing = population.standing(score.key)
        position = standing.percentile if scale.what == "percentile" else score.value
        band = scale.band(position)
        settled = settle(memory, position, scale, estimate_of(score), now, self._policy.stability)
        case.record(
            StepName.SCORE,
            f"{score.framework or 'moscow'} {score.value:g}",
            score=score.value,
            tier=score.tier,
            profile=score.profile,
        )
        said = f"p{standing.percentile:.0f}: rank {standing.rank} of {standing.of} in {case.who.line} {case.who.group}"
        case.record(StepName.PERCENTILE, said, percentile=standing.percentile, rank=standing.rank, of=standing.of)
        case.take(band, Source.SCORE)
        case.record(
            StepName.BAND, _band_said(band, position, scale), position=position, cuts=" ".join(f"{cut:g}" for cut in scale.cuts)
        )
        case.take(settled.band, Source.SCORE)
        case.record(
            StepName.HYSTERESIS,
            _settled_said(memory, settled, band, self._policy),
            runs=settled.runs,
            margin=self._policy.stability.margin,
        )
        if case.who.profile is not None:
            case.reach = reach_of(score, case.who.profile, self._known(case.who.profile), population, scale)
        return settled

    def _scale(self, peers: _Peers, profile: Profile | None, population: int) -> Scale:
        if peers not in self._scales:
            policy = self._policy
            margin = policy.stability.margin
            self._scales[peers] = scale_of(profile, population, least=policy.least, shares=policy.shares, margin=margin)
        return self._scales[peers]

    def _known(self, profile: Profile) -> Mapping[str, Measure]:
        mark = profile.fingerprint
        if mark not in self._inputs:
            self._inputs[mark] = inputs_of(profile)
        return self._inputs[mark]


def estimate_of(score: Score) -> str:
    """A hash of what people said, and of the profile: what is only counted does not go in, for it moves by itself."""
    said = sorted(
        (n, t.evidence.amount.value, t.evidence.amount.unit)
        for n, t in score.inputs.items()
        if t.evidence and not t.evidence.measured
    )
    return hashlib.sha256(repr((score.profile, score.tier, said)).encode()).hexdigest()[:12]


def _peers(who: Contender, score: Score) -> _Peers:
    return who.line, who.group, score.profile


def _unscored(case: Case) -> None:
    kept = f"the priority stays {shown(case.priority)}"
    if not case.open:
        why = f"the item is {case.who.status}: it is not ranked"
    elif isinstance(case.who.score, Unscored):
        why = f"unscored: {case.who.score.why}"
    else:
        why = "unscored: nothing is known"
    case.record(StepName.SCORE, why)
    for name in (StepName.PERCENTILE, StepName.BAND, StepName.HYSTERESIS):
        case.record(name, kept if name is StepName.HYSTERESIS else "no score")


def _band_said(band: Priority, position: float, scale: Scale) -> str:
    cuts = ", ".join(f"{name} {cut:g}" for name, cut in zip(Priority, scale.cuts, strict=False))
    return f"{scale.what} {position:g} is {band} (from {cuts})"


def _settled_said(before: Memory | None, after: Memory, band: Priority, policy: Policy) -> str:
    if before is None:
        return f"new: {after.band} at once"
    confirm = policy.stability.confirm
    if after.band is not before.band:
        how = f"confirmed by {confirm} runs" if after.estimate == before.estimate else "newly estimated, so at once"
        return f"{before.band} to {after.band}, {how}"
    if after.candidate is not None:
        return f"stays {after.band}; {after.candidate} asked for by {after.runs} of {confirm} runs"
    return (
        f"stays {after.band}"
        if band is after.band
        else f"stays {after.band}: not {policy.stability.margin:g} points beyond the cut to {band}"
    )


def _floors_and_pins(cases: list[Case], words: later.Words) -> None:
    """Steps 5 and 6. They belong together: what a person fixed is what it lends to what it waits for."""
    gates = {case.who.key: later.gate(case) for case in cases}
    fixed = {case.who.key: words.on(case.who) for case in cases if case.open and words.any(case.who)}
    own = {case.who.key: fixed.get(case.who.key, case.priority) for case in cases if case.open}
    lent = lend(own, {case.who.key: case.who.needs for case in cases}, fixed.keys())
    for case in cases:
        later.inherit(case, gates[case.who.key], lent.get(case.who.key))
        later.pin(case, words.today)


def _base(who: Contender, state: State) -> Priority | None:
    """What the priority is without a score: the hub's, unless that is only what we lifted it to for a reason that may have gone."""
    lifted = state.lifted.get(who.key)
    return lifted.own if lifted is not None and lifted.to is who.before else who.before


def _lifted(cases: list[Case], bases: Mapping[str, Priority | None]) -> dict[str, Lifted]:
    unscored = [case for case in cases if case.who.key in bases and case.source is not Source.HUMAN]
    return {case.who.key: Lifted(own, case.priority) for case in unscored if case.priority is not (own := bases[case.who.key])}


def _ruling(case: Case, asked: int, limit: int, held: bool) -> Ruling:
    wanted = case.priority
    later.budget(case, asked=asked, limit=limit, held=held)
    writes, unshown = later.project(case)
    return Ruling(
        key=case.who.key,
        before=case.who.before,
        priority=case.priority,
        wanted=wanted,
        source=case.source,
        steps=tuple(case.steps),
        override=case.override,
        reach=case.reach,
        writes=writes,
        unshown=unshown,
        warning=case.warning,
    )


def _remembered(state: State, memories: Mapping[str, Memory], now: float, policy: Policy) -> dict[str, Memory]:
    absent = {key: memory for key, memory in state.items.items() if key not in memories and now - memory.seen <= policy.forget}
    return dict(sorted((*absent.items(), *memories.items())))
