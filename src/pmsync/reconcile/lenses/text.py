"""Text that means the same on both sides, up to line ends and trailing white space."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pmsync.model.values import EMPTY, Known, Settled, known
from pmsync.reconcile.lens import Unmapped, Unrepresentable
from pmsync.text import canon as markdown

_CRLF = re.compile("\r+\n")
_BREAKS = re.compile("[\r\n\v\f\x85\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class TextLens:
    """The hub's text is the remote's text up to ``canon``.

    Attributes:
        limit: the largest number of characters (code points) the remote takes; a longer text is refused, never cut.
        single_line: the remote keeps one line: each run of line breaks becomes one space, and both ends are trimmed.
        markdown: another spelling of the same Markdown is the same text; neither side's spelling is touched.
    """

    limit: int | None = None
    single_line: bool = False
    markdown: bool = False

    def ingest(self, remote: Settled, hub: Settled) -> Settled | Unmapped:
        """The remote's text with its ends tidied; ``hub`` itself where both already say the same."""
        return hub if self.consistent(remote, hub) else self._tidy(remote)

    def put(self, hub: Settled, remote: Settled) -> Settled | Unrepresentable:
        """The hub's text with its ends tidied; ``Unrepresentable`` when it is over the limit."""
        if self.consistent(remote, hub):
            return remote
        target = self._tidy(hub)
        length = len(_text(target))
        if self.limit is not None and length > self.limit:
            return Unrepresentable(f"the text has {length:,} characters, the limit is {self.limit:,}")
        return target

    def consistent(self, remote: Settled, hub: Settled) -> bool:
        """Equal up to ``canon``."""
        return self._tidy(remote) == self._tidy(hub) or self.canon(remote) == self.canon(hub)

    def canon(self, remote: Settled) -> Settled:
        """``pmsync.text.canon`` where ``markdown``; else LF line ends, nothing blank at the end, one line where ``single_line``.

        Blank text is empty.
        """
        if not self.markdown:
            return self._tidy(remote)
        return known(markdown.canon(_text(remote)))

    def _tidy(self, value: Settled) -> Settled:
        text = _text(value)
        if not text:
            return EMPTY
        if self.single_line:
            return known(_BREAKS.sub(" ", text).strip())
        return known(_CRLF.sub("\n", text).rstrip())


def _text(value: Settled) -> str:
    if not isinstance(value, Known):
        return ""
    if not isinstance(value.value, str):
        raise TypeError("a text lens was given a set: the surface is declared for the wrong field")
    return value.value
