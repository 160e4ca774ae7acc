"""Values as they are seen: known, empty, or unobserved for a reason. Unknown is never empty.

``Value`` is what a field or a surface may hold: text, or a set of texts (labels). Enumerations are stored as their text.
Sets are frozensets in memory and sorted lists in JSON.
"""

from __future__ import annotations

import msgspec

Value = str | frozenset[str]


class Known(msgspec.Struct, frozen=True):
    """The place was read and holds ``value``."""

    value: Value


class Empty(msgspec.Struct, frozen=True):
    """The place was read and holds nothing."""


class Unobserved(msgspec.Struct, frozen=True):
    """The place could not be read; ``reason`` is a sentence for a person. It never competes with a value and never erases one.

    Without a reason the record leaves it open, as a file does that has no line for it: nothing failed, so nobody is told.
    """

    reason: str


Observed = Known | Empty | Unobserved
EMPTY = Empty()

Settled = Known | Empty
"""What can be agreed upon: everything but ``Unobserved``."""


def known(value: Value | None) -> Settled:
    """Wrap ``value``; None, the empty text and the empty set are all ``EMPTY``."""
    return Known(value) if value else EMPTY


def raw(observed: Settled) -> Value | None:
    """Unwrap to the bare value, None for ``EMPTY``."""
    return observed.value if isinstance(observed, Known) else None


def is_set(value: Settled) -> bool:
    """Whether it holds a set. The empty set is ``EMPTY``, which holds nothing."""
    return isinstance(value, Known) and isinstance(value.value, frozenset)


def members(value: Settled) -> frozenset[str]:
    """The members of a set, a text as the only one, none for ``EMPTY``."""
    bare = raw(value)
    return bare if isinstance(bare, frozenset) else frozenset() if bare is None else frozenset({bare})


Plain = None | str | list[str]
"""A settled value as JSON holds it: null, a text, or a sorted list."""


def plain(value: Settled) -> Plain:
    """The JSON shape of a settled value, the same for equal values."""
    bare = raw(value)
    return sorted(bare) if isinstance(bare, frozenset) else bare


def settled(shape: Plain) -> Settled:
    """Undo ``plain``."""
    if shape is None:
        return EMPTY
    return Known(shape if isinstance(shape, str) else frozenset(shape))
