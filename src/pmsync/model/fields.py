"""The field table: every hub field, how its replicas merge, and the direction it takes when the config is silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from pmsync.model.enums import Direction, Nature


class MergeType(StrEnum):
    """How two moved values meet: ``scalar`` conflicts, ``set`` merges by deltas, ``text`` merges block by block."""

    SCALAR = "scalar"
    SET = "set"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One hub field. ``refers``: its values are uids of items of that nature; None for a plain value. ``people``: they are persons' names."""

    name: str
    merge: MergeType
    default: Direction
    refers: Nature | None = None
    people: bool = False


FIELDS: Mapping[str, FieldSpec] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            FieldSpec("title", MergeType.SCALAR, Direction.BOTH),
            FieldSpec("body", MergeType.TEXT, Direction.INIT),
            FieldSpec("status", MergeType.SCALAR, Direction.BOTH),
            FieldSpec("priority", MergeType.SCALAR, Direction.BOTH),
            FieldSpec("labels", MergeType.SET, Direction.BOTH),
            FieldSpec("release", MergeType.SET, Direction.BOTH, Nature.RELEASE),
            FieldSpec("parent", MergeType.SCALAR, Direction.BOTH, Nature.WORK),
            FieldSpec("blocked_by", MergeType.SET, Direction.BOTH, Nature.WORK),
            FieldSpec("assignees", MergeType.SET, Direction.PULL, people=True),
            FieldSpec("elsewhere", MergeType.SET, Direction.OFF),
            FieldSpec("about", MergeType.SET, Direction.PULL, Nature.WORK),
            FieldSpec("roadmap", MergeType.SCALAR, Direction.PUSH),
            FieldSpec("on", MergeType.SCALAR, Direction.INIT, Nature.WORK),
            FieldSpec("attribution", MergeType.SCALAR, Direction.INIT),
            FieldSpec("start", MergeType.SCALAR, Direction.BOTH),
            FieldSpec("due", MergeType.SCALAR, Direction.BOTH),
            FieldSpec("shipped", MergeType.SCALAR, Direction.BOTH),
        )
    }
)

OF_COMMENTS = frozenset({"on", "attribution"})
"""Fields that only comments have. No rule of the config names them: they flow as ``comments`` says."""
