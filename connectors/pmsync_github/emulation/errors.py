"""Refusals, in GitHub's own words where they are documented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DOCS = "https://docs.github.com/rest"


class ApiError(Exception):
    """A request is refused: status, body and extra headers of the answer."""

    def __init__(
        self, status: int, message: str, *, errors: list[Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """The JSON body: a basic error, or a validation error when single faults are named."""
        content: dict[str, Any] = {"message": self.message, "documentation_url": DOCS, "status": str(self.status)}
        if self.errors is not None:
            content["errors"] = self.errors
        return content


class Moved(ApiError):
    """The thing lives elsewhere: 301 for reads and issues, 307 for other requests to a renamed repository."""

    def __init__(self, url: str, status: int = 301) -> None:
        super().__init__(status, "Moved Permanently" if status == 301 else "Temporary Redirect", headers={"location": url})
        self.url = url

    def body(self) -> dict[str, Any]:
        """The JSON body, with the new address."""
        return {"message": self.message, "url": self.url, "documentation_url": DOCS}


def not_found() -> ApiError:
    """Absent, or hidden from the caller: GitHub does not tell which."""
    return ApiError(404, "Not Found")


def not_implemented(what: str) -> ApiError:
    """This server does not know how the real one would answer."""
    return ApiError(501, f"this emulator does not implement {what}")


def invalid(resource: str, field: str, code: str, *, message: str = "", value: Any = None) -> ApiError:
    """422 for one field. ``code``: missing_field, invalid, already_exists, custom (with ``message``)."""
    fault: dict[str, Any] = {"resource": resource, "field": field, "code": code}
    if message:
        fault["message"] = message
    if value is not None:
        fault["value"] = value
    return ApiError(422, "Validation Failed", errors=[fault])


def malformed(message: str) -> ApiError:
    """422 for a body that does not have the documented shape."""
    return ApiError(422, f"Invalid request.\n\n{message}")
