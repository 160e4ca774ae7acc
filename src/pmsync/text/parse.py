"""GitHub's Markdown as a tree: mistune with the four extensions that GitHub has. Pure.

Where mistune reads otherwise than GitHub it is told so here; whoever reads Markdown in pmsync reads it through this file.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import mistune
from mistune.core import BlockState, InlineState
from mistune.inline_parser import InlineParser
from mistune.util import escape_url

Token = dict[str, Any]

_URL = r"https?://[^\s<>]*[^\s<>?!.,:;*_~'\")\]|]"


class _Blocks(mistune.BlockParser):
    """Blocks; a footnote's text is a paragraph, not the target of a link."""

    def parse_ref_link(self, m: re.Match[str], state: BlockState) -> int | None:
        """Leave ``[^1]: words`` alone."""
        if str(m.group("reflink_1") or "").startswith("^"):
            return None
        return super().parse_ref_link(m, state)


def _bare_url(inline: InlineParser, m: re.Match[str], state: InlineState) -> int:
    """A bare address is a link, without the bracket that was opened before it."""
    url = m.group()
    while url.endswith(")") and url.count(")") > url.count("("):
        url = url[:-1]
    if state.in_link:
        inline.process_text(url, state)
    else:
        state.append_token({"type": "link", "children": [{"type": "text", "raw": url}], "attrs": {"url": escape_url(url)}})
    return m.start() + len(url)


@cache
def _markdown() -> mistune.Markdown:
    made = mistune.Markdown(renderer=None, block=_Blocks(), inline=InlineParser())
    for name in ("strikethrough", "table", "task_lists"):
        made.use(mistune.plugins.import_plugin(name))
    made.inline.register("url_link", _URL, _bare_url)
    return made


def parse(text: str) -> list[Token]:
    """The blocks of ``text``, each with ``type`` and, by type, ``children``, ``raw`` and ``attrs`` (mistune's token names)."""
    tokens, _ = _markdown().parse(text)
    if isinstance(tokens, str):
        raise TypeError("the parser was asked for a tree and gave a string")
    return list(tokens)
