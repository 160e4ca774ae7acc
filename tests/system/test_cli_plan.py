"""From plan to apply to sync: a plan is a promise. And C51: what only looks writes nothing, by the servers' own count."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from markdown_it import MarkdownIt

from pmsync import app

LOOKING = [
    ["doctor"],
    ["pull"],
    ["plan"],
    ["plan", "-o", "plan.json"],
    ["plan", "--format", "md"],
    ["plan", "--exit-code"],
    ["status"],
    ["conflicts"],
    ["people"],
    ["log"],
    ["explain", "PAY-1"],
    ["link"],
    ["unlink", "PAY-1"],
]


@pytest.fixture
def both_edited(site):
    """Two pairs: one edited in Jira, one edited on both sides; and an issue that is not on GitHub yet."""
    first, _ = site.pair(summary="First")
    second, number = site.pair(summary="Second")
    site.jira.edit_issue(first, site.jira.bot.account_id, priority="High")
    site.jira.edit_issue(second, site.jira.bot.account_id, summary="Second, said Jira")
    site.github.edit_issue("acme/api", number, title="Second, said GitHub")
    site.file("Third")
    site.clock.sleep(100)
    return site


# -- C51: looking is not writing ----------------------------------------------------------------------------------------------


def test_c51_what_only_looks_writes_nothing(both_edited):
    """By the servers' own count, refused attempts included."""
    before = both_edited.writes()
    written = []
    for command in LOOKING:
        result = both_edited.pmsync(*command)
        assert result.code == (4 if "--exit-code" in command else 0), result
        written += [command] if both_edited.writes() != before else []
    assert written == []


def test_c51_the_fence_is_down_for_what_only_looks(site, monkeypatch):
    """Not by good will alone: the transport refuses what is no read."""
    looking = [*LOOKING, ["resolve", "x", "--take", "jira"], ["link", "PAY-1", "acme/api#1"]]
    assert [command for command in looking if _fences(site, monkeypatch, command) != [True]] == []


def test_c51_the_fence_is_up_for_what_writes(site, monkeypatch):
    assert [_fences(site, monkeypatch, command) for command in (["sync"], ["apply", "held"])] == [[False], [False]]


def _fences(site, monkeypatch, command):
    seen = []

    def noting(*args, **options):
        made = build(*args, **options)
        seen.append(made.fence.read_only)
        return made

    build = app.build
    with monkeypatch.context() as patch:
        patch.setattr(app, "build", noting)
        site.pmsync(*command)
    return seen


def test_c51_a_plan_lists_every_value_it_would_overwrite(both_edited):
    changes = both_edited.pmsync("plan", "--json").json["changes"]
    over = [(change["field"], change["before"], change["after"]) for change in changes if change["kind"] == "update"]
    assert over == [("priority", "priority/medium", "priority/high")]
    assert all(change["why"] for change in changes)


# -- plan, apply, sync --------------------------------------------------------------------------------------------------------


def test_apply_does_exactly_what_the_plan_lists(site):
    site.files(3)
    planned = site.pmsync("plan", "-o", "plan.json", "--json").json
    site.file("Filed after the plan was made")
    result = site.pmsync("apply", "plan.json", "--json")
    assert (result.code, result.json["counts"]["sent"]) == (0, planned["writes"])
    assert site.titles() == ["Issue number 0", "Issue number 1", "Issue number 2"]


def test_the_same_plan_twice_does_nothing_more(site):
    site.files(3)
    site.pmsync("plan", "-o", "plan.json")
    site.pmsync("apply", "plan.json")
    before = site.writes()
    assert site.pmsync("apply", "plan.json").code == 0
    assert site.writes() == before


def test_what_has_moved_since_the_plan_is_skipped_with_a_reason(site):
    key, number = site.pair()
    site.jira.edit_issue(key, site.jira.bot.account_id, summary="Said Jira")
    site.clock.sleep(100)
    site.pmsync("plan", "-o", "plan.json")
    site.github.edit_issue("acme/api", number, title="Said GitHub meanwhile")
    result = site.pmsync("apply", "plan.json")
    assert "dropped" in result.said
    assert site.github.issue("acme/api", number).title == "Said GitHub meanwhile"


def test_sync_holds_back_what_the_config_does_not_permit_until_a_person_applies_it(site):
    """Exit 3, ``apply held``, exit 0."""
    site.files(30)
    held = site.pmsync("sync", "--json")
    assert (held.code, held.json["held"], site.issues()) == (3, 30, [])
    applied = site.pmsync("apply", "held")
    assert applied.code == 0
    assert len(site.issues()) == 30
    before = site.writes()
    assert site.pmsync("sync").code == 0
    assert site.writes() == before
    assert site.pmsync("apply", "held").code == 2


