"""Which labels speak of priority, and what they say. Pure: judged by the label's name and the config alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pmsync.model.enums import Priority

_WORDS: Mapping[str, Priority] = {
    word: priority
    for priority, words in {
        Priority.CRITICAL: ("critical", "urgent", "blocker", "highest", "showstopper", "critical-urgent", "p0"),
        Priority.HIGH: ("high", "major", "important-soon", "p1"),
        Priority.MEDIUM: ("medium", "med", "moderate", "normal", "important-longterm", "p2"),
        Priority.LOW: ("low", "backlog", "p3"),
        Priority.MINOR: ("minor", "lowest", "trivial", "p4"),
    }.items()
    for word in words
}
_PREFIXED = re.compile(r"(?P<style>(?:priority|prio)\s*[/:=_.-]+\s*|(?:priority|prio)\s+)(?P<word>\S.*)")
_SUFFIXED = re.compile(
    r"(?P<word>critical|urgent|highest|high|medium|normal|low|lowest|minor)(?P<style>[\s_-]+(?:priority|prio))"
)
_BARE = re.compile(r"p[0-4]")


def token(label: str) -> str:
    """The identity of a label on GitHub, where two labels never differ by case alone."""
    return label.casefold()


def default_label(priority: str) -> str:
    """The name under which a missing label for ``priority`` is created."""
    return f"priority/{priority}"


@dataclass(frozen=True, slots=True)
class PriorityNames:
    """The rule that tells priority labels from all others.

    ``configured`` maps label to hub value as the config wrote it; it goes before every well-known name.
    """

    configured: Mapping[str, str] = field(default_factory=dict)
    _folded: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_folded", {token(label): value for label, value in self.configured.items()})

    def concerns(self, label: str) -> bool:
        """Whether the label speaks of priority, even when what it says is not understood."""
        folded = token(label)
        return folded in self._folded or _well_known(folded) is not None or _PREFIXED.fullmatch(folded) is not None

    def value(self, label: str) -> str | None:
        """The hub priority that the label names, None when it is no priority label or one not understood."""
        folded = token(label)
        if folded in self._folded:
            return self._folded[folded]
        known = _well_known(folded)
        return known.value if known else None

    def reads(self, labels: Iterable[str]) -> dict[str, str]:
        """Token to hub value for every understood label among ``labels``, the configured ones and the default names."""
        names = [*labels, *self.configured, *map(default_label, Priority)]
        return {token(name): value for name in names if (value := self.value(name))}

    def writes(self, labels: Iterable[str]) -> dict[str, str]:
        """Hub value to the label written for it: the configured one, else one that exists (of the commonest style), else the default name."""
        existing = [label for label in labels if self.value(label)]
        styles = Counter(map(_style, existing))
        chosen: dict[str, str] = {}
        for priority in Priority:
            configured = sorted(label for label, value in self.configured.items() if value == priority)
            candidates = [label for label in existing if self.value(label) == priority]
            if configured:
                present = {token(label) for label in candidates}
                chosen[priority.value] = min(configured, key=lambda label: token(label) not in present)
            elif candidates:
                chosen[priority.value] = min(candidates, key=lambda label: (-styles[_style(label)], token(label)))
            else:
                chosen[priority.value] = default_label(priority)
        return chosen


def _well_known(folded: str) -> Priority | None:
    match = _PREFIXED.fullmatch(folded) or _SUFFIXED.fullmatch(folded) or _BARE.fullmatch(folded)
    if match is None:
        return None
    word = match.groupdict().get("word") or folded
    return _WORDS.get(word.strip())


def _style(label: str) -> str:
    match = _PREFIXED.fullmatch(token(label)) or _SUFFIXED.fullmatch(token(label))
    return match["style"] if match else "bare"
