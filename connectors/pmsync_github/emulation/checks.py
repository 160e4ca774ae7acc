"""What GitHub refuses in what is written: one set of checks for REST and GraphQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pmsync_github.emulation.errors import invalid, malformed, not_implemented
from pmsync_github.emulation.state import Label, Repo
from pmsync_github.emulation.world import World

TITLE_MAX = 256
BODY_MAX = 65_536
LABEL_MAX = 50
DESCRIPTION_MAX = 100
ASSIGNEES_MAX = 10
PUSH_ONLY = ("labels", "assignees", "milestone")
FEATURE_OFF = ("type", "issue_field_values")
REASONS = {"completed", "not_planned", "duplicate", "reopened", None}
COLOR = re.compile(r"[0-9a-fA-F]{6}")


def text(resource: str, field: str, value: Any, limit: int, *, blank: bool = True) -> str:
    """A text within its limit, in characters.

    Raises:
        ApiError: 422.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise malformed(f'For "{field}", {value!r:.60} is not a string.')
    found = str(value)
    if "\0" in found:
        raise invalid(resource, field, "custom", message=f"{field} contains a NUL character, which is not allowed")
    if not blank and not found.strip():
        raise invalid(resource, field, "missing_field")
    if len(found) > limit:
        raise invalid(resource, field, "custom", message=f"{field} is too long (maximum is {limit} characters)")
    return found


def issue_fields(world: World, repo: Repo, sent: Mapping[str, Any], *, creating: bool) -> dict[str, Any]:
    """The changes that a create or an edit asks for, checked.

    Raises:
        ApiError: 422; 501 for what this server does not know.
    """
    if creating and "title" not in sent:
        raise malformed('"title" wasn\'t supplied.')
    for name in ("assignee", "duplicate_issue_id"):
        if name in sent:
            raise not_implemented(f"the issue property {name}")
    fields: dict[str, Any] = {}
    if "title" in sent:
        if sent["title"] is None:
            raise not_implemented("a title of null")
        fields["title"] = text("Issue", "title", sent["title"], TITLE_MAX, blank=False)
    if "body" in sent:
        fields["body"] = None if sent["body"] is None else text("Issue", "body", sent["body"], BODY_MAX)
    if "labels" in sent:
        fields["labels"] = label_names(sent["labels"])
    if "assignees" in sent:
        fields["assignees"] = assignees(world, repo, sent["assignees"])
    if "milestone" in sent:
        fields["milestone"] = milestone(repo, sent["milestone"])
    if not creating:
        fields |= _state(sent)
    return fields


def label_names(value: Any) -> list[str]:
    """Names from a list of names or of objects with a name.

    Raises:
        ApiError: 422.
    """
    if not isinstance(value, list):
        raise malformed('For "labels", a list is needed.')
    names = [one.get("name") if isinstance(one, dict) else one for one in value]
    return [label_name(name) for name in names]


def label_name(value: Any) -> str:
    """A label's name.

    Raises:
        ApiError: 422.
    """
    if not isinstance(value, str):
        raise malformed('"name" wasn\'t supplied.')
    return text("Label", "name", value, LABEL_MAX, blank=False)


def color(value: Any) -> str:
    """Six hexadecimal digits.

    Raises:
        ApiError: 422.
    """
    if not isinstance(value, str) or not COLOR.fullmatch(value):
        raise invalid("Label", "color", "invalid")
    return value.lower()


def free_label(repo: Repo, name: str, itself: Label | None = None) -> None:
    """Refuse a label name that is taken, whatever its case.

    Raises:
        ApiError: 422 already_exists.
    """
    if repo.labels.get(name.casefold()) not in (None, itself):
        raise invalid("Label", "name", "already_exists")


def assignees(world: World, repo: Repo, value: Any) -> list[str]:
    """Known logins, at most ten; those who cannot be assigned in the repository are left out in silence.

    Raises:
        ApiError: 422.
    """
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise malformed('For "assignees", a list of logins is needed.')
    for login in value:
        if world.user(login) is None:
            raise invalid("Issue", "assignees", "invalid", value=login)
    logins = [world.users[login.casefold()].login for login in value]
    return [login for login in logins if world.assignable(repo, login)][:ASSIGNEES_MAX]


def milestone(repo: Repo, value: Any) -> int | None:
    """The number of a milestone of the repository, or None.

    Raises:
        ApiError: 422.
    """
    if value is None:
        return None
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value not in repo.milestones:
        raise invalid("Issue", "milestone", "invalid", value=value if isinstance(value, int | str) else None)
    return value


def _state(sent: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if "state" in sent:
        if sent["state"] not in ("open", "closed"):
            raise invalid("Issue", "state", "invalid", value=str(sent["state"]))
        fields["state"] = sent["state"]
    if "state_reason" in sent:
        if sent["state_reason"] not in REASONS or (sent["state_reason"] == "reopened" and sent.get("state") == "closed"):
            raise invalid("Issue", "state_reason", "invalid", value=str(sent["state_reason"]))
        fields["state_reason"] = sent["state_reason"]
    return fields
