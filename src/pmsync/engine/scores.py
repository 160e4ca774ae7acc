"""Scores: what the roadmaps say is scored, and priorities follow, where the config gives priorities to the score.

Scores are worked out when a roadmap changed, and at least as often as the config says. What they come to is written into the hub like any
other value, with the steps as its reason; from there it goes wherever priorities go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from pmsync.engine.adopt import FIRST_SEEN
from pmsync.engine.context import Context
from pmsync.engine.setup import Setup
from pmsync.model.enums import Priority, Status
from pmsync.model.item import COMPUTED, Item, Provenance
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.roadmap import Roadmap
from pmsync.model.values import EMPTY, Known, Settled, raw
from pmsync.product.bands import Memory
from pmsync.product.contending import Facts, contenders, entries
from pmsync.product.deciding import decide
from pmsync.product.priorities import Contender, Decided, HumanEdit, Lifted, Ruling, State, StepName
from pmsync.store import Store, Transaction
from pmsync.store.journal import Entry

FIELD = "priority"
_TOLD = (StepName.SCORE, StepName.PERCENTILE, StepName.HYSTERESIS)


class _Kept(msgspec.Struct, omit_defaults=True):
    """What is stored of one item."""

    memory: Memory | None = None
    lifted: Lifted | None = None


_DECODER = msgspec.json.Decoder(_Kept)


@dataclass(frozen=True, slots=True)
class Scored:
    """What a scoring came to.

    Attributes:
        contenders: who took part, by full name.
        items: full name to the hub item; those that have none yet are left out.
        decided: the rulings, and what to remember.
    """

    contenders: Mapping[str, Contender]
    items: Mapping[str, Item]
    decided: Decided


def rescore(context: Context, *, approved: bool = False) -> Scored | None:
    """Score and write what follows, where it is time; None where it is not, or where a roadmap cannot be read now."""
    setup = context.setup
    if setup.scoring is None or not (approved or scores_due(context)):
        return None
    context.scored = True
    roadmaps = {}
    for scope in source_scopes(setup):
        if not context.is_ready(scope):
            return None
        with context.isolated(scope, "reading the roadmap"):
            found = context.connector(scope).roadmap(scope)
            if found is not None:
                roadmaps[scope] = found
    if len(roadmaps) < len(source_scopes(setup)):
        return None  # who is missing would give its rank away
    with context.store.transaction() as tx:
        scored = scored_of(setup, tx, roadmaps, context.clock.now(), approved=approved)
        _write(context, tx, scored)
        tx.scores.keep(_kept(scored.decided.state))
    if scored.decided.held:
        asked, limit = scored.decided.asked, scored.decided.limit
        context.tell(
            "skipped",
            f"scores would move {asked} priorities, more than {limit} at once: pmsync score --approve",
            code="score_held",
        )
    return scored


def preview(setup: Setup, store: Store) -> Scored:
    """What a scoring would come to now; nothing is written.

    Raises:
        ConnectorError: a roadmap cannot be read.
    """
    roadmaps = {scope: setup.connectors[scope.system].roadmap(scope) for scope in source_scopes(setup)}
    known = {scope: roadmap for scope, roadmap in roadmaps.items() if roadmap is not None}
    with store.transaction() as tx:
        return scored_of(setup, tx, known, store.clock.now())


def source_scopes(setup: Setup) -> list[ScopeRef]:
    """The places where people plan."""
    return [
        scope
        for scope in setup.scopes()
        if scope.system in setup.connectors and setup.connectors[scope.system].capabilities.source
    ]


def scored_of(
    setup: Setup, tx: Transaction, roadmaps: Mapping[ScopeRef, Roadmap], now: float, *, approved: bool = False
) -> Scored:
    """Score what stands in ``roadmaps`` by what the hub knows of it."""
    assert setup.scoring is not None  # whoever calls has asked
    refs = {key: RecordRef(scope.system, key) for scope, roadmap in roadmaps.items() for key, _, _ in entries([roadmap])}
    links = tx.links.by_refs(refs.values())
    items = tx.items.many({link.item for link in links.values()})
    known = {key: items[links[ref].item] for key, ref in refs.items() if ref in links and links[ref].item in items}
    sources = {scope.system for scope in roadmaps}
    facts = {key: _facts(setup, item, sources) for key, item in known.items()}
    today = datetime.fromtimestamp(now, UTC).date()
    found = contenders(roadmaps.values(), facts, setup.scoring.book, today)
    decided = decide(_state(tx.scores.all()), found, now, setup.scoring.policy, approved=approved)
    return Scored({one.key: one for one in found}, known, decided)


def why(ruling: Ruling) -> str:
    """A ruling in one sentence: the score, its place among its peers, how it settled, and what else had a say."""
    said, before = [], None
    for step in ruling.steps:
        if step.name in _TOLD or (step.priority is not before and step.name is not StepName.BAND):
            said.append(step.said)
        before = step.priority
    return "; ".join(dict.fromkeys(said))


def scores_due(context: Context) -> bool:
    """Whether a roadmap changed, or the last scoring is too long ago; once a run."""
    if context.setup.scoring is None or context.scored:
        return False
    scopes = source_scopes(context.setup)
    with context.store.transaction() as tx:
        if tx.dirty.arose_in(scopes):
            return True
        latest = max((memory.seen for memory in _state(tx.scores.all()).items.values()), default=0.0)
    return bool(scopes) and context.clock.now() - latest >= context.setup.scoring.every


def _facts(setup: Setup, item: Item, sources: Iterable[str]) -> Facts:
    priority, status = raw(item.value(FIELD)), raw(item.value("status"))
    current = Priority(str(priority)) if priority is not None else None
    return Facts(
        current, Status(str(status)) if status is not None else Status.BACKLOG, _edit(setup, item, current, set(sources))
    )


def _edit(setup: Setup, item: Item, current: Priority | None, sources: set[str]) -> HumanEdit | None:
    """Who set the priority in a tracker, if that was the last word. What stood there before we came may be nobody's decision."""
    held = item.fields.get(FIELD)
    if held is None or held.provenance.source not in setup.connectors or held.provenance.source in sources:
        return None
    if held.provenance.why.startswith(FIRST_SEEN):
        return None
    made = held.provenance
    return HumanEdit(current, made.at, made.actor or "somebody", made.source)


