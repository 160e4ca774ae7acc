"""Hub values as a person types them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pmsync.config.problems import nearest
from pmsync.connect.errors import ConfigError
from pmsync.model.enums import Priority, Status
from pmsync.model.fields import FIELDS, MergeType
from pmsync.model.values import EMPTY, Known, Settled, known

UNSET = "unset"
"""What the config calls a priority that nobody has decided."""

_WORDS: Mapping[str, type[StrEnum]] = {"status": Status, "roadmap": Status, "priority": Priority}
_NEVER_EMPTY = frozenset({"title", "status"})


def parse(field: str, text: str) -> Settled:
    """The value that ``text`` means for ``field``: one of its words, a set with commas between, or the text itself.

    Raises:
        ConfigError: the field has no such value; the hint names the nearest one.
    """
    bare = text.strip()
    if not bare and field in _NEVER_EMPTY:
        raise ConfigError(f"the {field} cannot be empty", hint="give --value a text, or --take a system's")
    if FIELDS[field].merge is MergeType.SET:
        return known(frozenset(part.strip() for part in bare.split(",") if part.strip()))
    words = _WORDS.get(field)
    if words is None:
        return known(text if field == "body" else bare)
    if not bare or (field == "priority" and bare == UNSET):
        return EMPTY
    if bare not in list(words):
        options = [*words, UNSET] if field == "priority" else list(words)
        raise ConfigError(f"{bare!r} is no {field}", hint=nearest(bare, options))
    return Known(str(words(bare)))
