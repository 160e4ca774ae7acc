"""Reading one item of a roadmap."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from pmsync.model.enums import Kind, Nature, Priority
from pmsync.model.periods import FiscalYear
from pmsync.model.roadmap import (
    INPUTS,
    Decision,
    Entry,
    Framework,
    Horizon,
    Input,
    Kano,
    Moscow,
    Pin,
    Severity,
    Verdict,
)
from pmsync.roadmap.parts import Notes, Path, Reader, fields, places
from pmsync.roadmap.scalars import (
    WrongError,
    day,
    effort,
    key,
    line,
    link,
    many,
    need,
    period,
    refuse_key,
    scoring,
    text,
    word,
    yes,
)
from pmsync.roadmap.tree import Mapping, Pair, Scalar, Tree
from pmsync.text.wording import nearest, quoted

_WORK = [kind for kind in Kind if kind.nature is Nature.WORK]
_PIN = ("priority", "pin_until", "pin_reason")


def readers(fiscal: FiscalYear) -> dict[str, Reader]:
    """What an item's keys hold, in the order in which ``pmsync fmt`` writes them."""
    return {
        "title": line,
        "kind": _kind,
        "horizon": word(Horizon),
        "when": period(fiscal),
        "release": key,
        "objective": key,
        "parent": key,
        "moscow": word(Moscow),
        "kano": word(Kano),
        "severity": word(Severity),
        "priority": word(Priority),
        "pin_until": day(fiscal),
        "pin_reason": line,
        "effort": effort,
        **{framework.value: _kept for framework in Framework},
        "owner": line,
        "labels": many(line),
        "links": many(link),
        "needs": many(need),
        "create_in": link,
        "decision": _kept,
        "description": text,
        "public": text,
    }


DECISION_KEYS = ("verdict", "reason", "by", "at", "into", "public", "tell_customers")


def read_item(pair: Pair, path: Path, fiscal: FiscalYear, notes: Notes) -> Entry:
    """One item. What is wrong in it is noted and left out."""
    found = fields(pair.value, readers(fiscal), notes, path)
    inputs = {}
    for framework in Framework:
        if framework.value in found:
            inputs[framework] = _inputs(found.pop(framework.value), framework, notes, (*path, framework.value))
    decision = found.pop("decision", None)
    pin = {name: found.pop(name) for name in _PIN if name in found}
    lists: dict[str, Any] = {"labels": frozenset(found.pop("labels", ()))}
    where = places(pair.value, pair.at)
    if pin.keys() - {"priority"} and "priority" not in where:
        name = min(pin.keys() - {"priority"})
        notes.add(where[name], f"{name} stands without a priority to pin", "add priority: high, or remove it", (*path, name))
    return Entry(
        pair.key,
        **found,
        **lists,
        inputs=MappingProxyType({name: held for name, held in inputs.items() if held}),
        pin=Pin(pin["priority"], pin.get("pin_until"), pin.get("pin_reason", "")) if "priority" in pin else None,
        decision=None if decision is None else _decision(decision, fiscal, notes, (*path, "decision")),
        places=MappingProxyType(where),
    )


def _kept(tree: Tree) -> Tree:
    """Read later, with notes of its own."""
    return tree


def _kind(tree: Tree) -> Kind:
    found = text(tree).strip()
    if found not in _WORK:
        raise WrongError(tree.span, f"there is no kind {quoted(found)} of item", nearest(found, _WORK))
    return Kind(found)


def _inputs(tree: Tree, framework: Framework, notes: Notes, path: Path) -> dict[str, Input]:
    if framework is Framework.VALUE and isinstance(tree, Scalar) and tree.kind != "null":
        try:
            return {"value": scoring(framework, "value")(tree)}
        except WrongError as error:
            notes.wrong(error, path)
            return {}
    names = INPUTS[framework]
    if not names and isinstance(tree, Mapping):  # a weighted score takes any names
        names = tuple(pair.key for pair in tree.pairs if _fits(pair, notes, path))
    return fields(tree, {name: scoring(framework, name) for name in names}, notes, path)


def _fits(pair: Pair, notes: Notes, path: Path) -> bool:
    try:
        refuse_key(pair.key, pair.at)
    except WrongError as error:
        notes.wrong(error, (*path, pair.key))
        return False
    return True


def _decision(tree: Tree, fiscal: FiscalYear, notes: Notes, path: Path) -> Decision | None:
    read: dict[str, Reader] = dict(zip(DECISION_KEYS, (word(Verdict), text, line, day(fiscal), key, text, yes), strict=True))
    if isinstance(tree, Scalar) and tree.kind != "null":  # the short form is the verdict alone
        try:
            return Decision(word(Verdict)(tree))
        except WrongError as error:
            notes.wrong(error, path)
            return None
    found = fields(tree, read, notes, path)
    if "verdict" not in found:
        if not any(problem.path == (*path, "verdict") for problem in notes.problems):
            notes.add(tree.span.place, "decision: has no verdict", f"add verdict: {', '.join(Verdict)}", path)
        return None
    return Decision(**found)


KEYS = tuple(readers(FiscalYear()))
"""The keys of an item, in their canonical order."""
