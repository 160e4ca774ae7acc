"""Demand, and whom to tell: what customers ask for, and who waits to hear that it is there."""

from __future__ import annotations

from collections.abc import Sequence

from pmsync.model.enums import Status, StatusCategory
from pmsync.product.demand import Demand, Directory, Origin, Part, Standing, Voice, demand
from pmsync.reports.document import Column, Document, Shape, Table
from pmsync.reports.scene import DAY, Scene
from pmsync.reports.stock import Said, Work

NAMED = 3
"""How many customers are named in a row."""


def voices(scene: Scene) -> list[Voice]:
    """Each piece of feedback as a voice for each piece of work that it is about."""
    directory, found = Directory(scene.customers.values()), []
    for said in scene.stock.feedback.values():
        customer, contact = _speaker(directory, said)
        found += [Voice(said.uid, item, customer, contact, said.made) for item in sorted(said.about) if item in scene.stock.work]
    return found


def demand_report(scene: Scene) -> Document:
    """Which work is asked for by whom, and what they pay."""
    counted = demand(voices(scene), scene.customers, scene.policy, scene.now)
    ranked = sorted(counted.values(), key=lambda one: (-one.revenue, -one.volume, scene.stock.work[one.item].title))
    currency = scene.policy.currency
    table = Table(
        "demand",
        "What is asked for",
        (
            Column("title", "what"),
            Column("keys", "where"),
            Column("status", "status"),
            Column("priority", "priority"),
            Column("customers", "customers", Shape.COUNT),
            Column("volume", "volume", Shape.RATIO),
            Column("revenue", f"revenue, {currency}", Shape.MONEY),
            Column("confidence", "known", Shape.SHARE),
            Column("who", "who"),
        ),
        tuple(_demand_row(scene, one) for one in ranked),
        note=f"A customer counts once for each thing, by what it pays in a year and how lately it asked: after "
        f"{scene.policy.half_life:g} days half. known: the share of the volume from customers of whom it is known what they pay.",
        empty="No ticket names a piece of work yet.",
        bars="revenue" if any(one.revenue for one in ranked) else "volume",
    )
    return Document("demand", "Demand", scene.at, _demand_lead(scene, ranked), (table, _win_back(scene, ranked)))


def closeloop_report(scene: Scene) -> Document:
    """Which tickets wait to hear that what they are about is in customers' hands, or will not come."""
    directory, rows = Directory(scene.customers.values()), []
    for said in sorted(scene.stock.feedback.values(), key=lambda one: one.made):
        about = [scene.stock.work[uid] for uid in sorted(said.about) if uid in scene.stock.work]
        if said.status is not None and said.status.category is StatusCategory.DONE:
            continue
        if about and all(work.status in (Status.RELEASED, Status.DECLINED) for work in about):
            customer, _ = _speaker(directory, said)
            name = scene.customers[customer].name if customer is not None else "not known"
            news = ", ".join(sorted({str(work.status) for work in about}))
            titles = ", ".join(work.title for work in about)
            rows.append((said.named, said.title, name, titles, news, (scene.now - said.made) / DAY))
    columns = (
        Column("ticket", "ticket"),
        Column("title", "what it says"),
        Column("customer", "customer"),
        Column("about", "about"),
        Column("news", "news"),
        Column("age", "waiting", Shape.DAYS),
    )
    lead = (f"{len(rows):,} open tickets wait for news that is there.",)
    table = Table("waiting", "Whom to tell", columns, tuple(rows), empty="Nobody waits for news.")
    return Document(
        "closeloop",
        "Close the loop",
        scene.at,
        lead,
        (table,),
        ("done is not released: only what is in customers' hands is news.",),
    )


def _speaker(directory: Directory, said: Said) -> tuple[str | None, str]:
    asking = said.requester
    if asking is None:
        return None, ""
    ids = {said.system: asking.organization_id} if asking.organization_id else {}
    return directory.of(Origin(ids, asking.organization, asking.domain)), asking.contact


def _demand_row(scene: Scene, one: Demand) -> tuple[str | int | float | None, ...]:
    work: Work = scene.stock.work[one.item]
    return (
        work.title,
        work.named,
        str(work.status or "–"),
        work.priority or "unset",
        one.customers,
        round(one.volume, 2),
        round(one.revenue, 2),
        round(one.confidence, 4),
        _who(scene, one.parts),
    )


def _who(scene: Scene, parts: Sequence[Part]) -> str:
    known = [part for part in parts if part.standing in (Standing.ACTIVE, Standing.PROSPECT)]
    names = [_name(scene, part) + (" (capped)" if part.capped else "") for part in known[:NAMED]]
    more = len(parts) - len(names)
    return ", ".join([*names, *([f"{more} more"] if more else [])])


def _name(scene: Scene, part: Part) -> str:
    return scene.customers[part.speaker.removeprefix("customer ")].name


def _demand_lead(scene: Scene, ranked: Sequence[Demand]) -> tuple[str, ...]:
    feedback = scene.stock.feedback.values()
    linked = sum(any(uid in scene.stock.work for uid in said.about) for said in feedback)
    open_ones = [one for one in ranked if scene.stock.work[one.item].is_open]
    return (
        f"{len(feedback):,} tickets, {linked:,} of which name the work they are about; {len(feedback) - linked:,} do not: pmsync report triage.",
        f"{len(ranked):,} things are asked for, {len(open_ones):,} of them not done yet.",
    )


def _win_back(scene: Scene, ranked: Sequence[Demand]) -> Table:
    rows = []
    for one in ranked:
        for part in one.parts:
            if part.standing is Standing.CHURNED:
                work = scene.stock.work[one.item]
                rows.append((_name(scene, part), part.pays, work.title, str(work.status or "–")))
    columns = (
        Column("customer", "customer"),
        Column("paid", f"paid, {scene.policy.currency}", Shape.MONEY),
        Column("title", "what it asked for"),
        Column("status", "status"),
    )
    return Table(
        "win_back", "Whom it could win back", columns, tuple(rows), empty="No customer who left had asked for any of it."
    )
