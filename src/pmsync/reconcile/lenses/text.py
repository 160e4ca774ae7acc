"""Text that means the same on both sides: up to line ends, or up to another spelling of the same Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from pmsync.model.values import Known, Settled, known
from pmsync.reconcile.lens import Unmapped, Unrepresentable
from pmsync.text import canon as markdown
from pmsync.text import inert
from pmsync.text.cut import cut, is_cut, shown_of
from pmsync.text.spelling import spelled_like

_CRLF = re.compile("\r+\n")
_SHORT = 200
"""Characters of a text that is worth remembering."""
_BREAKS = re.compile("[\r\n\v\f\x85\u2028\u2029]+")
_NOTICE_ROOM = 160
"""The least limit that a cut text and its notice fit in."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a text when it is written: what it loses there, a sentence each, and why it must not be written ("" where it may)."""

    losses: tuple[str, ...] = ()
    refused: str = ""


class Form(Protocol):
    """How a system keeps rich text, as far as a plan has to know it. Pure and total."""

    def length(self, text: str) -> int:
        """How many characters the system counts in the Markdown ``text``."""
        ...

    def judge(self, text: str, old: str) -> Verdict:
        """What becomes of ``text`` when it is written over ``old``: the field as the record carries it raw, "" where there is none."""
        ...


class Markdown:
    """A system that keeps Markdown as it is."""

    def length(self, text: str) -> int:
        """Its characters."""
        return len(text)

    def judge(self, text: str, old: str) -> Verdict:
        """Nothing is lost."""
        return Verdict()


AS_IT_IS = Markdown()


@dataclass(frozen=True, slots=True)
class TextLens:
    """The hub's text is the remote's text up to ``canon``.

    Attributes:
        limit: the largest number of characters the remote takes. A longer Markdown text is cut for the remote alone, and what it shows then
            never becomes the hub's; any other text is refused.
        single_line: the remote keeps one line: each run of line breaks becomes one space, and both ends are trimmed.
        markdown: another spelling of the same Markdown is the same text; neither side's spelling is touched.
        inert: names and numbers act where the remote shows them, so that those which others wrote are made inert.
        form: how the remote keeps Markdown.
    """

    limit: int | None = None
    single_line: bool = False
    markdown: bool = False
    inert: bool = False
    form: Form = AS_IT_IS

    def ingest(self, remote: Settled, hub: Settled) -> Settled | Unmapped:
        """The remote's text with its ends tidied; ``hub`` itself where both already say the same."""
        if self.consistent(remote, hub):
            return hub
        if self.is_part(remote):
            return Unmapped(
                "the text was cut for its length and is no whole text: it is not taken over; empty the field to have it written anew"
            )
        text = self._tidy(remote)
        return known(inert.revived(_text(text))) if self.inert else text

    def put(self, hub: Settled, remote: Settled) -> Settled | Unrepresentable:
        """The hub's text with its ends tidied, cut where it is Markdown over the limit; ``Unrepresentable`` for any other text over it."""
        if self.consistent(remote, hub):
            return remote
        text = _text(self._tidy(hub))
        if self._fits(text):
            return known(self._spelled(text, _text(remote)))
        if not self.markdown or (self.limit or 0) < _NOTICE_ROOM:
            return Unrepresentable(f"the text has {len(text):,} characters, the limit is {self.limit:,}")
        shown = _cut(text, self)
        return known(inert.inert(shown, inert.calls(_text(remote))) if self.inert else shown)

    def consistent(self, remote: Settled, hub: Settled) -> bool:
        """Equal up to ``canon``, or the part of the hub's text that there is room for."""
        if self._tidy(remote) == self._tidy(hub) or self.canon(remote) == self.canon(hub):
            return True
        if not self.is_part(remote):
            return False
        text = _text(self._tidy(hub))
        return not self._fits(text) and markdown.same(shown_of(_text(remote)), shown_of(_cut(text, self)))

    def canon(self, remote: Settled) -> Settled:
        """``pmsync.text.canon`` where ``markdown``; else LF line ends, nothing blank at the end, one line where ``single_line``.

        Blank text is empty.
        """
        if not self.markdown:
            return self._tidy(remote)
        return known(_canon(_text(self._tidy(remote))))

    def is_part(self, remote: Settled) -> bool:
        """What the remote shows is a text that was cut for its length."""
        return self.markdown and is_cut(_text(remote))

    def judge(self, hub: Settled, target: Settled, raw: str) -> Verdict:
        """What ``target`` loses of ``hub`` when it is written over what the record carries as ``raw``, and whether it may be written."""
        if not self.markdown:
            return Verdict()
        verdict = self.form.judge(_text(target), raw)
        if not self.is_part(target) or self.is_part(hub):
            return verdict
        whole, shown = len(_text(self._tidy(hub))), len(shown_of(_text(target)))
        told = f"the text is cut: {shown:,} of {whole:,} characters are shown, for the limit is {self.limit:,}"
        return Verdict((told, *verdict.losses), verdict.refused)

    def _spelled(self, text: str, old: str) -> str:
        """What nobody edited with the bytes that it has; of the rest, nothing acts that did not act before."""
        if not self.inert:
            return text
        return spelled_like(inert.inert(text, inert.calls(old)), old)

    def _fits(self, text: str) -> bool:
        return self.limit is None or self.length(text) <= self.limit

    def length(self, text: str) -> int:
        """What counts against the limit. No form makes a text twice as long as its Markdown, so that a short one need not be converted."""
        if self.inert and self.limit is not None and len(text) + 8 * sum(map(text.count, "@#Gg")) > self.limit:
            return len(inert.inert(text))
        if self.limit is None or 2 * len(text) <= self.limit:
            return len(text)
        return self.form.length(text)

    def _tidy(self, value: Settled) -> Settled:
        text = _text(value)
        if len(text) > _SHORT:
            return known(_one_line(text) if self.single_line else _lines(text))
        return _tidied(text, self.single_line)


def _one_line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()


def _lines(text: str) -> str:
    return _CRLF.sub("\n", text).rstrip()


@lru_cache(4_000)
def _tidied(text: str, single_line: bool) -> Settled:
    """A round asks it of the same few titles again and again."""
    return known(_one_line(text) if single_line else _lines(text))


@lru_cache(maxsize=8)
def _cut(text: str, lens: TextLens) -> str:
    """The part of the text that there is room for. Every look at a cut text asks for it."""
    limit = lens.limit or 0
    room = limit * len(text) // max(lens.length(text), 1)
    while lens.length(shown := cut(text, max(room, _NOTICE_ROOM))) > limit and room > _NOTICE_ROOM:
        room = room * 9 // 10
    return shown


_canon = lru_cache(maxsize=32)(markdown.canon)
"""One decision compares the same few texts many times; the forms of their blocks, which are remembered elsewhere, come by the hundred."""


def _text(value: Settled) -> str:
    if not isinstance(value, Known):
        return ""
    if not isinstance(value.value, str):
        raise TypeError("a text lens was given a set: the surface is declared for the wrong field")
    return value.value
