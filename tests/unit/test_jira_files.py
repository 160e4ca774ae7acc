"""Attachments of Jira go by their names outside; pictures of private repositories are links in Jira (C28)."""

from __future__ import annotations

import pytest

from pmsync_jira import adf
from pmsync_jira.adf.files import attachment

SITE = "https://acme.atlassian.net"
ADDRESS = f"{SITE}/secure/attachment/10042/trace%20log.txt"


def words(text, **attrs):
    return {"type": "text", "text": text, "marks": [{"type": "link", "attrs": {"href": ADDRESS, **attrs}}]}


def document(*content):
    return {"type": "doc", "version": 1, "content": list(content)}


def paragraph(*content):
    return {"type": "paragraph", "content": list(content)}


PLAIN = {"type": "text", "text": "see "}
CARD = {"type": "inlineCard", "attrs": {"url": ADDRESS}}
BLOCK = {"type": "blockCard", "attrs": {"url": ADDRESS}}
EXTERNAL = {
    "type": "mediaSingle",
    "attrs": {"layout": "center"},
    "content": [{"type": "media", "attrs": {"type": "external", "url": ADDRESS}}],
}
FILE = {
    "type": "mediaSingle",
    "attrs": {"layout": "center"},
    "content": [{"type": "media", "attrs": {"type": "file", "id": "8f0c", "collection": "c", "alt": "shot.png"}}],
}
GROUP = {
    "type": "mediaGroup",
    "content": [{"type": "media", "attrs": {"type": "file", "id": one, "collection": "c"}} for one in ("8f0c", "8f0d")],
}


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (ADDRESS, "trace log.txt"),
        (f"{SITE}/secure/thumbnail/10042/shot.png?default=false", "shot.png"),
        (f"{SITE}/rest/api/3/attachment/content/10042", "file 10042"),
        ("https://jira.example.com/jira/secure/attachment/1/a.b", "a.b"),
        (f"{SITE}/browse/PAY-1", ""),
        ("https://example.com/secure/notes", ""),
    ],
)
def test_an_attachment_is_known_by_its_address(address, name):
    assert attachment(address) == name


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (paragraph(PLAIN, words("the log")), "the log [attachment: trace log.txt]"),
        (paragraph(PLAIN, words("trace log.txt")), "[attachment: trace log.txt]"),
        (paragraph(PLAIN, words(ADDRESS)), "[attachment: trace log.txt]"),
        (paragraph(PLAIN, CARD), "[attachment: trace log.txt]"),
        (BLOCK, "[attachment: trace log.txt]"),
        (EXTERNAL, "[attachment: trace log.txt]"),
        (FILE, "[attachment: shot.png]"),
        (GROUP, "[attachment: file] [attachment: file]"),
    ],
)
def test_a_file_goes_by_its_name_and_its_address_stays_in_jira(node, said):
    """C28, audience: nobody outside is sent to a page that asks for a password."""
    text = adf.to_markdown(document(node))
    assert said in text.replace("\\", "")
    assert "secure/attachment" not in text
    assert "8f0" not in text.replace("data-adf", "")


@pytest.mark.parametrize("node", [paragraph(PLAIN, words("the log")), paragraph(PLAIN, CARD), BLOCK, EXTERNAL, FILE, GROUP])
def test_a_file_comes_back_as_the_node_that_it_was(node):
    old = document(node, paragraph(PLAIN))
    text = adf.to_markdown(old)
    assert adf.read_back(text, old) == old
    made = adf.render(text + " more", old)
    assert (made.document["content"][0], made.broken) == (node, ())


def test_the_name_of_a_file_is_not_edited_from_outside():
    old = document(paragraph(PLAIN, words("the log")))
    assert adf.render(adf.to_markdown(old).replace("the log", "a log"), old).broken


@pytest.mark.parametrize(
    "address", ["https://github.com/user-attachments/assets/0a1b-2c", "https://github.com/acme/api/assets/12/0a1b"]
)
def test_a_picture_that_was_uploaded_to_github_is_a_link_in_jira(address):
    """C28: a link asks for the sign-in that the picture needs; a broken picture says nothing."""
    text = f"![The error]({address})"
    made = adf.from_markdown(text)
    [only] = made["content"][0]["content"]
    assert (only["text"], only["marks"][0]["attrs"]["href"]) == ("\U0001f5bc The error", address)
    assert adf.to_markdown(made) == text


def test_a_picture_of_the_open_web_stays_a_picture():
    assert adf.from_markdown("![a](https://example.com/a.png)")["content"][0]["type"] == "mediaSingle"
