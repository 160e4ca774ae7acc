"""Who changed what, from RT's log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pmsync.connect.contract import Edit
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, Observed, Unobserved, known
from pmsync_rt import wire
from pmsync_rt.catalogue import Catalogue
from pmsync_rt.client import PAGE, Client, moment, sql_day
from pmsync_rt.mapping import LABELS, ROADMAP, STATUS, TITLE, values_of
from pmsync_rt.stream import any_of

_UNTOLD = Unobserved("RT's log tells which tag came or went, and something else happened to the tags meanwhile")


def lines_since(client: Client, numbers: Sequence[str], since: float) -> list[wire.Transaction]:
    """The lines about some tickets (at most ``PAGE``) from ``since`` on, oldest first."""
    found: list[wire.Transaction] = []
    after = 0
    while numbers:
        changes = "(Type='Set' OR Type='Status' OR Type='CustomField')"
        query = f"{any_of('ObjectId', numbers)} AND Created > '{sql_day(since)}' AND {changes} AND id > {after}"
        lines = client.log(query).lines
        found += lines
        if len(lines) < PAGE:
            break
        after = int(lines[-1].id)
    return [line for line in found if moment(line.created) >= since]


@dataclass(frozen=True, slots=True)
class Told:
    """Turns lines of the log into edits of surfaces."""

    catalogue: Catalogue
    scope: ScopeRef

    def edits(self, lines: Sequence[wire.Transaction], tickets: Sequence[wire.Ticket]) -> tuple[Edit, ...]:
        """Edits in the order of the log. ``tickets`` were read after ``lines``: what their tags were is told backwards from there."""
        names = self.catalogue.config(self.scope)
        now = {str(ticket.id): values_of(ticket).get(names.tags) for ticket in tickets}
        sets: dict[str, Observed] = {number: _UNTOLD if tags is None else known(frozenset(tags)) for number, tags in now.items()}
        found: list[Edit] = []
        for line in reversed(lines):
            surface = self._surface(line)
            if surface is None:
                continue
            before: Observed = known(line.before)
            after: Observed = known(line.after)
            if surface == LABELS:
                after = sets.get(str(line.ticket), _UNTOLD)
                before = sets[str(line.ticket)] = _undone(line, after)
            ref = RecordRef(self.scope.system, str(line.ticket))
            found.append(Edit(ref, surface, before, after, str(line.creator.id), moment(line.created)))
        return tuple(reversed(found))

    def _surface(self, line: wire.Transaction) -> str | None:
        if line.type == "Status":
            return STATUS
        if line.type == "Set":
            return {"Subject": TITLE, "Status": STATUS}.get(line.changed)
        names, fields = self.catalogue.config(self.scope), self.catalogue.facts(self.scope).fields
        ours = {fields.get(names.roadmap_status): ROADMAP, fields.get(names.tags): LABELS}
        return ours.get(line.changed) if line.changed else None


def _undone(line: wire.Transaction, after: Observed) -> Observed:
    """The tags before a line that added or removed one; not told where they do not fit it."""
    if isinstance(after, Unobserved):
        return after
    tags = after.value if isinstance(after, Known) and isinstance(after.value, frozenset) else frozenset()
    added, removed = line.after or "", line.before or ""
    if (added and added not in tags) or (removed and removed in tags):
        return _UNTOLD
    earlier = (tags - {added}) | ({removed} if removed else frozenset())
    return known(earlier) if earlier else EMPTY