def test_review_rules_wait_for_apply(site):
    site.edit("create: auto", "create: review")
    site.file()
    assert site.pmsync("sync").code == 3
    assert site.issues() == []
    assert site.pmsync("apply", "held").code == 0
    assert site.titles() == ["Refund fails"]


def test_a_scope_limits_what_is_read(site):
    site.pair()
    result = site.pmsync("pull", "--scope", "github", "--json")
    assert result.code == 0
    assert site.pmsync("pull", "--scope", "acme/api").code == 0


# -- plans that are refused ---------------------------------------------------------------------------------------------------


@pytest.fixture
def planned(site):
    """A saved plan of three creates."""
    site.files(3)
    site.pmsync("plan", "-o", "plan.json")
    return site


def refused(site, file="plan.json"):
    before = site.writes()
    result = site.pmsync("apply", file)
    assert (result.code, result.out, site.writes()) == (2, "", before), result
    return result.said


def test_an_edited_plan_is_refused(planned):
    file = planned.folder / "plan.json"
    file.write_text(file.read_text().replace("Issue number 1", "Something else"))
    assert "changed after it was written" in refused(planned)


def test_a_plan_of_another_format_is_refused(planned):
    file = planned.folder / "plan.json"
    file.write_text(file.read_text().replace('"format": 1', '"format": 9'))
    assert "format 9" in refused(planned)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "no plan", '{"format": 1, "sha256": "", "plan": {}}', "[" * 100_000])
def test_what_is_no_plan_is_refused(planned, text):
    (planned.folder / "plan.json").write_text(text)
    assert "plan" in refused(planned)


def test_a_plan_that_is_not_text_is_refused(planned):
    (planned.folder / "plan.json").write_bytes(bytes(range(256)))
    assert "plan" in refused(planned)


def test_a_plan_for_a_repository_that_the_config_no_longer_names_is_refused(planned):
    planned.github.add_repo("acme/other", private=True)
    planned.edit("acme/api", "acme/other")
    assert "writes to github:acme/api, which the config does not name" in refused(planned)


def test_a_plan_of_another_store_is_refused(planned):
    """Its items are strangers here; done all the same, everything would be created a second time."""
    planned.add("store: sqlite:///another.db\n")
    planned.pmsync("pull")
    assert "was made with another store" in refused(planned)


def test_a_plan_never_overwrites_what_is_no_plan(site):
    """``plan -o pmsync.yaml`` is a slip of the tabulator key."""
    before = site.config.read_text()
    result = site.pmsync("plan", "-o", "pmsync.yaml")
    assert (result.code, site.config.read_text()) == (2, before)
    assert "is no plan, and is not overwritten" in result.said


def test_an_older_plan_is_overwritten(site):
    site.pmsync("plan", "-o", "plan.json")
    before = (site.folder / "plan.json").read_bytes()
    assert site.pmsync("plan", "-o", "plan.json").code == 0
    assert (site.folder / "plan.json").read_bytes() != before


# -- Markdown -----------------------------------------------------------------------------------------------------------------

EVIL = "a | b `rm -rf` @octocat <script>alert(1)</script> [x](https://evil.example) **bold** #1 acme/api#2 GH-3 ![i](u) _it_ ~~s~~ &lt;"


@pytest.fixture
def markdown(site):
    site.file(EVIL)
    site.pmsync("pull")
    return site.pmsync("plan", "--format", "md").out


@pytest.fixture
def html(markdown):
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown)


def test_markdown_of_hostile_titles_keeps_its_columns(markdown):
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    widths = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert len(widths) == 1


def test_markdown_of_hostile_titles_is_text_alone(html):
    """No link, no HTML, no image, no code, no emphasis: a bot may post it."""
    table = html.partition("<table>")[2]
    assert set(re.findall(r"<(\w+)", table)) <= {"table", "thead", "tbody", "tr", "th", "td"}


def test_markdown_of_hostile_titles_shows_them_as_they_are(html):
    assert EVIL in unescape(re.sub(r"<!--.*?-->", "", html))


@pytest.mark.parametrize("calling", ["@octocat", "#1", "api#2", "GH-3", "https://"])
def test_markdown_of_hostile_titles_calls_nobody(html, calling):
    """GitHub looks for mentions, references and addresses in the finished text, where escapes are gone."""
    assert calling not in html


def test_markdown_of_an_empty_plan(site):
    assert "nothing to write" in site.pmsync("plan", "--format", "md").out


def test_json_lists_every_change_however_many(site):
    site.files(60)
    document = json.loads(site.pmsync("plan", "--json").out)
    assert document["omitted"] == 0
    assert len({change["op"] for change in document["changes"]}) == document["writes"] == 60
