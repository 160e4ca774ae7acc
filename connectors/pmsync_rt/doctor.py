"""What ``pmsync doctor`` says about a Request Tracker and its queues: what was found, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pmsync.connect.contract import Check, Level
from pmsync.connect.errors import AuthFailed, ConnectorError
from pmsync.model.record import ScopeRef
from pmsync.reconcile.lenses import EnumLens
from pmsync.reconcile.surface import Surface
from pmsync_rt.catalogue import Catalogue
from pmsync_rt.client import Client
from pmsync_rt.settings import RtScope
from pmsync_rt.stream import listed, within


@dataclass(frozen=True, slots=True)
class Doctor:
    """Everything a check needs; ``me`` names our account."""

    client: Client
    catalogue: Catalogue
    me: Callable[[], str]

    def check(self, wanted: Sequence[ScopeRef]) -> list[Check]:
        """All findings; nothing found wrong is raised."""
        checks: list[Check] = []
        try:
            checks += self._site()
        except ConnectorError as error:
            return [_trouble("sign-in", error)]
        for scope in wanted:
            try:
                checks += self._scope(scope)
            except ConnectorError as error:
                checks.append(_trouble(str(scope), error))
        return checks

    def _site(self) -> Iterator[Check]:
        version = self.client.about().version
        if not version.startswith(("5.", "6.")):
            remedy = "use RT 5; earlier ones have no complete log of changes in their REST API"
            yield Check(Level.WARNING, "site", f"this is RT {version or 'of an unknown version'}", remedy)
        else:
            yield Check(Level.OK, "site", f"RT {version}")
        yield Check(Level.OK, "sign-in", f"as {self.me()}")

    def _scope(self, scope: ScopeRef) -> Iterator[Check]:
        facts, names = self.catalogue.facts(scope), self.catalogue.config(scope)
        yield Check(Level.OK, str(scope), f"the queue {facts.queue.name or scope.key}")
        if str(facts.queue.disabled) == "1":
            yield Check(Level.WARNING, str(scope), "the queue is disabled", "enable it in RT, or take it out of the config")
        yield from self._rights(scope, names)
        yield from self._fields(scope, names)
        for surface in self.catalogue.surfaces(scope):
            yield from _assumptions(scope, surface)

    def _rights(self, scope: ScopeRef, names: RtScope) -> Iterator[Check]:
        subject = f"{scope} rights"
        if not any(link.ref == "create" for link in self.catalogue.facts(scope).queue.links):
            remedy = f"grant CreateTicket in {scope.key}, or mirror nothing there"
            yield Check(Level.WARNING, subject, "the account may not make tickets: it lacks CreateTicket", remedy)
        remedy = f"grant ModifyTicket and ModifyCustomField in {scope.key}"
        page = listed(self.client, scope, within(names.queue, names.where), names.where, fields="_hyperlinks")
        if page.total is None:
            cure = "switch UseSQLForACLChecks on in RT (it is by default)"
            yield Check(
                Level.WARNING, subject, "RT hides tickets only after it counted them, which makes first loads longer", cure
            )
        if not page.tickets:
            found = "whether the account may change tickets (ModifyTicket) does not show, for there is none yet"
            yield Check(Level.WARNING, subject, found, remedy)
        elif not any(link.ref == "lifecycle" for ticket in page.tickets for link in ticket.links):
            yield Check(Level.WARNING, subject, "the account may not change tickets: it lacks ModifyTicket", remedy)
        else:
            yield Check(Level.OK, subject, "the account sees and may change tickets")

    def _fields(self, scope: ScopeRef, names: RtScope) -> Iterator[Check]:
        facts = self.catalogue.facts(scope)
        kinds = {
            names.roadmap_status: "Select one value; without it the roadmap does not show in tickets",
            names.roadmap_key: "Enter one value; without it people name items in the subject or by links alone",
            names.tags: "Enter multiple values; without it labels do not show in tickets",
            names.marker: "Enter one value; without it no ticket can be made, for it could not be found again",
        }
        for name, kind in kinds.items():
            if name not in facts.fields:
                found = f"tickets have no custom field {name!r} that the account may see"
                remedy = f"make it in RT ({kind}), apply it to {scope.key}, and grant SeeCustomField and ModifyCustomField"
                yield Check(Level.WARNING, f"{scope} fields", found, remedy)
        if names.roadmap_status in facts.fields and facts.choices is None:
            found = f"the values of {names.roadmap_status!r} cannot be read; the usual ones are taken for granted"
            yield Check(Level.NOTE, f"{scope} fields", found, "grant SeeCustomField for all queues")
        own = facts.queue.fields if isinstance(facts.queue.fields, list) else []
        if not any(one.name == names.marker for one in own):
            found = f"queues have no custom field {names.marker!r}: a restored or copied store may go unnoticed"
            remedy = "make it for queues (Enter one value), and grant AdminQueue; or live without the mark"
            yield Check(Level.NOTE, f"{scope} mark", found, remedy)


def _assumptions(scope: ScopeRef, surface: Surface) -> Iterator[Check]:
    subject = f"{scope} {surface.id}"
    for taken in surface.defaults:
        yield Check(Level.NOTE, subject, f"{taken.remote} is {taken.hub}: {taken.why}", taken.change)
    if isinstance(surface.lens, EnumLens) and surface.read_only is None:
        for hub, reason in surface.lens.refused.items():
            if hub:
                yield Check(Level.WARNING, subject, reason, f"until then {hub} is not written to {scope.key}")


def _trouble(subject: str, error: ConnectorError) -> Check:
    remedy = error.hint or ("check the token" if isinstance(error, AuthFailed) else "try again later")
    return Check(Level.ERROR, subject, error.message, remedy)
