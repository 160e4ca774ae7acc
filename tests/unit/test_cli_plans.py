"""Plans, conflicts and explanations on a terminal: complete, unwrapped where it matters, and hostile text stays text."""

from __future__ import annotations

import io

from rich.console import Console

from pmsync.cli import plans
from pmsync.cli.explaining import conflict_lines, explanation_lines
from pmsync.cli.plans import Row, Shown
from pmsync.cli.watch import Digest
from pmsync.engine.events import Event
from pmsync.engine.reading import ConflictState, Explanation, FieldState, PlaceState, Side
from pmsync.model.values import Known
from pmsync.reconcile.operation import OpKind
from pmsync.reconcile.plan import Line
from pmsync.store.journal import Entry


def row(item, key="PAY-1", field="priority", kind=OpKind.UPDATE, held="", **words):
    said = {"before": "Low", "after": "High", "why": "ana set it", **words}
    system = "jira" if key.startswith(("PAY", "jira")) else "github"
    return Row(item, f"op-{item}-{key}", Line(system, key, kind, field, **said), held, f"title of {item}")


def shown(*rows, held=None, omitted=0):
    return Shown(tuple(rows), len({one.op for one in rows}), held or {}, omitted, {"jira update": len(rows)}, ())


def printed(renderable, width=100):
    console = Console(file=io.StringIO(), width=width, markup=False, emoji=False, highlight=False)
    console.print(renderable)
    return console.file.getvalue()


def test_excerpt_holds_whole_items_and_every_sort_of_write():
    updates = [row(f"u{n}", f"PAY-{n}", field) for n in range(9) for field in ("title", "status")]
    creates = [row(f"c{n}", "github:acme/api", kind=OpKind.CREATE) for n in range(9)]
    kept = plans._excerpt([*updates, *creates], 6)
    assert [one.item for one in kept] == ["u0", "u0", "u1", "u1", "c0", "c1"]


def test_excerpt_of_a_large_item_is_not_empty():
    assert len(plans._excerpt([row("one", field=name) for name in ("title", "status", "labels")], 1)) == 3


def test_changes_of_one_item_stand_under_its_title():
    text = printed(plans.as_table(shown(row("a"), row("a", "acme/api#1"), row("b", "PAY-2"))))
    assert [line.split()[0] for line in text.splitlines()[:5]] == ["title", "~", "~", "title", "~"]
    assert text.count("title of a") == 1


def test_keys_are_never_wrapped():
    key = "github:a-rather-long-name/and-repository"
    assert f"+ {key}" in printed(plans.as_table(shown(row("a", key, kind=OpKind.CREATE))), width=70)


def test_title_of_a_new_record_is_said_once():
    made = row("a", "jira:PAY", "title", OpKind.CREATE, after="title of a")
    assert printed(plans.as_table(shown(made, row("a", "jira:PAY", "status", OpKind.CREATE)))).count("title of a") == 1
    assert printed(plans.as_table(shown(made))).count("title of a") == 2, "a record of which nothing else is said keeps its line"


def test_reasons_are_counted_although_their_changes_are_not_listed():
    text = printed(plans.as_table(shown(row("a"), held={"too many at once": 30, "it would close": 2}, omitted=40)))
    assert "32 of them wait" in text
    assert "30: too many at once" in text
    assert "2: it would close" in text


def test_hostile_text_stays_text():
    text = printed(plans.as_table(shown(row("a", "PAY-1\x1b[2J", after="[red]x[/red]\x07", why="\x1b]8;;http://x\x07"))))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[red]x[/red]" in text


def test_markdown_keeps_its_cells_and_counts_what_waits():
    text = plans.as_markdown(shown(row("a", after="one | two\nthree <b>"), held={"`create: review`": 3}))
    assert "3 wait for `pmsync apply`" in text
    assert r"one \| two three \<b\>" in text
    assert all(line.count(" | ") == 5 for line in text.splitlines() if line.startswith("| title"))


def test_digest_says_each_sentence_once_and_counts_it():
    digest = Digest()
    taken = [digest.take(Event("skipped", "no such status")) for _ in range(3)]
    taken.append(digest.take(Event("progress", "pulling")))
    assert taken == [True, False, False, False]
    assert [line.plain.strip() for line in digest.lines()] == ["left alone  no such status (3 times)"]
    assert list(digest.lines()) == []


def test_conflict_shows_every_side_and_how_to_end_it():
    sides = (Side("github", "A\x1b", "ben", 0.0), Side("jira", "B", "", 1.0))
    lines = [line.plain for line in conflict_lines([ConflictState("0123456789", "PAY-1 = acme/api#1", "title", "old", sides)])]
    assert lines == [
        "PAY-1 = acme/api#1  title  conflict 01234567",
        "    agreed  old",
        "    github  A\\x1b  (ben)",
        "    jira    B  (1970-01-01 00:00:01Z)",
        "    end it: pmsync resolve 01234567 --take github | jira, or --value TEXT",
    ]


def test_explanation_says_a_reason_once_and_names_what_was_overruled():
    history = (
        Entry("r", "hub", "i", why="jira set it", at=5.0),
        Entry("r", "write", "i", system="github", why="jira set it", at=6.0),
        Entry("r", "write", "i", system="desk", why="jira set it", at=6.0),
        Entry("r", "overruled", "i", before=Known("declined"), why="jira owns status", at=7.0),
    )
    places = (PlaceState("PAY-1", "Done", "Done"), PlaceState("acme/api#1", "open", "closed"))
    found = Explanation(
        "i", "Title", ("PAY-1", "acme/api#1"), (FieldState("status", "done", "jira", 5.0, "jira set it", places, history),)
    )
    assert [line.plain for line in explanation_lines(found)][2:] == [
        "",
        "status: done",
        "    set by jira, 1970-01-01 00:00:05Z",
        "    because jira set it",
        "    PAY-1       shows Done",
        "    acme/api#1  shows open; last agreed on closed",
        "    1970-01-01 00:00:05Z  taken over",
        "    1970-01-01 00:00:06Z  written to github, desk",
        "    1970-01-01 00:00:07Z  overruled declined: jira owns status",
    ]
