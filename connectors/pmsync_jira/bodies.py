"""How a Jira keeps rich text: Cloud as documents (ADF), Data Center as wiki markup. One interface for both. Pure.

``raw`` is always the field's JSON as text, as ``wire.Raw`` holds it and as records carry it; "" or ``null`` where there is no text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pmsync.reconcile.lenses.text import Verdict
from pmsync_jira import adf, wiki

LIMIT = adf.LIMIT
"""The most characters Jira takes in a rich text field, counted after conversion; the same in both editions unless an administrator says otherwise."""


@dataclass(frozen=True, slots=True)
class Written:
    """A text as Jira takes it.

    Attributes:
        value: what stands in the request's JSON; None for no text.
        losses: what it cannot show as the Markdown says it, a sentence each.
        refused: why it must not be written, "" where it may: it would bend something that only Jira holds.
    """

    value: Any
    losses: tuple[str, ...] = ()
    refused: str = ""


class Bodies(Protocol):
    """One edition's rich text. All methods are pure and total."""

    def __hash__(self) -> int:
        """An edition is one value, so that what it read is remembered."""
        ...

    def read(self, raw: str) -> str:
        """The text as Markdown; "" where there is none."""
        ...

    def write(self, text: str, old: str = "") -> Written:
        """The Markdown for the request.

        Args:
            text: made from ``read(old)`` by any edit, or new.
            old: the field as it stands. Whatever was not edited stays as it is, byte for byte.
        """
        ...

    def size(self, value: Any) -> int:
        """How many characters Jira counts in a ``Written.value``."""
        ...

    def length(self, text: str) -> int:
        """How many characters Jira counts in the Markdown once it is written."""
        ...

    def judge(self, text: str, old: str) -> Verdict:
        """What becomes of the Markdown when it is written over ``old``, for a plan."""
        ...


class _Judging:
    """What plans ask, answered by writing."""

    def write(self, text: str, old: str = "") -> Written:
        raise NotImplementedError

    def size(self, value: Any) -> int:
        raise NotImplementedError

    def length(self, text: str) -> int:
        """See ``Bodies``."""
        return self.size(self.write(text).value)

    def judge(self, text: str, old: str) -> Verdict:
        """See ``Bodies``."""
        made = self.write(text, old)
        return Verdict(made.losses, made.refused)


class Adf(_Judging):
    """Jira Cloud: Atlassian's document format."""

    def read(self, raw: str) -> str:
        """The document as Markdown; of a plain string (some apps write them) the string."""
        parsed = _parsed(raw)
        return parsed if isinstance(parsed, str) else adf.to_markdown(parsed)

    def write(self, text: str, old: str = "") -> Written:
        """The document, made of the old one as far as it says the same; refused where the words of an island were edited."""
        parsed = _parsed(old)
        made = adf.render(text, parsed if isinstance(parsed, Mapping) else None)
        losses = tuple(f"block {loss.where}: {loss.what}: {_quoted(loss.sample)}" for loss in made.losses)
        refused = (
            f"{_quoted(made.broken[0])} can be edited in Jira alone: Markdown has no words for all of it" if made.broken else ""
        )
        return Written(made.document, losses, refused)

    def size(self, value: Any) -> int:
        """The characters of its text, line breaks and gaps between blocks."""
        return adf.size(value)


class Wiki(_Judging):
    """Jira Data Center: wiki markup."""

    def read(self, raw: str) -> str:
        """The markup as Markdown."""
        parsed = _parsed(raw)
        return wiki.read(parsed) if isinstance(parsed, str) else ""

    def write(self, text: str, old: str = "") -> Written:
        """The markup, its untouched blocks with the bytes that they have."""
        parsed = _parsed(old)
        made, losses = wiki.render_with_losses(text, parsed if isinstance(parsed, str) else None)
        return Written(made or None, tuple(f"line {loss.line}: {loss.what}: {_quoted(loss.sample)}" for loss in losses))

    def size(self, value: Any) -> int:
        """The characters of the markup."""
        return len(value or "")


ADF: Bodies = Adf()
WIKI: Bodies = Wiki()


def _parsed(raw: str) -> Any:
    return json.loads(raw) if raw else None


def _quoted(words: str) -> str:
    return repr(" ".join(words.split()))
