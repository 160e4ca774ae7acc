"""Text from systems stays text: what a terminal, rich, Markdown or YAML would obey is shown, never done."""

from __future__ import annotations

import pytest

TITLES = {
    "escape": "\x1b[31mred\x1b[0m \x1b]0;owned\x07 \x9b2J",
    "markup": "[red]not red[/red] [/] [/nonsense] [link=https://evil.example]x[/link] :bomb:",
    "override": "invoice\u202egnp.exe \u2066isolated\u2069",
    "format": "{0} %s %(x)s ${HOME} {{braces}}",
    "emoji": "🙂 👩‍👩‍👧 ü 漢字 שלום",
}
OBEYED = ("\x1b", "\x9b", "\x07", "\x9c", "\u202e", "\u2066", "\u2069", "\r")
COMMANDS = [
    ["plan"],
    ["plan", "--format", "md"],
    ["plan", "--json"],
    ["status"],
    ["conflicts"],
    ["conflicts", "--json"],
    ["log"],
    ["log", "--json"],
    ["link"],
    ["people"],
    ["explain", "PAY-1", "--json"],
    ["doctor"],
    ["sync"],
]


@pytest.fixture
def hostile(site):
    """Pairs in conflict, edited by people with hostile names, and issues to create."""
    for _ in TITLES:
        site.file("Calm")
    site.pmsync("sync")
    for number, title in enumerate(TITLES.values(), 1):
        person = site.jira.add_user(title, email=f"evil{number}@example.com").account_id
        site.jira.edit_issue(f"PAY-{number}", person, summary=f"{title} in Jira", priority="High")
        site.github.edit_issue("acme/api", number, title=f"{title} on GitHub")
        site.jira.add_issue("PAY", f"{title} anew", actor=person, description=title)
    site.clock.sleep(100)
    site.pmsync("pull")
    site.pmsync("plan")
    return site


def test_no_byte_that_a_terminal_obeys_reaches_it(hostile):
    explained = [["explain", f"PAY-{number}"] for number in range(1, len(TITLES) + 1)]
    results = {" ".join(command): hostile.pmsync(*command) for command in [*COMMANDS, *explained]}
    assert {command for command, result in results.items() if result.code not in (0, 3)} == set()
    assert [(command, char) for command, result in results.items() for char in OBEYED if char in result.out + result.err] == []


@pytest.mark.parametrize("title", ["[red]not red[/red] [/nonsense] :bomb:", "[bold]", "a [/] b"])
def test_rich_markup_is_shown_as_it_is(site, title):
    key, number = site.pair(summary="Calm")
    site.jira.edit_issue(key, site.jira.bot.account_id, summary=f"J {title}")
    site.github.edit_issue("acme/api", number, title=f"G {title}")
    site.jira.add_issue("PAY", f"N {title}")
    site.clock.sleep(100)
    commands = (["plan", "--all"], ["conflicts"], ["explain", "PAY-1", "title"])
    assert [command for command in commands if title not in site.pmsync(*command).said] == []


def test_a_line_break_in_a_title_makes_no_line_of_its_own_in_a_table(site):
    """GitHub takes line breaks in titles; a forged line must not look like one of ours."""
    site.edit("{from: jira, to: github, create: auto}", "{from: github, to: jira, create: auto}")
    site.github.add_issue("acme/api", "Calm\nerror: the store is damaged")
    site.pmsync("pull")
    out = site.pmsync("plan").out
    assert "\nerror:" not in out


def test_json_keeps_hostile_titles_whole(site):
    site.file(TITLES["escape"])
    site.pmsync("pull")
    titles = [change["after"] for change in site.pmsync("plan", "--json").json["changes"] if change["field"] == "title"]
    assert titles == [site.jira.issue("PAY-1").summary]


def test_a_hostile_name_of_a_scope_on_the_command_line(site):
    result = site.pmsync("sync", "--scope", "[red]\x1b[31m")
    assert result.code == 2
    assert "\x1b" not in result.err
    assert "[red]" in result.err


def test_a_hostile_answer_of_a_server(site):
    from pmsync.testing.emulator import Response, serve

    class Rude:
        base_url = ""
        events = ()

        def handle(self, request):
            return Response(
                400,
                {"content-type": "application/json"},
                b'{"message": "\\u001b[31m[/red] no", "errorMessages": ["\\u001b[2J[/]"]}',
            )

    with serve(Rude()) as url:
        site.edit(site.github.base_url, url)
        site.edit(site.jira.base_url, url)
        for command in ("doctor", "sync", "plan"):
            result = site.pmsync(command)
            assert result.code == 1
            assert "\x1b" not in result.out + result.err
