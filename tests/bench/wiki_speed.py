"""How fast wiki markup is read and rendered: ``python tests/bench/wiki_speed.py``.

Takes all bodies and comments of the measured issues, prints megabytes, seconds of processor time and megabytes a second (at least 5 are
asked for), and for hostile input the ratio of the time for twice the size (about 2 where the work is linear).
"""

from __future__ import annotations

import json
import lzma
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pmsync_jira.wiki import read, render

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "titanium-issues.jsonl.xz"
HOSTILE: dict[str, Callable[[int], str]] = {
    "nested quotes": lambda size: "{quote}" * (size // 7),
    "nested angles": lambda size: "> " * (size // 2),
    "braces": lambda size: "{" * size,
    "asterisks": lambda size: "*" * size,
    "spaced asterisks": lambda size: "*a " * (size // 3),
    "unclosed {code}": lambda size: "{code:java} x " * (size // 14),
    "brackets": lambda size: "[" * size,
    "one line": lambda size: "word " * (size // 5),
}


def texts() -> Iterator[str]:
    """Every body and comment."""
    with lzma.open(DATA, "rt") as lines:
        for line in lines:
            fields = json.loads(line)["fields"]
            comments = (fields.get("comment") or {}).get("comments", ())
            yield from filter(None, [fields.get("description"), *(comment.get("body") for comment in comments)])


def seconds(work: Callable[[], object]) -> float:
    """Processor time."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> int:
    """Print the figures."""
    if not DATA.is_file():
        sys.stdout.write(f"the data are not at {DATA}\n")
        return 1
    wiki = list(texts())
    markdown = [read(text) for text in wiki]
    for name, work, source in (("read", read, wiki), ("render", render, markdown)):
        size = sum(len(text.encode()) for text in source) / 1e6
        spent = min(seconds(lambda work=work, source=source: [work(text) for text in source]) for _ in range(3))
        sys.stdout.write(f"{name}: {len(source)} texts, {size:.1f} MB, {spent:.2f} s, {size / spent:.1f} MB/s\n")
    for name, make in HOSTILE.items():
        for label, convert in (("read", read), ("render", render)):
            small, large = (seconds(partial(convert, make(size))) for size in (500_000, 1_000_000))
            sys.stdout.write(f"{label} {name}: 1 MB in {large:.2f} s, {large / max(small, 1e-3):.1f} times 0.5 MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
