"""Reports: each says what its input says, changes with it, and keeps hostile text text."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from pmsync.model.customers import Customer, CustomerStatus, Money
from pmsync.model.enums import Kind, Status
from pmsync.model.record import Requester
from pmsync.model.values import EMPTY, Known
from pmsync.product.demand import DemandPolicy
from pmsync.reports import Document, plain
from pmsync.reports.csvs import csv_text
from pmsync.reports.customers import closeloop_report, demand_report
from pmsync.reports.flow import flow_report
from pmsync.reports.html import html
from pmsync.reports.markdown import markdown
from pmsync.reports.scene import DAY, Scene
from pmsync.reports.stock import Release, Said, Stock, Work
from pmsync.reports.teamwork import blocked_report, changes_report, releases_report
from pmsync.reports.triage import triage_report
from pmsync.store.journal import JournalRow

NOW = 2_000_000_000.0
HOSTILE = "<script>alert(1)</script> | =SUM(A1) @everyone \x1b[31m [x](javascript:1)"


def work(uid: str, status: Status = Status.IN_PROGRESS, **more: object) -> Work:
    made = Work(uid, "pay", f"Title {uid}", status, NOW - 2 * DAY, NOW - 12 * DAY, {"jira": (f"PAY-{uid}",)}, kind=Kind.FEATURE)
    return replace(made, **more)


def said(uid: str, *about: str, domain: str = "acme.com", **more: object) -> Said:
    made = Said(uid, "pay", f"Ticket {uid}", Status.IN_PROGRESS, NOW - DAY, NOW, {"desk": (f"#{uid}",)})
    return replace(made, **{"about": frozenset(about), "requester": Requester(f"#{uid}", domain), "system": "desk", **more})


def by_uid(*entries: object) -> dict[str, object]:
    return {one.uid: one for one in entries}


ACME = Customer("acme", "Acme Corp", arr=Money(Decimal(900), "EUR"), domains=("acme.com",))


@pytest.fixture
def scene() -> Scene:
    stock = Stock(by_uid(work("1"), work("2", Status.RELEASED)), {}, by_uid(said("7", "1"), said("8", "2")))
    return Scene(stock, {"acme": ACME}, DemandPolicy(half_life=0), NOW)


def table(document: Document) -> list[dict[str, object]]:
    return plain(document)[document.tables[0].name]


def with_work(scene: Scene, *entries: Work) -> Scene:
    return replace(scene, stock=replace(scene.stock, work={**scene.stock.work, **by_uid(*entries)}))


def with_said(scene: Scene, *entries: Said) -> Scene:
    return replace(scene, stock=replace(scene.stock, feedback={**scene.stock.feedback, **by_uid(*entries)}))


# -- demand (request 41) ---------------------------------------------------------------------------------------------------------------


def test_demand_says_who_asks_and_what_they_pay(scene: Scene) -> None:
    """Request 41."""
    row = table(demand_report(scene))[0]
    assert (row["title"], row["customers"], row["revenue"], row["who"]) == ("Title 1", 1, 300.0, "Acme Corp")


def test_another_amount_changes_demand(scene: Scene) -> None:
    richer = replace(scene, customers={"acme": replace(ACME, arr=Money(Decimal(1800), "EUR"))})
    assert table(demand_report(richer))[0]["revenue"] == 600.0


def test_another_ticket_changes_demand(scene: Scene) -> None:
    assert table(demand_report(with_said(scene, said("9", "1", domain="other.org"))))[0]["volume"] == pytest.approx(0.67)


def test_another_link_changes_demand(scene: Scene) -> None:
    assert [row["title"] for row in table(demand_report(with_said(scene, said("7"))))] == ["Title 2"]


def test_a_ticket_without_a_link_is_counted_as_such(scene: Scene) -> None:
    assert "1 do not" in demand_report(with_said(scene, said("7"))).lead[0]


def test_who_left_is_listed_to_be_won_back(scene: Scene) -> None:
    left = replace(scene, customers={"acme": replace(ACME, status=CustomerStatus.CHURNED)})
    assert [row["customer"] for row in plain(demand_report(left))["win_back"]] == ["Acme Corp", "Acme Corp"]


# -- triage (request 15) ------------------------------------------------------------------------------------------------------------------


def test_a_ticket_that_names_no_work_is_shown_with_what_it_resembles(scene: Scene) -> None:
    """Request 15."""
    queue = with_said(with_work(scene, work("1", title="Export to CSV is slow")), said("9", title="the CSV export takes ages"))
    [row] = table(triage_report(queue))
    assert (row["ticket"], row["like"]) == ("#9", "Export to CSV is slow")


def test_what_other_customers_called_it_counts_as_well(scene: Scene) -> None:
    queue = with_said(scene, said("8", "2", title="the moon is green"), said("9", title="why is my moon so green?"))
    assert table(triage_report(queue))[0]["like_keys"] == "PAY-2"


def test_tickets_that_say_the_same_are_counted(scene: Scene) -> None:
    queue = with_said(scene, *(said(str(number), title="Disk full", body="host a") for number in range(20, 23)))
    assert {row["same"] for row in table(triage_report(queue))} == {3}


@pytest.mark.parametrize("gone", [{"status": Status.DONE}, {"title": "Out of office: Eve"}])
def test_what_is_closed_or_was_written_by_a_machine_does_not_wait(scene: Scene, gone: dict[str, object]) -> None:
    assert table(triage_report(with_said(scene, replace(said("9"), **gone)))) == []


# -- closing the loop ------------------------------------------------------------------------------------------------------------------


def test_a_ticket_waits_for_news_that_is_there(scene: Scene) -> None:
    assert [row["ticket"] for row in table(closeloop_report(scene))] == ["#8"]


def test_done_is_no_news(scene: Scene) -> None:
    assert table(closeloop_report(with_work(scene, work("2", Status.DONE)))) == []


def test_a_closed_ticket_waits_for_nothing(scene: Scene) -> None:
    assert table(closeloop_report(with_said(scene, said("8", "2", status=Status.DONE)))) == []


def test_a_ticket_about_two_things_waits_for_both(scene: Scene) -> None:
    assert table(closeloop_report(with_said(scene, said("8", "1", "2")))) == []


# -- teamwork ---------------------------------------------------------------------------------------------------------------------------


def entry(seq: int, before: str, after: str, field: str = "status", kind: str = "hub") -> JournalRow:
    return JournalRow(
        "run",
        kind,
        "1",
        field=field,
        system="jira",
        before=Known(before) if before else EMPTY,
        after=Known(after),
        at=NOW - seq,
        seq=seq,
    )


def test_a_field_that_changed_twice_is_told_once(scene: Scene) -> None:
    changed = replace(scene, journal=[entry(1, "backlog", "planned"), entry(2, "planned", "done")])
    assert [(row["before"], row["after"]) for row in table(changes_report(changed))] == [("backlog", "done")]


def test_what_was_put_back_is_no_change(scene: Scene) -> None:
    changed = replace(scene, journal=[entry(1, "backlog", "planned"), entry(2, "planned", "backlog")])
    assert table(changes_report(changed)) == []


def test_only_changes_of_values_are_told(scene: Scene) -> None:
    changed = replace(scene, journal=[entry(1, "backlog", "planned", kind="write"), entry(2, "a", "b", field="body")])
    assert table(changes_report(changed)) == []


def test_open_work_waits_for_open_work_in_any_system(scene: Scene) -> None:
    blocked = with_work(scene, work("3", blockers=frozenset({"1", "2"}), keys={"github": ("acme/api#3",)}))
    [row] = table(blocked_report(blocked))
    assert (row["keys"], row["blocker_keys"]) == ("acme/api#3", "PAY-1")


def test_work_that_is_done_waits_for_nothing(scene: Scene) -> None:
    assert table(blocked_report(with_work(scene, work("3", Status.DONE, blockers=frozenset({"1"}))))) == []


def test_a_release_that_shipped_with_open_work_is_told(scene: Scene) -> None:
    stock = replace(
        with_work(scene, work("1", releases=frozenset({"r"})), work("2", Status.DONE, releases=frozenset({"r"}))).stock,
        releases={"r": Release("r", "pay", "1.0", Status.RELEASED, NOW, NOW, {"jira": ("1.0",)})},
    )
    [row] = table(releases_report(replace(scene, stock=stock)))
    assert (row["items"], row["done"], row["drift"], row["left"]) == (2, 0.5, "shipped with open work", "Title 1")


# -- flow (request 33) --------------------------------------------------------------------------------------------------------------------


def test_lead_time_is_from_the_first_record_to_done(scene: Scene) -> None:
    """Request 33."""
    finished = [work(f"d{number}", Status.DONE) for number in range(5)]
    row = next(row for row in table(flow_report(with_work(scene, *finished))) if row["kind"] == "feature")
    assert (row["finished"], row["lead"]) == (6, pytest.approx(10))


def test_a_middle_of_few_is_not_told(scene: Scene) -> None:
    assert table(flow_report(scene))[0]["lead"] is None


def test_the_share_of_demand_that_is_served_is_told(scene: Scene) -> None:
    assert "50% of what customers ask for is done." in flow_report(scene).lead


# -- how it looks --------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def hostile(scene: Scene) -> Document:
    return demand_report(with_work(scene, work("1", title=HOSTILE)))


def test_a_page_runs_nothing(hostile: Document) -> None:
    page = html(hostile)
    assert "<script" not in page
    assert "default-src 'none'" in page


def test_a_page_needs_nothing_from_elsewhere(hostile: Document) -> None:
    assert "http" not in html(hostile).replace("http-equiv", "")


def test_a_chart_is_an_image_that_can_be_read(hostile: Document) -> None:
    page = html(
        replace(
            hostile, tables=(replace(hostile.tables[0], rows=((HOSTILE.replace("\x1b", ""), *hostile.tables[0].rows[0][1:]),)),)
        )
    )
    chart = page[page.index("<svg") : page.index("</svg>") + len("</svg>")]
    assert ET.fromstring(chart).get("role") == "img"


def test_markdown_shows_a_hostile_title_as_text(hostile: Document) -> None:
    line = next(line for line in markdown(hostile).splitlines() if "script" in line)
    assert "\\<script\\>" in line
    assert "\\[x\\]" in line
    assert "@everyone" not in line
    assert line.replace("\\|", "").count("|") == len(hostile.tables[0].columns) + 1


def test_a_spreadsheet_runs_no_cell(scene: Scene) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(demand_report(with_work(scene, work("1", title="=1+1")))))))
    assert rows[0]["title"] == "'=1+1"


def test_unknown_is_not_zero(scene: Scene) -> None:
    """A lead time that nobody knows is empty in a file and a dash for people."""
    document = flow_report(scene)
    assert next(csv.DictReader(io.StringIO(csv_text(document))))["lead"] == ""
    assert "| – |" in markdown(document)
