r"""How values become JSON text and come back unchanged.

Text of any kind survives: JSON escapes NUL (which PostgreSQL's text type refuses), CRLF stays CRLF, and a lone surrogate, which UTF-8
cannot hold, is written as its ``\udXXX`` escape. Encoding is deterministic, so that equal values have equal digests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

import msgspec

from pmsync.model.values import Observed, Plain, Settled, Unobserved, plain, settled
from pmsync.store.errors import CorruptStore

T = TypeVar("T")
COUNTS: msgspec.json.Decoder[Mapping[str, int]] = msgspec.json.Decoder(Mapping[str, int])
"""How counts by name are read."""

_HINT = "restore a backup of the database; the trackers themselves are untouched"


class Unread(msgspec.Struct, frozen=True):
    """How ``Unobserved`` is written."""

    unobserved: str


PlainObserved = None | str | list[str] | Unread
"""How ``Observed`` is written."""

_SHORT = 200
"""Characters of a value that is worth remembering."""

_ENCODER = msgspec.json.Encoder(order="deterministic")
_PLAIN: msgspec.json.Decoder[Plain] = msgspec.json.Decoder(Plain)


def encode(document: object) -> str:
    """JSON text of ``document`` (plain values, dataclasses, structs), the same for equal documents."""
    try:
        return _ENCODER.encode(document).decode()
    except UnicodeEncodeError:
        plain = msgspec.to_builtins(document, order="deterministic")
        return json.dumps(plain, ensure_ascii=True, separators=(",", ":"))


def decode(text: str, decoder: msgspec.json.Decoder[T]) -> T:
    """Read what ``encode`` wrote.

    Raises:
        CorruptStore: the text is not what this program writes.
    """
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return _decode_escaped(text, decoder.type)


def _decode_escaped(text: str, shape: type[T]) -> T:
    """The slow way, for documents with lone surrogates, which msgspec refuses."""
    try:
        return msgspec.convert(json.loads(text), shape)
    except (ValueError, msgspec.ValidationError) as error:
        raise CorruptStore(f"a stored document cannot be read: {error}", hint=_HINT) from error


def encode_settled(value: Settled) -> str:
    """One settled value as JSON text."""
    return encode(plain(value))


def decode_settled(text: str) -> Settled:
    """Undo ``encode_settled``."""
    return _known(text) if len(text) <= _SHORT else settled(decode(text, _PLAIN))


@lru_cache(20_000)
def _known(text: str) -> Settled:
    """The same few words and titles are read again and again."""
    return settled(decode(text, _PLAIN))


def encode_optional(value: Settled | None) -> str | None:
    """As ``encode_settled``; None (no value at all, which is not the empty value) becomes SQL's NULL."""
    return None if value is None else encode_settled(value)


def decode_optional(text: str | None) -> Settled | None:
    """Undo ``encode_optional``."""
    return None if text is None else decode_settled(text)


def plain_observed(values: Mapping[str, Observed]) -> dict[str, PlainObserved]:
    """The JSON shape of what was seen on a record's surfaces."""
    return {name: Unread(seen.reason) if isinstance(seen, Unobserved) else plain(seen) for name, seen in values.items()}


def observed(shapes: Mapping[str, PlainObserved]) -> dict[str, Observed]:
    """Undo ``plain_observed``."""
    return {name: Unobserved(shape.unobserved) if isinstance(shape, Unread) else settled(shape) for name, shape in shapes.items()}


def digest(text: str) -> str:
    """A short fingerprint (32 hex digits) by which equal texts are found without comparing them whole."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