def _write(context: Context, tx: Transaction, scored: Scored) -> None:
    changed = [one for one in scored.decided.rulings if one.changed and one.key in scored.items]
    disputes = tx.conflicts.open_for([scored.items[one.key].uid for one in changed])
    for ruling in changed:
        item = scored.items[ruling.key]
        if FIELD in disputes.get(item.uid, {}):
            continue  # two people disagree: that is for them to end
        before = item.value(FIELD)
        after: Settled = EMPTY if ruling.priority is None else Known(ruling.priority.value)
        reason = why(ruling)
        tx.items.write(item.uid, FIELD, after, Provenance(COMPUTED, at=context.clock.now(), why=reason))
        entry = Entry(
            context.run,
            "hub",
            item.uid,
            field=FIELD,
            system=COMPUTED,
            before=before,
            after=after,
            why=reason,
            at=context.clock.now(),
        )
        tx.journal.append([entry])
        tx.dirty.mark([f"item:{item.uid}"], None, "its score moved it")
        context.tell("ingested", f"{ruling.key}: {reason}", item=item.uid, field=FIELD)


def _state(kept: Mapping[str, str]) -> State:
    found = {key: _DECODER.decode(text) for key, text in kept.items()}
    return State(
        {key: one.memory for key, one in found.items() if one.memory is not None},
        {key: one.lifted for key, one in found.items() if one.lifted is not None},
    )


def _kept(state: State) -> dict[str, str]:
    keys = sorted(state.items.keys() | state.lifted.keys())
    return {key: msgspec.json.encode(_Kept(state.items.get(key), state.lifted.get(key))).decode() for key in keys}
