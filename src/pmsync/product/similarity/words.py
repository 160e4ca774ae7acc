"""Text to terms: words in lower case, stemmed, and numbers with their dots.

Words in writing without spaces between them (Chinese, Japanese) become pairs of neighbouring characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import snowballstemmer

LONGEST = 40
"""Characters of the longest term: what is longer is a key, a hash or a line of Base64, and tells nothing."""
_WORD = re.compile(r"[぀-ヿ㐀-䶿一-鿿]+|[^\W\d_぀-ヿ㐀-䶿一-鿿]+|\d+(?:\.\d+)*")
_PAIRED = re.compile(r"[぀-ヿ㐀-䶿一-鿿]")
_STEMMER = snowballstemmer.stemmer("english")


def terms_of(text: str) -> Iterator[str]:
    """The terms of ``text`` in order, each as often as it stands there."""
    for word in _WORD.findall(text):
        if _PAIRED.match(word):
            yield from (word[at : at + 2] for at in range(max(1, len(word) - 1)))
        elif len(word) <= LONGEST:
            yield _stem(word)


@lru_cache(100_000)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word.lower()))
