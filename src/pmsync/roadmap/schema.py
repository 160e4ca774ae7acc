"""The JSON schema of a roadmap file, for editors: what can be completed, and what cannot be right. ``pmsync.roadmap.read`` says the rest."""

from __future__ import annotations

import json
from typing import Any

from pmsync.model.enums import Kind, Nature, Priority
from pmsync.model.roadmap import INPUTS, Framework, Horizon, Kano, Moscow, Severity, Verdict
from pmsync.roadmap.items import KEYS

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_KEY = r"^\w[\w.-]{0,63}$"
_WORK = [kind.value for kind in Kind if kind.nature is Nature.WORK]
_RESULT_WORDS = {
    "metric": "The metric's name.",
    "baseline": "Where it stood.",
    "target": "Where it is to be.",
    "current": "Where it stands.",
}


def document() -> Schema:
    """The schema. Equal for equal code."""
    return {
        "$schema": DIALECT,
        "title": "roadmap",
        "description": "The roadmap of one product line: docs/roadmap.md teaches it in five minutes.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "product": _text("The product as the config calls it."),
            "vision": _text("What it is all for; shown on top."),
            "segments": _list(_text("A segment."), "Who it is for."),
            "pricing": _text("Notes on prices."),
            "weights": _map(_number("Relative weight; below 0 for a cost."), "Criteria of the weighted scorecard."),
            "shares": {
                **_map(_amount("20%"), "By kind: the least share of the capacity that goes to it."),
                "propertyNames": {"enum": _WORK},
            },
            "capacity": {
                "type": "object",
                "additionalProperties": _amount("40 points"),
                "description": "By period: what the line can do.",
            },
            "objectives": _map(_objective(), "What the line wants to achieve, by key."),
            "releases": _map(_release(), "What work goes into, by key."),
            "items": _map(_item(), "The items, by key. A renamed key is another item."),
        },
    }


def text() -> str:
    """The schema as JSON text, as it stands in ``config/roadmap.schema.json``."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _object(properties: Schema, words: str) -> Schema:
    return {"type": ["object", "null"], "additionalProperties": False, "properties": properties, "description": words}


def _map(one: Schema, words: str) -> Schema:
    return {"type": ["object", "null"], "propertyNames": {"pattern": _KEY}, "additionalProperties": one, "description": words}


def _text(words: str) -> Schema:
    return {"type": ["string", "number"], "description": words}


def _number(words: str) -> Schema:
    return {"type": ["number", "string"], "description": words}


def _list(one: Schema, words: str) -> Schema:
    return {"anyOf": [one, {"type": ["array", "null"], "items": one}], "description": words}


def _words(values: list[str], words: str) -> Schema:
    return {"enum": values, "description": words}


def _when(words: str) -> Schema:
    pattern = r"^[0-9]{4}(\s*-?\s*([Qq][1-4]|[Hh][12])|-[0-9]{1,2}(-[0-9]{1,2})?)?$"
    return {
        "anyOf": [{"type": "string", "pattern": pattern}, {"type": "integer"}],
        "description": f"{words} 2026Q1, 2026-02, 2026-02-15, 2026H1 or 2026.",
    }


def _amount(example: str) -> Schema:
    return {"type": ["number", "string"], "pattern": r"^\s*(metric:[\w.-]+|[+-]?[0-9].*)$", "description": f"As {example}."}


def _objective() -> Schema:
    values = {name: _text(words) if name == "metric" else _number(words) for name, words in _RESULT_WORDS.items()}
    result = {"title": _text("In a sentence."), **values, "by": _when("By when:")}
    own = {
        **result,
        "weight": _number("Relative to the other objectives."),
        "results": _map(_object(result, "A key result."), "Key results."),
    }
    return _object(own, "An objective, with its one key result or several.")


def _release() -> Schema:
    return _object(
        {
            "name": _text("What Jira's versions and GitHub's milestones are called."),
            "start": _when("When work on it begins:"),
            "ship": _when("When it is due:"),
            "shipped": {"type": "boolean", "description": "It is out."},
            "notes": _text("For people."),
            "public": _text("What outsiders may read."),
        },
        "A release.",
    )


def _item() -> Schema:
    known: Schema = {
        "title": _text("One line. Left out, the linked record's holds."),
        "kind": _words(_WORK, "What it is; feature where left out."),
        "horizon": _words([one.value for one in Horizon], "How near it is."),
        "when": _when("When:"),
        "release": _text("Key of a release of this file."),
        "objective": _text("Key of an objective of this file."),
        "parent": _text("Key of the item that it is part of."),
        "moscow": _words([one.value for one in Moscow], "Whether its release can do without it."),
        "kano": _words([one.value for one in Kano], "What having or missing it does to customers."),
        "severity": _words([one.value for one in Severity], "How bad a bug is for those who meet it; S1 is worst."),
        "priority": _words([one.value for one in Priority], "A pin: no score moves it."),
        "pin_until": _when("The last day of the pin:"),
        "pin_reason": _text("Why it is pinned."),
        "effort": _amount("13 points, 2.5pm or 8 days; above 0"),
        "owner": _text("Who answers for it."),
        "labels": _list(_text("A label."), "Labels."),
        "links": _list(
            {"type": "string", "pattern": r"^\w[\w.-]*:\S+$"}, 'Records that exist already: jira:PAY-101, "github:acme/api#812".'
        ),
        "needs": _list(_text("An item's key; line/key of another line."), "What has to be done first."),
        "create_in": {
            "type": "string",
            "pattern": r"^\w[\w.-]*:\S+$",
            "description": "Where a record is to be made of it: github:acme/api.",
        },
        "decision": _decision(),
        "description": _text("Markdown, for those who work on it."),
        "public": _text("The only text of it that a public view shows."),
        **{framework.value: _inputs(framework) for framework in Framework},
    }
    return _object({key: known[key] for key in KEYS}, "An item.")


def _inputs(framework: Framework) -> Schema:
    one = _amount("80%, 4200/quarter, 2.5pm or metric:NAME")
    if not INPUTS[framework]:
        return _map(one, "Criteria of the weighted scorecard, each from 0 to 100.")
    inputs = _object(dict.fromkeys(INPUTS[framework], one), f"Inputs of {framework.value}.")
    return {"anyOf": [one, inputs], "description": inputs["description"]} if framework is Framework.VALUE else inputs


def _decision() -> Schema:
    verdicts = [one.value for one in Verdict]
    whole = _object(
        {
            "verdict": _words(verdicts, "What was decided."),
            "reason": _text("Why."),
            "by": _text("By whom."),
            "at": _when("When:"),
            "into": _text("The item that a merged one went into."),
            "public": _text("What outsiders may read."),
            "tell_customers": {"type": "boolean", "description": "Those who asked for it are told."},
        },
        "What was decided about it.",
    )
    return {"anyOf": [_words(verdicts, "What was decided."), whole]}
