"""The vocabulary of the GraphQL face: field types, connections, and the faults that single fields can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pmsync_github.emulation import paging
from pmsync_github.emulation.auth import Caller
from pmsync_github.emulation.errors import ApiError, not_implemented
from pmsync_github.emulation.limits import Quota
from pmsync_github.emulation.state import Repo
from pmsync_github.emulation.world import World

PAGE = {"first": "Int", "last": "Int", "after": "String", "before": "String"}


@dataclass(frozen=True, slots=True)
class Context:
    """What resolvers see: the world, who asks, and what the request costs."""

    world: World
    caller: Caller
    quota: Quota
    cost: int
    nodes: int

    @property
    def login(self) -> str:
        """The login of the caller, who is always somebody here."""
        assert self.caller.login is not None
        return self.caller.login

    def readable(self, repo: Repo) -> bool:
        """Whether the caller may see the repository."""
        return self.world.role(repo, self.caller.login) != "none"


Resolver = Callable[[Context, Any, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class FieldType:
    """One field of a type: what it answers, how, and the arguments it takes. ``type`` is written as in SDL without ``!``."""

    type: str
    resolve: Resolver
    arguments: Mapping[str, str] = field(default_factory=dict)

    @property
    def named(self) -> str:
        """The type without its list brackets."""
        return self.type.strip("[]")

    @property
    def pages(self) -> bool:
        """Whether it is a connection, which needs ``first`` or ``last``."""
        return self.named.endswith("Connection")


Fields = dict[str, FieldType]


class FieldFault(Exception):
    """A field cannot be answered: its value is null and the answer's ``errors`` tell why."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message

    @classmethod
    def of(cls, refused: ApiError) -> FieldFault:
        """The same refusal in GraphQL's words."""
        kinds = {403: "FORBIDDEN", 404: "NOT_FOUND", 422: "UNPROCESSABLE", 501: "NOT_IMPLEMENTED"}
        detail = "; ".join(str(one.get("message") or f"{one['field']} {one['code']}") for one in refused.errors or ())
        return cls(kinds.get(refused.status, "UNPROCESSABLE"), detail or refused.message)


@dataclass(frozen=True, slots=True)
class Connection:
    """One page: items with their cursors, and what is around them."""

    items: Sequence[Any]
    cursors: Sequence[str]
    total: int
    more_after: bool
    more_before: bool


def connect(
    items: Sequence[Any], arguments: Mapping[str, Any], key: Callable[[Any], tuple[Any, ...]], *, backwards: bool = False
) -> Connection:
    """The page of ``items`` that ``arguments`` ask for. ``key`` orders them and makes the cursors, which therefore survive changes.

    Raises:
        FieldFault: a foreign cursor.
    """
    if arguments.get("before") is not None:
        raise FieldFault.of(not_implemented("the cursor 'before'"))
    ordered = sorted(items, key=key, reverse=backwards)
    rest = ordered
    if (after := arguments.get("after")) is not None:
        try:
            place = tuple(paging.decode(after))
        except ValueError as foreign:
            raise FieldFault("INVALID_CURSOR_ARGUMENTS", f"`{after}` does not appear to be a valid cursor.") from foreign
        rest = [one for one in ordered if (key(one) < place if backwards else key(one) > place)]
    if (first := arguments.get("first")) is not None:
        shown = rest[:first]
        more_after, more_before = len(rest) > first, len(rest) < len(ordered)
    else:
        last = arguments["last"]
        shown = rest[-last:] if last else []
        more_after, more_before = False, len(shown) < len(ordered)
    return Connection(shown, [paging.encode(*key(one)) for one in shown], len(ordered), more_after, more_before)


def connection_type(node: str) -> dict[str, Fields]:
    """The connection and edge types over ``node``."""
    return {
        f"{node}Connection": {
            "nodes": FieldType(f"[{node}]", lambda context, page, arguments: page.items),
            "edges": FieldType(
                f"[{node}Edge]", lambda context, page, arguments: list(zip(page.items, page.cursors, strict=True))
            ),
            "pageInfo": FieldType("PageInfo", lambda context, page, arguments: page),
            "totalCount": FieldType("Int", lambda context, page, arguments: page.total),
        },
        f"{node}Edge": {
            "node": FieldType(node, lambda context, edge, arguments: edge[0]),
            "cursor": FieldType("String", lambda context, edge, arguments: edge[1]),
        },
    }


PAGE_INFO: Fields = {
    "endCursor": FieldType("String", lambda context, page, arguments: page.cursors[-1] if page.cursors else None),
    "startCursor": FieldType("String", lambda context, page, arguments: page.cursors[0] if page.cursors else None),
    "hasNextPage": FieldType("Boolean", lambda context, page, arguments: page.more_after),
    "hasPreviousPage": FieldType("Boolean", lambda context, page, arguments: page.more_before),
}


def attribute(type_: str, name: str) -> FieldType:
    """A field that is an attribute of the object."""
    return FieldType(type_, lambda context, thing, arguments: getattr(thing, name))


def derived(type_: str, resolve: Callable[[Context, Any], Any]) -> FieldType:
    """A field without arguments."""
    return FieldType(type_, lambda context, thing, arguments: resolve(context, thing))
