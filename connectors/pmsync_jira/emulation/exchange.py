"""One request on its way through the server: who asks, what the path says, and the helpers that every endpoint needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pmsync.testing.emulator import Request, Response
from pmsync_jira.emulation.errors import Refusal, bad_request, not_found
from pmsync_jira.emulation.knobs import JiraKnobs
from pmsync_jira.emulation.records import Entry, Person, Project
from pmsync_jira.emulation.render import Renderer
from pmsync_jira.emulation.state import State

PROPERTY_LIMIT = 32_768
"""Most characters of one entity property's JSON."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request after routing and authentication. ``params`` are the parts of the path."""

    request: Request
    params: Mapping[str, str]
    person: Person
    state: State

    @property
    def knobs(self) -> JiraKnobs:
        """The site's knobs."""
        return self.state.knobs

    @property
    def renderer(self) -> Renderer:
        """Renders for the account that asks."""
        renderer: Renderer = self.state.edition.renderer(self.state, self.person)
        return renderer

    def body(self) -> Any:
        """The JSON body.

        Raises:
            Refusal: 400 when it is not JSON.
        """
        try:
            return self.request.json()
        except ValueError as broken:
            raise bad_request("There was an error parsing JSON. Check that your request body is valid.") from broken

    def object_body(self) -> dict[str, Any]:
        """The JSON body, an object.

        Raises:
            Refusal: 400 when it is anything else.
        """
        body = self.body()
        if not isinstance(body, dict):
            raise bad_request("Invalid request payload. Refer to the REST API documentation and try again.")
        return body

    def values(self, name: str) -> list[str]:
        """All values of a query parameter, repeated or comma-separated."""
        found = [value for key, value in self.request.query if key == name]
        return [part.strip() for value in found for part in value.split(",") if part.strip()]

    def number(self, name: str, default: int) -> int:
        """A whole number from the query.

        Raises:
            Refusal: 400 when it is not one.
        """
        text = self.request.param(name)
        if not text:
            return default
        if not text.lstrip("-").isdecimal():
            raise bad_request(f"The value of '{name}' must be a number.")
        return int(text)

    def entry(self, name: str = "issueIdOrKey") -> Entry:
        """The issue that the path names.

        Raises:
            Refusal: 404 when there is none that the account may see.
        """
        entry = self.state.entry(self.params[name])
        if entry is None or not self.state.visible(entry):
            raise not_found()
        return entry

    def project(self, name: str = "projectIdOrKey") -> Project:
        """The project that the path names.

        Raises:
            Refusal: 404 when there is none that the account may see.
        """
        key = self.params[name]
        project = self.state.project(key)
        if project is None or not self.state.may("BROWSE_PROJECTS", project):
            raise not_found(f"No project could be found with key '{key}'.")
        return project

    def need(self, permission: str, project: Project, message: str) -> None:
        """Insist on a permission.

        Raises:
            Refusal: 403 with ``message``.
        """
        if not self.state.may(permission, project):
            raise Refusal(403, message)

    def window(self, default: int, most: int) -> tuple[int, int]:
        """``startAt`` and ``maxResults`` of the query, the latter capped."""
        return max(0, self.number("startAt", 0)), max(1, min(self.number("maxResults", default), most))


def property_value(exchange: Exchange) -> Any:
    """The value that a property PUT carries.

    Raises:
        Refusal: 400 when it is not JSON, too long, or its key is.
    """
    if len(exchange.params["propertyKey"]) > 255:
        raise bad_request("The property key cannot be longer than 255 characters.")
    if not exchange.request.body:
        raise bad_request("The property value cannot be empty.")
    return checked_property(exchange.body())


def checked_property(value: Any) -> Any:
    """A property value within the limit.

    Raises:
        Refusal: 400.
    """
    if len(json.dumps(value, ensure_ascii=False)) > PROPERTY_LIMIT:
        raise bad_request(f"The property value cannot be longer than {PROPERTY_LIMIT} characters.")
    return value


def strings(body: Mapping[str, Any], name: str) -> list[str]:
    """A list of texts out of a body; empty where it is not given.

    Raises:
        Refusal: 400 when it is anything else.
    """
    values = body.get(name)
    if values is None:
        return []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise bad_request(f"'{name}' must be a list of strings.")
    return values


def empty(status: int = 204) -> Response:
    """An answer without a body."""
    return Response(status)
