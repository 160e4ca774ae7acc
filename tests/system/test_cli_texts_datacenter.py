"""Bodies between Jira Data Center, which keeps wiki markup, and GitHub (C27)."""

from __future__ import annotations

import pytest

from pmsync_jira.emulator import JiraEmulator, JiraKnobs

LATER = 700.0
"""Virtual seconds until another round sees what was done meanwhile."""
WIKI = (
    "h1.  Payments\r\n\r\nIt says 500, [~ana] knows.\r\n\r\n{panel:title=Mind}the gap{panel}\r\n\r\n!shot.png|thumbnail!\r\n\r\n"
    "||a||b||\r\n|1|2|\r\n\r\nSince Monday."
)


@pytest.fixture
def both(site, doors):
    """The site with a Data Center in place of the Cloud, and bodies that flow both ways."""
    site.jira = JiraEmulator(site.clock, JiraKnobs(deployment="datacenter"), bot=site.jira.bot)
    site.jira.add_project("PAY", "Payments")
    doors[0].lead_to(site.jira)
    site.edit("kind: jira, ", "kind: jira, deployment: datacenter, ")
    site.edit("login: bot@example.com, ", "")
    site.add("fields:\n  body: {all: both}\n")
    return site


def in_github(site, number, old, new):
    text = site.github.issue("acme/api", number).body
    assert old in text
    site.github.edit_issue("acme/api", number, body=text.replace(old, new))
    site.clock.sleep(LATER)


def settle(site):
    for _ in range(5):
        before = site.writes()
        site.pmsync("sync")
        if site.writes() == before:
            return
        site.clock.sleep(LATER)
    pytest.fail("it never comes to rest")


def test_an_edit_of_one_paragraph_keeps_the_bytes_of_all_others(both):
    key, number = both.pair(description=WIKI)
    in_github(both, number, "Since Monday.", "Since **Sunday**.")
    settle(both)
    assert both.jira.issue(key).description == WIKI.replace("Since Monday.", "Since *Sunday*.")


def test_an_edit_of_the_title_leaves_the_text_byte_for_byte(both):
    key, number = both.pair(description=WIKI)
    both.github.edit_issue("acme/api", number, title="Another title")
    both.clock.sleep(LATER)
    settle(both)
    assert (both.jira.issue(key).summary, both.jira.issue(key).description) == ("Another title", WIKI)


def test_names_call_nobody_and_come_back_as_words(both):
    key, number = both.pair(description="Ask @octocat about #12.")
    assert both.github.issue("acme/api", number).body.startswith("Ask @<!-- -->octocat about #<!-- -->12.")
    in_github(both, number, "Ask", "Please ask")
    settle(both)
    assert both.jira.issue(key).description == "Please ask @octocat about #12."


def test_a_text_over_the_limit_is_cut_there_alone(both):
    """C24, C26: counted in wiki markup."""
    whole = "\n\n".join(f"Paragraph {number} says {{{{something}}}}{' that takes its room' * 20}." for number in range(100))
    key, number = both.pair(description="Short.")
    in_github(both, number, "Short.", whole)
    settle(both)
    shown = both.jira.issue(key).description
    assert 25_000 < len(shown) <= 32_767
    assert "the whole text is kept elsewhere" in shown
    assert both.github.issue("acme/api", number).body.startswith(whole)
