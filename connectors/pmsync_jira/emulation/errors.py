"""Refusals, shaped as Jira shapes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pmsync.testing.emulator import Response

NOT_FOUND = "Issue does not exist or you do not have permission to see it."


class Refusal(Exception):
    """A request is answered with an error. ``errors`` is field to message, ``messages`` what concerns the whole request."""

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, messages, errors)
        self.status = status
        self.messages: Sequence[str] = messages
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})

    def collection(self) -> dict[str, object]:
        """The ErrorCollection body."""
        return {"errorMessages": list(self.messages), "errors": dict(self.errors)}

    def response(self) -> Response:
        """The whole answer."""
        return Response.of(self.status, self.collection(), self.headers)


def bad_request(*messages: str, **errors: str) -> Refusal:
    """A 400; keyword arguments name fields."""
    return Refusal(400, *messages, errors=errors)


def not_found(message: str = NOT_FOUND) -> Refusal:
    """A 404."""
    return Refusal(404, message)


def not_implemented(what: str) -> Refusal:
    """A 501: this stand-in does not do it, and does not guess."""
    return Refusal(501, f"The Jira stand-in does not implement {what}.")
