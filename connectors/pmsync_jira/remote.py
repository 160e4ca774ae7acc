"""Remote links: where an issue shows in other systems. Jira keeps one for each global id, so that to make it again changes nothing.

They cannot be read in bulk. So what we made is written down in the issue's property beside the marker, which comes along with every issue;
and only what stands there is ever taken away.
Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-remote-links/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmsync.connect.pointers import BLOCKER, Pointer
from pmsync.model.values import members
from pmsync.reconcile.operation import Change
from pmsync_jira.client import Client, Refused
from pmsync_jira.mapping import LINKS, listed

NAME_LIMIT = 255
"""Characters of a global id."""


class RemoteLinks:
    """Makes remote links and takes them away."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def write(self, issue: str, change: Change) -> str | None:
        """Bring an issue's remote links to what the change says; None when all of it went, else why some of it did not."""
        added, removed = (_parsed(texts) for texts in (change.added, change.removed))
        refusals = [self._client.put_remote_link(issue, _body(name, one)) for name, one in sorted(added.items())]
        refusals += [self._client.drop_remote_link(issue, name) for name in sorted(removed.keys() - added.keys())]
        if not (failed := [str(one) for one in refusals if one is not None]):
            failed = [str(one) for one in (self._note(issue, change),) if one is not None]
        return f"Jira refuses the remote link: {'; '.join(dict.fromkeys(failed))}" if failed else None

    def _note(self, issue: str, change: Change) -> Refused | None:
        """Write down what there is now; what else the property holds stays."""
        held = self._client.issue_property(issue)
        kept = dict(held) if isinstance(held, Mapping) else {}
        shown = (members(listed(kept)) | change.added) - change.removed
        return self._client.put_issue_property(issue, {**kept, LINKS: sorted(shown)})


def _parsed(texts: frozenset[str]) -> dict[str, Pointer]:
    found = {}
    for text in texts:
        try:
            pointer = Pointer.parse(text)
        except ValueError:
            continue  # somebody wrote into the property: there is no link of ours by that
        if len(pointer.name) <= NAME_LIMIT:
            found[pointer.name] = pointer
    return found


def _body(name: str, pointer: Pointer) -> dict[str, Any]:
    """The whole link: what is left out would be emptied."""
    return {
        "globalId": name,
        "application": {"name": "pmsync", "type": "pmsync"},
        "relationship": "waits for" if pointer.kind == BLOCKER else "is also",
        "object": {"url": pointer.url, "title": pointer.key},
    }
