"""How a value is spelled in YAML, in the style of what stood there, so that it reads back as exactly that value."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

_STR = "tag:yaml.org,2002:str"
_ESCAPES = {
    "\\": "\\\\",
    '"': '\\"',
    "\n": "\\n",
    "\t": "\\t",
    "\r": "\\r",
    "\x85": "\\N",
    "\u2028": "\\L",
    "\u2029": "\\P",
    "\ufeff": "\\uFEFF",
}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9 _./@+-]*[A-Za-z0-9]|[A-Za-z]")
_RESOLVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_NO_BLOCK = re.compile(r"[\r\x85\u2028\u2029\ufeff\t]|\A[ \n]|[ ]+$", re.MULTILINE)


def scalar(value: str, *, flow: bool = False, style: str = "") -> str:
    """``value`` on one line: plain where that reads back as this very text, else in quotes, those of ``style`` if they can hold it."""
    if style == "'" and "\n" not in value and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if style != '"' and _is_plain(value, flow=flow):
        return value
    return '"' + "".join(map(_escape, value)) + '"'


def bare(value: str, *, flow: bool = False) -> str:
    """A number, a date or a word of the grammar: never in quotes where it needs none."""
    return value if _reads(value, value, flow=flow, any_tag=True) else scalar(value, flow=flow)


def block(value: str, indent: int, newline: str) -> str | None:
    """``value`` as a literal block below a key, its lines ``indent`` spaces in; None where a block would not read back the same."""
    if "\n" not in value.rstrip("\n") or _NO_BLOCK.search(value) or value.endswith("\n\n") or not value.strip():
        return None
    head = "|" if value.endswith("\n") else "|-"
    lines = value.rstrip("\n").split("\n")
    return head + newline + newline.join(" " * indent + line if line else "" for line in lines)


def listed(values: Sequence[str]) -> str:
    """A list in brackets."""
    return "[" + ", ".join(scalar(value, flow=True) for value in values) + "]"


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable() or char in "\u200d\ufe0f":
        return char
    code = ord(char)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _is_plain(value: str, *, flow: bool) -> bool:
    if _WORD.fullmatch(value) and value.casefold() not in _RESOLVED:
        return True
    return "\n" not in value and value.isprintable() and _reads(value, value, flow=flow)


def _reads(spelled: str, value: str, *, flow: bool, any_tag: bool = False) -> bool:
    """Whether the parser takes ``spelled``, as a value, for exactly ``value``."""
    text = f"[{spelled}, x]" if flow else f"k: {spelled} # c\n"
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except (YAMLError, ValueError):
        return False
    if flow:
        one = node.value[0] if isinstance(node, SequenceNode) and len(node.value) == 2 else None
    else:
        one = node.value[0][1] if isinstance(node, MappingNode) and len(node.value) == 1 else None
    return isinstance(one, ScalarNode) and one.value == value and (any_tag or str(one.tag) == _STR) and not one.anchor
