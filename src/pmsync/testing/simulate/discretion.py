"""The rule of discretion: what a person said where few can read it never appears by our doing where more can."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pmsync.model.enums import Audience
from pmsync.testing.simulate.case import Case, Finding

TEXTS = ("title", "body", "labels")


def findings(case: Case) -> Iterator[Finding]:
    """Every text of ours that more people can read than could where somebody said it. What was restricted when it was said never crosses."""
    for family, acts in sorted(case.acts.items()):
        said: defaultdict[tuple[str, str], Audience] = defaultdict(lambda: Audience.PRIVATE)
        known: set[tuple[str, str]] = set()
        for act in acts:
            key = act.name, act.after
            if act.verb != "set" or act.name not in TEXTS or not act.after:
                continue
            if not act.robot:
                said[key] = max(said[key], act.audience)
                known.add(key)
            elif key in known and (said[key] is Audience.PRIVATE or said[key] < act.audience):
                narrow, wide = said[key].name.lower(), act.audience.name.lower()
                yield Finding("widened", f"{family}: {act.name} {act.after!r} is {narrow}, and we made it {wide} in {act.thing}")
