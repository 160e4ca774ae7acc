"""What all tables share: the metadata, the text types, and the store's own few facts."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import BigInteger, Column, Dialect, Double, MetaData, Table, Text
from sqlalchemy.types import TypeDecorator

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ESCAPE = "\ufdd0"
"""What stands before an escaped code point in the database."""

_FOREIGN = re.compile("[\x00\ud800-\udfff\ufdd0]")
_ESCAPED = re.compile("\ufdd0([0-9a-f]{4})")


class Words(TypeDecorator[str]):
    """Text from anywhere, sorted by code point on every database.

    What databases refuse in text (NUL, lone surrogates) is escaped behind U+FDD0, a code point that means nothing in any text; the
    escape is one-to-one, so equality in SQL is equality of the texts.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Text:
        """PostgreSQL sorts by the server's language unless told otherwise; SQLite compares bytes anyway."""
        return Text(collation="C") if dialect.name == "postgresql" else Text()

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        """Escape."""
        return self.escaped

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], str | None]:
        """Undo the escape."""
        return self.plain

    @staticmethod
    def escaped(value: str | None) -> str | None:
        """A text as it is stored."""
        # Asked in so many words, for nearly all texts are of this kind.
        if value is None or (value.isascii() and "\x00" not in value) or not _FOREIGN.search(value):
            return value
        return _FOREIGN.sub(lambda found: f"{ESCAPE}{ord(found.group()):04x}", value)

    @staticmethod
    def plain(value: str | None) -> str | None:
        """A text as it was before it was stored."""
        if value is None or ESCAPE not in value:
            return value
        return _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), value)


def words(name: str, *, key: bool = False, optional: bool = False) -> Column[str]:
    """A column for text of any origin."""
    return Column(name, Words(), primary_key=key, nullable=optional)


def document(name: str, *, optional: bool = False) -> Column[str]:
    """A column for JSON as ``codec.encode`` writes it: plain text, because PostgreSQL's JSON types refuse an escaped NUL."""
    return Column(name, Text(), nullable=optional)


def moment(name: str, *, optional: bool = False) -> Column[float]:
    """A column for Unix seconds."""
    return Column(name, Double(), nullable=optional)


def number(name: str) -> Column[int]:
    """A column for a whole number."""
    return Column(name, BigInteger(), nullable=False)


META = Table("meta", METADATA, words("name", key=True), words("value"))
"""``instance``: the UUID made when the store was; ``made_at``: when."""

COUNTERS = Table("counters", METADATA, words("name", key=True), number("value"))
"""``revision``: the last hub revision given out."""
