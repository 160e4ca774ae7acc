"""Bodies that flow both ways between Jira and GitHub: nothing but what somebody edited is ever written anew (C24 to C28, request 12)."""

from __future__ import annotations

import json

import pytest

LATER = 700.0
"""Virtual seconds until another round sees what was done meanwhile."""

FILE = {"type": "media", "attrs": {"type": "file", "id": "8f0c2b1e", "collection": "", "alt": "shot.png"}}


def paragraph(*content):
    return {"type": "paragraph", "content": [{"type": "text", "text": one} if isinstance(one, str) else one for one in content]}


MEDIA = {"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [FILE]}
PANEL = {"type": "panel", "attrs": {"panelType": "custom", "panelColor": "#fedcba"}, "content": [paragraph("Mind the gap")]}
MENTION = {"type": "mention", "attrs": {"id": "5b10a2844c20165700ede21g", "text": "@Ana Smith", "accessLevel": ""}}
HEADED = {
    "type": "table",
    "attrs": {"isNumberColumnEnabled": False, "layout": "default"},
    "content": [
        {"type": "tableRow", "content": [{"type": kind, "attrs": {}, "content": [paragraph(word)]} for word in ("a", "b")]}
        for kind in ("tableHeader", "tableCell")
    ],
}
RICH = {
    "type": "doc",
    "version": 1,
    "content": [
        paragraph("It says 500."),
        PANEL,
        paragraph("ask ", MENTION, " about it"),
        MEDIA,
        HEADED,
        paragraph("Since Monday."),
    ],
}


@pytest.fixture
def both(site):
    """Bodies flow both ways."""
    site.add("fields:\n  body: {all: both}\n")
    return site


def body(site, number):
    """What people see in GitHub's text box, without our marker."""
    return site.github.issue("acme/api", number).body.split("\n\n<!-- pmsync:")[0]


def in_github(site, number, old, new):
    """Somebody edits the text in GitHub."""
    text = site.github.issue("acme/api", number).body
    assert old in text
    site.github.edit_issue("acme/api", number, body=text.replace(old, new))
    site.clock.sleep(LATER)


def in_jira(site, key, text):
    """Somebody edits the text in Jira."""
    site.jira.edit_issue(key, site.jira.add_user("Ana").account_id, description=text)
    site.clock.sleep(LATER)


def settle(site):
    """Rounds until nothing is written any more."""
    result = site.pmsync("sync")
    for _ in range(4):
        site.clock.sleep(LATER)
        before = site.writes()
        result = site.pmsync("sync")
        if site.writes() == before:
            return result
    pytest.fail(f"it never comes to rest: {result.said}")


def told(site, field="body"):
    """What the plan says about the field: each change."""
    return [one for one in site.pmsync("plan", "--json").json["changes"] if one["field"] == field]


def exact(site, key):
    return json.dumps(site.jira.issue(key).description)


def test_an_edit_of_one_paragraph_changes_one_node(both):
    """C27, issue 4: panel, mention, file and table of the document stay byte for byte."""
    key, number = both.pair(description=RICH)
    in_github(both, number, "Since Monday.", "Since *Sunday*.")
    settle(both)
    content = both.jira.issue(key).description["content"]
    assert json.dumps(content[:-1]) == json.dumps(RICH["content"][:-1])
    assert content[-1]["content"][1] == {"type": "text", "text": "Sunday", "marks": [{"type": "em"}]}


def test_a_mention_survives_an_edit_of_its_own_paragraph(both):
    key, number = both.pair(description=RICH)
    in_github(both, number, "about it", "about this")
    settle(both)
    assert both.jira.issue(key).description["content"][2] == paragraph("ask ", MENTION, " about this")


def test_two_people_edit_two_paragraphs_in_two_systems(both):
    key, number = both.pair(description=RICH)
    in_github(both, number, "Since Monday.", "Since Sunday.")
    edited = {**RICH, "content": [paragraph("It says 502."), *RICH["content"][1:]]}
    in_jira(both, key, edited)
    settle(both)
    content = both.jira.issue(key).description["content"]
    assert content == [paragraph("It says 502."), *RICH["content"][1:-1], paragraph("Since Sunday.")]
    assert "It says 502." in body(both, number)
    assert "Since Sunday." in body(both, number)


@pytest.mark.parametrize("flow", ["init", "both"])
def test_an_edit_of_the_title_leaves_the_text_byte_for_byte(site, flow):
    """C27, request 12: with either direction."""
    site.add(f"fields:\n  body: {{all: {flow}}}\n")
    key, number = site.pair(description=RICH)
    jira, github = exact(site, key), site.github.issue("acme/api", number).body
    site.github.edit_issue("acme/api", number, title="Another title")
    site.clock.sleep(LATER)
    settle(site)
    assert site.jira.issue(key).summary == "Another title"
    assert (exact(site, key), site.github.issue("acme/api", number).body) == (jira, github)


def test_another_spelling_is_no_edit(both):
    key, number = both.pair(description=RICH)
    jira = exact(both, key)
    in_github(both, number, "It says 500.", "It  says 500.  ")
    before = both.writes()
    both.pmsync("sync")
    assert (exact(both, key), both.writes()) == (jira, before)


def test_words_that_only_jira_holds_are_not_edited_from_github(both):
    """Nothing is lost on either side: the plan says why the text waits, and taking the edit back ends it."""
    key, number = both.pair(description=RICH)
    jira = exact(both, key)
    in_github(both, number, "Mind the gap", "Never mind")
    result = both.pmsync("sync")
    assert "can be edited in Jira alone" in result.said
    assert exact(both, key) == jira
    assert "Never mind" in body(both, number)
    in_github(both, number, "Never mind", "Mind the gap")
    in_github(both, number, "Since Monday.", "Since Sunday.")
    settle(both)
    assert both.jira.issue(key).description["content"][-1] == paragraph("Since Sunday.")


def test_the_plan_says_what_a_text_loses(both):
    """Loss report: in the table and for machines."""
    _, number = both.pair(description=RICH)
    in_github(both, number, "Since Monday.", "> Ben said\n>\n> > Since Monday.")
    both.pmsync("pull")
    [change] = told(both)
    assert change["losses"] == [
        "block 6: a blockquote in a blockquote has no form in Jira: its Markdown stands in a code block: '> Ben said > > > Since Monday.'"
    ]
    assert "loses: block 6" in both.pmsync("plan").said


def test_a_text_that_loses_nothing_says_nothing(both):
    _, number = both.pair(description=RICH)
    in_github(both, number, "Since Monday.", "Since Sunday.")
    both.pmsync("pull")
    assert [one["losses"] for one in told(both)] == [[]]


def test_what_had_no_form_in_jira_comes_back_as_it_was(both):
    key, number = both.pair(description=RICH)
    in_github(both, number, "Since Monday.", "> Ben said\n>\n> > Since Monday.")
    settle(both)
    assert both.jira.issue(key).description["content"][-1]["attrs"] == {"language": "gfm-source"}
    assert "> Ben said\n>\n> > Since Monday." in body(both, number)


# -- files -----------------------------------------------------------------------------------------------------------------------


def test_an_attachment_of_jira_is_a_name_in_github_and_stays_a_link_in_jira(both):
    """C28: nobody is sent to a page that asks for a password; an edit beside it harms nothing."""
    address = f"{both.jira.base_url}/secure/attachment/10042/trace.log"
    link = {"type": "text", "text": "the log", "marks": [{"type": "link", "attrs": {"href": address}}]}
    key, number = both.pair(
        description={"type": "doc", "version": 1, "content": [paragraph("See ", link), MEDIA, paragraph("Last")]}
    )
    shown = body(both, number)
    assert "the log [attachment: trace.log]" in shown.replace("\\", "")
    assert "[attachment: shot.png]" in shown.replace("\\", "")
    assert "secure/attachment" not in shown
    in_github(both, number, "See ", "Look at ")
    settle(both)
    assert both.jira.issue(key).description["content"] == [paragraph("Look at ", link), MEDIA, paragraph("Last")]


def test_a_picture_out_of_a_repository_is_a_link_in_jira(both):
    """C28."""
    picture = "![The error](https://github.com/user-attachments/assets/0a1b-2c)"
    key, number = both.pair(description="First.")
    in_github(both, number, "First.", f"First.\n\n{picture}")
    settle(both)
    [link] = both.jira.issue(key).description["content"][1]["content"]
    assert link["text"] == "\U0001f5bc The error"
    assert picture in body(both, number)


# -- who is called ---------------------------------------------------------------------------------------------------------------


def test_names_and_numbers_out_of_jira_call_nobody_in_github(both):
    """A text that is copied never notifies strangers, and refers to nobody's issue."""
    _, number = both.pair(description="Ask @octocat about #12, torvalds/linux#1 and GH-3.")
    said = "Ask @<!-- -->octocat about #<!-- -->12, torvalds/linux#<!-- -->1 and GH-<!-- -->3."
    assert body(both, number).replace("\\", "") == said


def test_inert_names_are_the_same_text(both):
    key, _ = both.pair(description="Ask @octocat about #12.")
    jira, before = exact(both, key), both.writes()
    both.clock.sleep(LATER)
    assert both.pmsync("sync").code == 0
    assert (exact(both, key), both.writes()) == (jira, before)


def test_inert_names_come_back_to_jira_as_plain_words(both):
    key, number = both.pair(description="Ask @octocat about #12.")
    in_github(both, number, "Ask", "Please ask")
    settle(both)
    assert both.jira.issue(key).description["content"] == [paragraph("Please ask @octocat about #12.")]


def test_whom_somebody_called_in_github_is_called_there_for_ever(both):
    """An edit in Jira beside it takes nothing back."""
    key, number = both.pair(description="First.")
    in_github(both, number, "First.", "First.\n\nPing @octocat, see #1")
    settle(both)
    words = both.jira.issue(key).description["content"]
    in_jira(both, key, {"type": "doc", "version": 1, "content": [paragraph("Changed."), words[1]]})
    settle(both)
    assert body(both, number) == "Changed.\n\nPing @octocat, see #1"
    in_jira(both, key, {"type": "doc", "version": 1, "content": [paragraph("Ping @octocat and @ben, see #1")]})
    settle(both)
    assert body(both, number) == "Ping @octocat and @<!-- -->ben, see #1"


# -- over-long texts -------------------------------------------------------------------------------------------------------------


def long(count):
    return "\n\n".join(f"Paragraph {number} says something{' that takes its room' * 20}." for number in range(count))


WHOLE = long(100)
"""Longer than Jira takes, shorter than GitHub does."""


@pytest.fixture
def cut(both):
    """A text that GitHub shows whole and Jira cut."""
    key, number = both.pair(description="Short.")
    in_github(both, number, "Short.", WHOLE)
    both.outputs.append(settle(both).said)
    return both, key, number


def words(site, key):
    return [one["content"][0]["text"] for one in site.jira.issue(key).description["content"]]


def test_a_text_over_the_limit_of_jira_is_cut_there_alone(cut):
    """C24: measured after conversion, told in the document itself, and tried once."""
    site, key, number = cut
    assert words(site, key)[-1].startswith("Cut here: ")
    assert words(site, key)[:-1] == WHOLE.split("\n\n")[: len(words(site, key)) - 1]
    assert sum(map(len, words(site, key))) > 30_000
    assert body(site, number) == WHOLE


def test_the_cut_is_told_in_the_plan(both):
    _, number = both.pair(description="Short.")
    in_github(both, number, "Short.", WHOLE)
    both.pmsync("pull")
    [change] = told(both)
    assert "characters are shown, for the limit is 32,767" in change["losses"][0]


def test_a_cut_text_never_flows_back(cut):
    """C24: the truncated side is never written over the full text, whatever else happens to the issue."""
    site, key, number = cut
    ana = site.jira.add_user("Ana").account_id
    site.jira.edit_issue(key, ana, summary="Another title")
    site.clock.sleep(LATER)
    settle(site)
    assert body(site, number) == WHOLE


def test_an_edit_of_the_whole_text_shows_in_the_cut_one(cut):
    site, key, number = cut
    in_github(site, number, "Paragraph 3 says something", "Paragraph 3 says more")
    settle(site)
    assert words(site, key)[3].startswith("Paragraph 3 says more")
    assert words(site, key)[-1].startswith("Cut here: ")


@pytest.mark.parametrize("notice", ["kept", "taken away"])
def test_an_edit_of_a_cut_text_is_told_and_kept_where_it_is(cut, notice):
    """C24: neither side loses anything; emptying the field has the text written anew."""
    site, key, number = cut
    content = site.jira.issue(key).description["content"]
    kept = content[1:] if notice == "kept" else content[1:-1]
    in_jira(site, key, {"type": "doc", "version": 1, "content": [paragraph("My own words."), *kept]})
    assert "only the beginning of a longer text stands in jira" in site.pmsync("sync").said
    settle(site)
    assert words(site, key)[0] == "My own words."
    assert body(site, number) == WHOLE
    in_jira(site, key, None)
    settle(site)
    assert words(site, key)[0] == WHOLE.split("\n\n")[0]


def test_the_same_edit_of_the_whole_text_ends_the_matter(cut):
    site, key, number = cut
    content = site.jira.issue(key).description["content"]
    in_jira(site, key, {"type": "doc", "version": 1, "content": [paragraph("My own words."), *content[1:]]})
    settle(site)
    in_github(site, number, WHOLE.split("\n\n")[0], "My own words.")
    settle(site)
    found = [one for one in site.pmsync("verify", "--json").json["differences"] if one["field"] == "body"]
    assert found == []


def test_a_text_that_fits_again_is_whole_again(cut):
    site, key, number = cut
    in_github(site, number, WHOLE, "Short again.")
    settle(site)
    assert words(site, key) == ["Short again."]


def linked(count):
    """A document whose links make its Markdown far longer than what Jira counts."""
    href = "https://example.com/" + "x" * 180
    link = {"type": "text", "text": "here", "marks": [{"type": "link", "attrs": {"href": href}}]}
    return {"type": "doc", "version": 1, "content": [paragraph(f"Number {number} is ", link) for number in range(count)]}


def test_a_text_over_the_limit_of_github_is_cut_there_alone(both):
    """C25, C26: 65,536 characters, the marker with them."""
    key, number = both.pair(description=linked(400))
    jira = exact(both, key)
    shown = both.github.issue("acme/api", number).body
    assert 60_000 < len(shown) <= 65_536
    assert " characters are shown, the whole text is kept elsewhere.*\n\n<!-- pmsync:" in shown
    settle(both)
    assert exact(both, key) == jira


def test_the_plan_of_a_new_record_tells_the_cut(both):
    both.file(description=linked(400))
    both.pmsync("pull")
    [change] = told(both)
    assert (change["kind"], "for the limit is 65,280" in change["losses"][0]) == ("create", True)


def test_a_text_that_jira_refuses_is_sent_once(both, monkeypatch):
    """C24: an administrator lowered the limit; a refusal that lasts is not tried again every round."""
    from pmsync_jira.emulation import adf

    monkeypatch.setattr(adf, "TEXT_LIMIT", 100)
    key, number = both.pair(description="Short.")
    in_github(both, number, "Short.", "word " * 30)
    assert "the text is longer than Jira takes" in both.pmsync("sync").said
    both.clock.sleep(LATER)
    before = both.writes()
    both.pmsync("sync")
    assert both.writes() == before
    assert both.jira.issue(key).description["content"] == [paragraph("Short.")]
    assert body(both, number) == "word " * 30


def test_an_edit_of_what_github_cut_is_told_and_kept_where_it_is(both):
    key, number = both.pair(description=linked(400))
    jira = exact(both, key)
    in_github(both, number, "Number 1 is", "Number one is")
    assert "only the beginning of a longer text stands in github" in both.pmsync("sync").said
    settle(both)
    assert exact(both, key) == jira
    assert "Number one is" in body(both, number)
