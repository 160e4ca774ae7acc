"""From YAML text to a tree that knows where everything stands, to the character: what edits and messages are made with.

The grammar is the plain part of YAML 1.2: mappings, lists and scalars, without anchors, aliases and tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from pmsync.model.roadmap import Place, Problem
from pmsync.text.wording import quoted

LARGEST = 4 << 20
"""Characters. Ten thousand items take a third of it."""

DEEPEST = 12
"""Levels of nesting. The grammar has five."""

_TAG = "tag:yaml.org,2002:"
_PLAIN = {
    ScalarNode: frozenset({"str", "int", "float", "bool", "null", "timestamp", "merge", "value"}),
    MappingNode: frozenset({"map"}),
    SequenceNode: frozenset({"seq"}),
}
_MERGE = re.compile(r"^(<{7}|={7}|>{7}|\|{7})( |$)")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff]")
_QUOTATION = re.compile(r"'[^']{2,}'|\"[^\"]{2,}\"")


class UnreadableError(Exception):
    """The file is no document at all; ``problems`` say where and why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(str(problems[0]))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Span:
    """Where a node stands: first character, the one behind its last, and the place for people."""

    start: int
    end: int
    place: Place


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as text; ``kind`` is YAML's: ``str``, ``int``, ``float``, ``bool`` or ``null``. ``style`` is its quote, ``|`` or ``>``."""

    span: Span
    text: str
    kind: str
    style: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list. ``flow``: in brackets."""

    span: Span
    items: tuple[Tree, ...]
    flow: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A key and its value."""

    key: str
    at: Span
    value: Tree


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the file's order, each key once. ``flow``: in braces."""

    span: Span
    pairs: tuple[Pair, ...]
    flow: bool

    def get(self, key: str) -> Pair | None:
        """The pair of that key."""
        return next((pair for pair in self.pairs if pair.key == key), None)


Tree = Scalar | Sequence | Mapping


@dataclass(slots=True)
class _Builder:
    file: str
    problems: list[Problem] = field(default_factory=list)

    def build(self, node: Node, path: tuple[str, ...]) -> Tree:
        """The tree of a node. What is not part of the grammar becomes an empty value with a problem."""
        span = self.span(node)
        if node.anchor:
            return self._refused(span, path, "anchors (&) and aliases (*) are not part of a roadmap", "write the value out")
        if not _is_plain(node):
            return self._refused(span, path, "tags (!) are not part of a roadmap", "quote a text that begins with !")
        if len(path) > DEEPEST:
            return self._refused(span, path, "nested too deeply to be a roadmap", "")
        if isinstance(node, MappingNode):
            return Mapping(span, tuple(self._pairs(node, path)), bool(node.flow_style))
        if isinstance(node, SequenceNode):
            return Sequence(span, tuple(self.build(one, path) for one in node.value), bool(node.flow_style))
        assert isinstance(node, ScalarNode)
        return self._scalar(node, span, path)

    def span(self, node: Node) -> Span:
        """Where the node stands."""
        start = node.start_mark
        return Span(start.index, node.end_mark.index, Place(self.file, start.line + 1, start.column + 1))

    def _scalar(self, node: ScalarNode, span: Span, path: tuple[str, ...]) -> Scalar:
        kind = str(node.tag).removeprefix(_TAG)
        kind = kind if kind in ("int", "float", "bool", "null") else "str"
        if _UNPRINTABLE.search(str(node.value)):
            return self._refused(span, path, "a control character stands in the text", "remove it")
        return Scalar(span, str(node.value), kind, str(node.style or ""))

    def _pairs(self, node: MappingNode, path: tuple[str, ...]) -> Iterator[Pair]:
        first: dict[str, Span] = {}
        for key, value in node.value:
            at = self.span(key)
            if not isinstance(key, ScalarNode) or key.anchor or not _is_plain(key):
                self._refused(at, path, "a key must be a plain text", "write it without tags, anchors and brackets")
                continue
            name = str(key.value)
            if name in first:
                said = f"the key {quoted(name)} stands twice, first in line {first[name].place.line}"
                self._refused(at, (*path, name), said, "keep one of the two; until then the first counts")
                continue
            first[name] = at
            yield Pair(name, at, self.build(value, (*path, name)))

    def _refused(self, span: Span, path: tuple[str, ...], message: str, remedy: str) -> Scalar:
        self.problems.append(Problem(span.place, message, remedy, path))
        return Scalar(span, "", "null", "")


