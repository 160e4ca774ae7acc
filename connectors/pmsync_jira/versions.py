"""Project versions as records: what they show, what is written into them, and by what they are known. Pure.

Jira keeps one day for a version, ``releaseDate``: it is due then while it is unreleased, and was shipped then once it is released. So a
released version does not tell when it was due. A version has no stamps, no author and no properties.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pmsync.model.enums import Kind, Nature, Status
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Empty, Known, Unobserved, known
from pmsync.reconcile.lens import Lens
from pmsync.reconcile.lenses import DayLens, EnumLens, TextLens
from pmsync.reconcile.operation import Change
from pmsync.reconcile.surface import Surface
from pmsync_jira import wire

PREFIX = "version:"
"""Begins the remote ids of versions, which would otherwise be taken for those of issues."""
NAME, STATE, START, DUE, SHIPPED = "version.name", "version.state", "version.start", "version.due", "version.shipped"
"""The surface ids of a version. Its name stands in its records as ``title``, too: by that, records are compared."""
FIELD_OF: Mapping[str, str] = {NAME: "name", STATE: "released", START: "startDate", DUE: "releaseDate", SHIPPED: "releaseDate"}
"""Surface id to the name of the version's property."""
NAME_LIMIT = 255
UNRELEASED, RELEASED, ARCHIVED = "unreleased", "released", "archived"
READS: Mapping[str, str] = {UNRELEASED: Status.PLANNED, RELEASED: Status.RELEASED, ARCHIVED: Status.DECLINED}
WRITES: Mapping[str, str] = {
    **{str(one): UNRELEASED for one in Status},
    Status.RELEASED: RELEASED,
    Status.DECLINED: ARCHIVED,
    Status.DUPLICATE: ARCHIVED,
}
ONE_DAY = "Jira keeps one day of a version: that of a released one tells when it shipped, not when it was due"
TOO_EARLY = "Jira keeps one day of a version: that of an unreleased one tells when it is due, not when it shipped"


def is_version(ref: RecordRef) -> bool:
    """Whether the record is a version, not an issue."""
    return ref.remote_id.startswith(PREFIX)


def remote_id(version: str) -> str:
    """The remote id of the version with that id in Jira."""
    return PREFIX + version


def number(remote: str) -> str:
    """Jira's own id of the version."""
    return remote.removeprefix(PREFIX)


def surfaces(read_only: str | None) -> list[Surface]:
    """Where hub fields show in the versions of a project."""
    state = EnumLens({token: str(hub) for token, hub in READS.items()}, WRITES, {"": "a version always has a state"})
    lenses: Mapping[str, tuple[str, Lens]] = {
        NAME: ("title", TextLens(NAME_LIMIT, single_line=True)),
        STATE: ("status", state),
        START: ("start", DayLens(begins=True)),
        DUE: ("due", DayLens()),
        SHIPPED: ("shipped", DayLens()),
    }
    release = frozenset({Nature.RELEASE})
    return [Surface(name, field, lens, read_only=read_only, natures=release) for name, (field, lens) in lenses.items()]


def state_of(version: wire.Version) -> str:
    """Released is what counts: archiving a released version only puts it out of sight."""
    if version.released:
        return RELEASED
    return ARCHIVED if version.archived else UNRELEASED


def digest(version: wire.Version) -> str:
    """Differs where anything differs that a record shows."""
    shown = (version.name, state_of(version), version.start or "", version.day or "")
    return hashlib.blake2b("\0".join(shown).encode(), digest_size=6).hexdigest()


def record(version: wire.Version, scope: ScopeRef, url: str) -> Record:
    """A version as a record of its project's scope. ``url`` is the site's."""
    released = version.released
    return Record(
        ref=RecordRef(scope.system, remote_id(version.id)),
        scope=scope,
        key=version.name,
        url=f"{url}/projects/{scope.key}/versions/{version.id}",
        kind=Kind.RELEASE,
        values={
            "title": known(version.name),
            NAME: known(version.name),
            STATE: Known(state_of(version)),
            START: known(version.start),
            DUE: Unobserved(ONE_DAY) if released else known(version.day),
            SHIPPED: known(version.day) if released else EMPTY,
        },
        version=digest(version),
        updated_at=0.0,
        created_at=0.0,
    )


# -- writing ----------------------------------------------------------------------------------------------------------------


def unfit(changes: Mapping[str, Change], *, released: bool) -> dict[str, str]:
    """Surface to reason, for the day that a version does not keep in the state that it is in after the write."""
    wrong, why = (DUE, ONE_DAY) if released else (SHIPPED, TOO_EARLY)
    return {wrong: why} if wrong in changes and not isinstance(changes[wrong].after, Empty) else {}


def body(changes: Mapping[str, Change]) -> dict[str, Any]:
    """The properties to be set: what is emptied is null."""
    found: dict[str, Any] = {}
    for name, change in changes.items():
        value = None if isinstance(change.after, Empty) else change.after.value
        if name != STATE:
            found[FIELD_OF[name]] = value
        else:
            found["released"] = value == RELEASED
            if value == ARCHIVED or change.before != Known(RELEASED):
                found["archived"] = value == ARCHIVED
    return found
