"""Reading YAML with the place of every key: lines and columns are what an error is worth.

The grammar is the plain part of YAML 1.2: mappings, lists, texts, numbers, true, false and null. Anchors, aliases and tags are refused: a
value that is written once and stands in many places has no line of its own, and a few lines of them can unfold into gigabytes.
"""

from __future__ import annotations

import re
from pathlib import Path as File
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import ComposerError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from pmsync.config.problems import Path, Places, Problems
from pmsync.connect.errors import ConfigError

LARGEST = 1 << 20
"""Bytes. A thousand products take a third of it; what is larger is another file named by mistake."""

DEEPEST = 24
"""Levels of nesting. The grammar has six."""

_EXAMPLE = "pmsync init writes an example"
_TAG = "tag:yaml.org,2002:"
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_QUOTATION = re.compile(r"'[^']{2,}'|\"[^\"]{2,}\"")
_NUMBERS = {"int": "construct_yaml_int", "float": "construct_yaml_float", "bool": "construct_yaml_bool"}
_TEXTS = {"str", "timestamp", "merge", "value"}


def read(file: File) -> tuple[dict[str, Any], Problems]:
    """The document as plain dicts, lists and scalars, every key a text, and what is wrong with it so far.

    Raises:
        ConfigError: the file is missing, unreadable, too large, not UTF-8, empty, no YAML, or not a mapping.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False  # its warning quotes the file
    node = _compose(yaml, _text(file), file)
    if not isinstance(node, MappingNode):
        what = "a list" if isinstance(node, SequenceNode) else "a single value"
        raise ConfigError(
            f"the config is {what}; it must be a mapping with systems: and products:", hint=_EXAMPLE, where=f"{file}:1:1"
        )
    places: Places = {}
    problems = Problems(str(file), places)
    return _Reader(yaml.constructor, places, problems).mapping(node, ()), problems


def _text(file: File) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise ConfigError(f"there is no config {file}", hint="pmsync init writes one to start from") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "the name is not valid"
        raise ConfigError(f"the config {file} cannot be read: {reason}", hint="name a file that pmsync may read") from None
    if len(data) > LARGEST:
        raise ConfigError(f"{file} is larger than {LARGEST >> 20} MiB", hint="is that the config? --config names another file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
    raise ConfigError(message, hint="save the file in the encoding UTF-8", where=f"{file}:{line}:{column}")


def _compose(yaml: YAML, text: str, file: File) -> Node:
    """The tree of nodes. What the parser says is put in our words: its own quote the file, and a secret may stand there."""
    message, hint, where = "", "", str(file)
    try:
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        message, hint = _said(error, text)
        mark = error.problem_mark or error.context_mark
        where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else where
    except ReaderError as error:
        before = text[: error.position]
        where = f"{file}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
        message, hint = "not valid YAML: a control character stands here", "remove it"
    except (YAMLError, ValueError):
        message, hint = "not valid YAML", "a YAML checker tells more"
    except RecursionError:
        message = "nested too deeply to be a config"
    else:
        if isinstance(node, Node):
            return node
        message, hint, where = "the config is empty", _EXAMPLE, f"{file}:1:1"
    raise ConfigError(message, hint=hint, where=where)


def _said(error: MarkedYAMLError, text: str) -> tuple[str, str]:
    problem = f"{error.problem or error.context or ''}"
    mark = error.problem_mark or error.context_mark
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if any(word in f"{error.context} {problem}" for word in ("alias", "anchor")):
        return (
            "anchors (&) and aliases (*) are not part of the config",
            "write the value out; quote a text that begins with & or *",
        )
    if isinstance(error, ComposerError):
        return "a second document begins here", "one config is one document: remove the line ---"
    if "'\\t'" in problem or line[: len(line) - len(line.lstrip())].count("\t"):
        return "not valid YAML: a tab stands where spaces must", "indent with spaces"
    if "${" in line:
        return "not valid YAML here", 'write references in quotes: "${NAME}"'
    return f"not valid YAML: {_QUOTATION.sub('something', problem)}", "check the indentation, quotes and brackets there"


class _Reader:
    """Turns nodes into plain values, keeps where they stand, and notes what is not part of the grammar."""

    def __init__(self, constructor: Any, places: Places, problems: Problems) -> None:
        self._constructor = constructor
        self._places = places
        self._problems = problems

    def mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        """A dict; of a key that stands twice, the first counts and the second is a problem."""
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._problems.add(path, "a key must be a text, not a list or a mapping", place=_place(key))
                continue
            name = str(key.value)
            here = (*path, name)
            if name in found:
                first = self._places[here][0]
                self._problems.add(here, f"this key stands twice, first in line {first}", "keep one of the two", _place(key))
                continue
            self._places[here] = _place(key)
            if key.anchor or not self._plain(key) or _UNPRINTABLE.search(name):
                self._problems.add(here, "a key must be a plain text", "write it without tags, anchors and control characters")
            found[name] = self._value(value, here)
        return found

    def _value(self, node: Node, path: Path) -> Any:
        if node.anchor:
            self._problems.add(
                path, "anchors (&) and aliases (*) are not part of the config", "write the value out in each place"
            )
        elif not self._plain(node):
            self._problems.add(path, "tags (!) are not part of the config", "quote a text that begins with !")
        elif len(path) > DEEPEST:
            self._problems.add(path[:3], "nested too deeply to be a config")
        elif isinstance(node, MappingNode):
            return self.mapping(node, path)
        elif isinstance(node, SequenceNode):
            return [self._item(part, (*path, index)) for index, part in enumerate(node.value)]
        else:
            return self._scalar(node, path)
        return None

    def _item(self, node: Node, path: Path) -> Any:
        self._places[path] = _place(node)
        return self._value(node, path)

    def _scalar(self, node: Node, path: Path) -> Any:
        name, text = str(node.tag).removeprefix(_TAG), str(node.value)
        if _UNPRINTABLE.search(text):
            self._problems.add(path, "a control character or half a character stands in the text", "remove it")
            return ""
        if name in _TEXTS:
            return text
        if name == "null":
            return None
        try:
            return getattr(self._constructor, _NUMBERS[name])(node)
        except (ValueError, LookupError):
            self._problems.add(path, f"this cannot be read as {name}", "put it in quotes if it is a text")
            return None

    def _plain(self, node: Node) -> bool:
        """Whether the node has one of the types of the grammar, not ``!!set`` or ``!anything``."""
        tag, known = str(node.tag), {ScalarNode: {*_TEXTS, *_NUMBERS, "null"}, MappingNode: {"map"}, SequenceNode: {"seq"}}
        return tag.startswith(_TAG) and tag.removeprefix(_TAG) in known[type(node)]


def _place(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
