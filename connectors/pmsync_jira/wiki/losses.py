"""What a conversion could not carry over, as values. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

SAMPLE = 80
"""The most characters of the text that a loss quotes."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing the other markup cannot say.

    ``what`` names it in words, ``line`` is the line of the source text it stands in (from 1), ``sample`` quotes its beginning.
    """

    what: str
    line: int
    sample: str


@dataclass(slots=True)
class Report:
    """Collects losses while a text is walked; ``line`` is the line the walker stands at."""

    line: int = 1
    losses: list[Loss] = field(default_factory=list)

    def add(self, what: str, sample: str) -> None:
        """Note that ``sample``, at the current line, did not carry over."""
        self.losses.append(Loss(what, self.line, sample[:SAMPLE]))
