"""What pmsync knows about a queue: its number, its tickets' custom fields, and what shows where. Read once, until refreshed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pmsync.connect.errors import Gone
from pmsync.connect.plugin import ScopeConfig
from pmsync.model.enums import Nature
from pmsync.model.labels import label_key
from pmsync.model.record import ScopeRef
from pmsync.reconcile.lenses import LabelsLens, MentionsLens, TextLens
from pmsync.reconcile.surface import Surface
from pmsync_rt import vocabulary, wire
from pmsync_rt.client import Client
from pmsync_rt.mapping import ABOUT, BODY, LABELS, ROADMAP, ROADMAP_TAG, STATUS, SUBJECT_BYTES, TITLE, VALUE_LIMIT
from pmsync_rt.settings import RtScope

CUSTOMERS = "a customer's words: set `tracker: true` for a queue that holds work of your own"


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """A queue, the custom fields of its tickets by name, and the choices of the roadmap field (None: the account may not read them)."""

    queue: wire.Queue
    fields: Mapping[str, str]
    choices: tuple[str, ...] | None


class Catalogue:
    """The queues of one desk. Every method may raise what ``Http.send`` raises."""

    def __init__(self, client: Client, scopes: Mapping[ScopeRef, ScopeConfig]) -> None:
        self._client = client
        self._scopes = scopes
        self._facts: dict[ScopeRef, QueueFacts] = {}

    def config(self, scope: ScopeRef) -> RtScope:
        """A scope's settings; the defaults for a queue that is not configured."""
        given = self._scopes.get(scope)
        return RtScope.model_validate(given.settings) if given else RtScope(queue=scope.key)

    def facts(self, scope: ScopeRef) -> QueueFacts:
        """What is known about the queue.

        Raises:
            Gone: it does not exist, or the account may not see it.
        """
        if scope not in self._facts:
            queue, _ = find_queue(self._client, scope)
            refs = queue.ticket_fields if isinstance(queue.ticket_fields, list) else []
            fields = {one.name: str(one.id) for one in refs}
            number = fields.get(self.config(scope).roadmap_status)
            self._facts[scope] = QueueFacts(queue, fields, self._choices(number) if number else None)
        return self._facts[scope]

    def surfaces(self, scope: ScopeRef) -> list[Surface]:
        """What shows where."""
        names, facts, given = self.config(scope), self.facts(scope), self._scopes.get(scope)
        maps = given.maps.get("status", {}) if given else {}
        statuses = vocabulary.statuses(maps, scope.system)
        roadmap = vocabulary.roadmap(facts.choices or vocabulary.ROADMAP_CHOICES, maps, scope.system)
        locked = None if names.tracker else CUSTOMERS
        natures = frozenset({Nature.WORK if names.tracker else Nature.FEEDBACK})
        shows = "status" if names.tracker else "roadmap"
        found = [
            Surface(TITLE, "title", TextLens(limit=SUBJECT_BYTES, single_line=True), locked),
            Surface(STATUS, "status", statuses.lens, locked, defaults=statuses.defaults),
            Surface(ROADMAP, shows, roadmap.lens, _lacking(facts, names.roadmap_status), defaults=roadmap.defaults),
            Surface(
                LABELS,
                "labels",
                LabelsLens(given.label_namespace if given else "", exclude=_ours(names.roadmap_tag), limit=VALUE_LIMIT),
                _lacking(facts, names.tags),
            ),
        ]
        if names.roadmap_tag and not names.tracker:
            lens = vocabulary.tagged(names.roadmap_tag)
            found.append(Surface(ROADMAP_TAG, "roadmap", lens, _lacking(facts, names.tags)))
        if names.messages:
            found.append(Surface(BODY, "body", TextLens(), "RT does not let a first message be changed"))
        if not names.tracker:
            found.append(Surface(ABOUT, "about", MentionsLens(), "it is what the ticket says"))
        return [replace(surface, natures=natures) for surface in found]

    def refresh(self) -> None:
        """Forget everything."""
        self._facts.clear()

    def _choices(self, number: str) -> tuple[str, ...] | None:
        try:
            field = self._client.custom_field(number)
        except Gone:
            return None
        if not isinstance(field.choices, list):
            return None
        names = (one if isinstance(one, str) else one.name for one in field.choices)
        return tuple(dict.fromkeys(name for name in names if name))


def _ours(prefix: str) -> Callable[[str], bool] | None:
    """Whether a tag shows the roadmap, and is no label."""
    return (lambda tag: label_key(tag).startswith(label_key(prefix))) if prefix else None


def find_queue(client: Client, scope: ScopeRef) -> tuple[wire.Queue, float | None]:
    """The queue, and the server's time.

    Raises:
        Gone: it does not exist, or the account may not see it.
    """
    hint = f"is the queue spelled so in RT, and has the account the rights SeeQueue and ShowTicket in {scope.key}?"
    try:
        return client.queue(scope.key)
    except Gone as gone:
        found = f"there is no queue {scope.key!r}" if gone.status == 404 else f"the account may not see the queue {scope.key!r}"
        raise Gone(found, status=gone.status, hint=hint) from None


def _lacking(facts: QueueFacts, field: str) -> str | None:
    if field in facts.fields:
        return None
    return f"tickets of {facts.queue.name} have no custom field {field!r} that the account may see"