def parse(text: str, file: str) -> tuple[Mapping, list[Problem]]:
    """The document as a tree, and what is wrong with it so far.

    Raises:
        UnreadableError: it is no YAML, too large, not a mapping, or holds the marks of an unfinished merge.
    """
    if len(text) > LARGEST:
        raise _unreadable(file, text, 0, f"larger than {LARGEST >> 20} MiB", "is that a roadmap?")
    if marks := list(_merge_marks(text, file)):
        raise UnreadableError(tuple(marks))
    node = _compose(text, file)
    builder = _Builder(file)
    if node is None:
        return Mapping(Span(len(text), len(text), Place(file, 1, 1)), (), flow=False), []
    if not isinstance(node, MappingNode):
        raise _unreadable(file, text, node.start_mark.index, "a roadmap is a mapping with items:", "begin with  items:")
    tree = builder.build(node, ())
    if not isinstance(tree, Mapping):
        raise UnreadableError(tuple(builder.problems))
    return tree, builder.problems


def _merge_marks(text: str, file: str) -> Iterator[Problem]:
    for number, line in enumerate(text.split("\n"), 1):
        if _MERGE.match(line) and (line[0] != "=" or "\n<<<<<<<" in "\n" + text):
            yield Problem(
                Place(file, number, 1),
                "a merge of this file was not finished here",
                "keep one of the two versions, delete the marks",
            )


def _compose(text: str, file: str) -> Node | None:
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False
    try:
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        index = mark.index if mark else 0
        raise _unreadable(file, text, index, *_said(error, text, index)) from None
    except ReaderError as error:
        raise _unreadable(file, text, error.position, "a control character stands here", "remove it") from None
    except (YAMLError, ValueError):
        raise _unreadable(file, text, 0, "not valid YAML", "a YAML checker tells more") from None
    except RecursionError:
        raise _unreadable(file, text, 0, "nested too deeply to be a roadmap", "") from None
    return node if isinstance(node, Node) else None


def _said(error: MarkedYAMLError, text: str, index: int) -> tuple[str, str]:
    """What the parser says, in our words, without quoting the file."""
    problem = f"{error.problem or error.context or ''}"
    begin = text.rfind("\n", 0, index) + 1
    line = text[begin:].split("\n", 1)[0]
    if "'\\t'" in problem or "\t" in line[: len(line) - len(line.lstrip())]:
        return "not valid YAML: a tab stands where spaces must", "indent with spaces"
    if any(word in f"{error.context} {problem}" for word in ("alias", "anchor")):
        return "anchors (&) and aliases (*) are not part of a roadmap", "quote a text that begins with & or *"
    if "document" in problem:
        return "a second document begins here", "one file is one roadmap: remove the line ---"
    return f"not valid YAML: {_QUOTATION.sub('something', problem)}", "check the indentation, quotes and brackets there"


def _unreadable(file: str, text: str, index: int, message: str, remedy: str) -> UnreadableError:
    return UnreadableError((Problem(place_of(text, index, file), message, remedy),))


def place_of(text: str, index: int, file: str) -> Place:
    """Line and column of a character."""
    before = text[:index]
    return Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


def _is_plain(node: Node) -> bool:
    tag = str(node.tag)
    return tag.startswith(_TAG) and tag.removeprefix(_TAG) in _PLAIN[type(node)]
