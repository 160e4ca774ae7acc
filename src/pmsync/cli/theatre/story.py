"""The product the demo plays with: two product lines whose issues people have filed in two systems, some of them twice, and what customers ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from pmsync.model.enums import Kind, Priority, Status
from pmsync.testing.stage import Sketch

PLANNERS = ("ana", "chidi", "mei")
ENGINEERS = ("ben", "fatima", "lars")
CUSTOMERS = ("cora", "dmitri", "eun-ji", "femi")


@dataclass(frozen=True, slots=True)
class Line:
    """One product line: its key, its containers in the planning system, the engineers' and the help desk, and what it is made of."""

    key: str
    title: str
    project: str
    repository: str
    queue: str
    areas: Sequence[str]


LINES = (
    Line(
        "payments",
        "Payments",
        "PAY",
        "acme/payments",
        "Payments",
        (
            "Refunds",
            "SEPA transfers",
            "Invoices",
            "Payout reports",
            "Card vault",
            "Chargebacks",
            "Tax rates",
            "Currency conversion",
            "Checkout",
            "Direct debit",
        ),
    ),
    Line(
        "mobile",
        "Mobile app",
        "MOB",
        "acme/mobile-app",
        "Mobile",
        ("Sign-in", "Offline mode", "Push notices", "Camera scan", "Onboarding", "Dark theme", "Widgets", "Crash reports"),
    ),
)

PLANNED: Sequence[tuple[Kind, str]] = (
    (Kind.BUG, "{}: amounts are wrong after a time-zone change"),
    (Kind.BUG, "{}: the page hangs on a slow network"),
    (Kind.BUG, "{}: error message shows an internal code"),
    (Kind.BUG, "{}: umlauts and emoji 🙂 come out broken"),
    (Kind.FEATURE, "{}: export to CSV"),
    (Kind.FEATURE, "{}: bulk actions for administrators"),
    (Kind.FEATURE, "{}: explain every step in plain words"),
    (Kind.FEATURE, "{}: keyboard shortcuts"),
    (Kind.TASK, "{}: write the help page"),
    (Kind.TASK, "{}: review permissions before the audit"),
)
BUILT: Sequence[str] = ("{}: split the module in two", "{}: flaky test on Mondays", "{}: upgrade the client library")

STATUSES = (Status.BACKLOG, Status.IN_PROGRESS, Status.BACKLOG, Status.IN_REVIEW, Status.DONE, Status.BACKLOG, Status.DONE)
PRIORITIES = (Priority.HIGH, Priority.MEDIUM, Priority.LOW, Priority.MEDIUM, Priority.CRITICAL, Priority.MEDIUM, Priority.MINOR)
LABELS = (frozenset({"customer"}), frozenset[str](), frozenset({"audit", "customer"}), frozenset[str](), frozenset({"ux"}))


def planned(line: Line) -> Iterator[Sketch]:
    """What the planners filed."""
    for number, (area, (kind, words)) in enumerate(product(line.areas, PLANNED)):
        title = words.format(area)
        body = f"Customers of {line.title} ask for this.\n\n- area: {area}\n- filed from the weekly review"
        yield Sketch(
            title,
            PLANNERS[number % len(PLANNERS)],
            body,
            kind,
            STATUSES[number % len(STATUSES)],
            PRIORITIES[number % len(PRIORITIES)],
            LABELS[number % len(LABELS)],
        )


def built(line: Line) -> Iterator[Sketch]:
    """What the engineers opened: some of it is what the planners filed, under the same title; some of it planners should see."""
    for number, area in enumerate(line.areas):
        engineer = ENGINEERS[number % len(ENGINEERS)]
        yield Sketch(PLANNED[number % 4][1].format(area), engineer, "Seen in production.", Kind.BUG, labels=frozenset({"bug"}))
        for words in BUILT:
            labels = frozenset({"needs-pm"}) if words is BUILT[0] else frozenset({"chore"})
            yield Sketch(words.format(area), engineer, "Found while working on it.", labels=labels)


def asked(line: Line) -> Iterator[Sketch]:
    """What customers wrote to the help desk; whoever answered first put the key of the issue into the subject."""
    for number, area in enumerate(line.areas):
        for turn in range(2):
            issue = f"{line.project}-{number * len(PLANNED) + turn * 3 + 1}"
            customer = CUSTOMERS[(number + turn) % len(CUSTOMERS)]
            yield Sketch(f"{area}: when will this be mended? ({issue})", customer, "We wait for it.", status=Status.INBOX)
