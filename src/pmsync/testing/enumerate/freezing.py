"""Turning what a tracker holds into bytes and back. The clock is the world's own and never part of it."""

from __future__ import annotations

import dataclasses
import io
import pickle
from collections.abc import Mapping
from typing import Any, cast

import msgspec


def canonical(thing: Any, *but: str) -> object:
    """The same for things that hold the same, whatever order it came in; of mappings without the keys ``but``."""
    if dataclasses.is_dataclass(thing):
        return [canonical(getattr(thing, one.name)) for one in dataclasses.fields(thing)]
    if isinstance(thing, msgspec.Struct):
        return [canonical(getattr(thing, name)) for name in thing.__struct_fields__]
    if isinstance(thing, Mapping):
        return sorted((str(key), repr(canonical(value))) for key, value in thing.items() if key not in but)
    if isinstance(thing, frozenset | set):
        return sorted(map(str, thing))
    return thing


class _Pickler(pickle.Pickler):
    clock: object

    def persistent_id(self, thing: object) -> str | None:
        return "clock" if thing is self.clock else None


class _Unpickler(pickle.Unpickler):
    clock: object

    def persistent_load(self, name: str) -> object:
        return self.clock


def pickled(state: Mapping[str, Any], clock: object) -> bytes:
    """The attributes of a tracker as bytes."""
    out = io.BytesIO()
    pickler = _Pickler(out, pickle.HIGHEST_PROTOCOL)
    pickler.clock = clock
    pickler.dump(dict(state))
    return out.getvalue()


def unpickled(data: bytes, clock: object) -> dict[str, Any]:
    """Those attributes again, around that clock."""
    unpickler = _Unpickler(io.BytesIO(data))
    unpickler.clock = clock
    return cast(dict[str, Any], unpickler.load())
