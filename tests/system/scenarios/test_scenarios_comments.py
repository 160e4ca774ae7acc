"""Comments between Jira and GitHub, with both real connectors: C21, C33, C40, C54 of the peers' complaints."""

from __future__ import annotations

import itertools
import json

import pytest

from pmsync.testing.emulator import Dropped

ROOMY = "safety: {start: at_once, max_creates: 10000, max_updates: 10000, max_closes: 10000, close: allow}\n"
TALKING = ROOMY + "fields: {comments: {all: both}}\n"


def on_github(bench, number=1, repo="acme/api"):
    return [comment.body for comment in bench.github.issue(repo, number).comments]


def on_jira(bench, key="PAY-1"):
    """Every comment as Markdown."""
    return [_markdown(comment.body) for comment in bench.jira.issue(key).comments]


def _markdown(document):
    from pmsync_jira import adf

    return adf.to_markdown(document)


@pytest.fixture
def talk(bench):
    """An issue in Jira and its mirror on GitHub; comments go both ways."""
    bench.configure(rest=TALKING)
    bench.file_jira("Login fails")
    bench.rest()
    return bench


def visible(body):
    """A copy without its hidden marker."""
    return [line for line in body.splitlines() if line and not line.startswith("<!-- pmsync:")]


def test_comments_cross_both_ways_under_a_header_and_come_to_rest(talk):
    """C40."""
    asked = talk.jira.comment_issue("PAY-1", talk.ana, "Which browser?")
    talk.clock.sleep(60)
    talk.github.comment("acme/api", 1, "**All** of them, @ana", actor="ben")
    talk.rest()
    url = f"{talk.jira.base_url}/browse/PAY-1?focusedCommentId={asked}"
    head = f"**Ana** wrote in [PAY-1]({url}):"
    assert [visible(body) for body in on_github(talk)] == [["**All** of them, @ana"], [head, "Which browser?"]]
    [first, second] = on_jira(talk)
    assert first == "Which browser?"
    header, _, text = second.partition("\n\n")
    assert header.startswith("**ben** wrote in [acme/api#1](https://github.com/acme/api/issues/1#issuecomment-")
    assert text == "**All** of them, @ana"
    before = talk.written()
    talk.rest()
    assert talk.written() == before


def test_edits_follow_in_both_directions(talk):
    """C33."""
    asked = talk.jira.comment_issue("PAY-1", talk.ana, "Which browser?")
    talk.rest()
    talk.jira.edit_comment("PAY-1", asked, talk.ana, "Which browser, and since when?")
    talk.rest()
    [copy] = talk.github.issue("acme/api", 1).comments
    assert visible(copy.body)[-1] == "Which browser, and since when?"
    talk.github.edit_comment(copy, copy.body.replace("since when", "since which day"), actor="ben")
    talk.rest()
    assert on_jira(talk) == ["Which browser, and since which day?"]


def test_a_deletion_leaves_a_notice_and_no_other_comment(talk):
    asked = talk.jira.comment_issue("PAY-1", talk.ana, "Which browser?")
    talk.rest()
    talk.jira.delete_comment("PAY-1", asked, talk.ana)
    talk.clock.sleep(90_000)
    talk.rest()
    [copy] = on_github(talk)
    assert visible(copy)[-1] == "*This comment was deleted.*"
    assert on_jira(talk) == []


@pytest.mark.parametrize("system", ["github", "jira"])
def test_a_lost_answer_doubles_nothing(talk, system):
    """C21."""
    talk.jira.comment_issue("PAY-1", talk.ana, "from Jira")
    talk.github.comment("acme/api", 1, "from GitHub", actor="ben")
    lost = []
    wire = talk.wires[system]

    def lose(request, response):
        sent = wire.asked[-1]
        if not lost and sent.write and ("/comment" in sent.name or b"addComment" in request.body):
            lost.append(sent.name)
            raise Dropped(sent=True)

    wire.after = lose
    talk.rest()
    assert lost
    assert len(on_github(talk)) == 2
    assert len(on_jira(talk)) == 2


def test_what_was_said_inside_is_not_told_in_public(bench):
    """C54: the repository is public and the config says so; what is said there still comes in."""
    bench.github.set_private("acme/api", False)
    bench.configure(github="{repo: acme/api, audience: public}", rest=TALKING)
    bench.file_jira("Login fails")
    bench.rest()
    bench.jira.comment_issue("PAY-1", bench.ana, "The customer is ACME")
    bench.github.comment("acme/api", 1, "Me too", actor="ben")
    bench.rest()
    assert on_github(bench) == ["Me too"]
    assert [body.rpartition("\n")[2] for body in on_jira(bench)] == ["The customer is ACME", "Me too"]


def test_what_is_restricted_to_a_role_stays_there(talk):
    asked = talk.jira.comment_issue("PAY-1", talk.ana, "Which browser?")
    talk.rest()
    talk.jira.edit_comment("PAY-1", asked, talk.ana, "The password is 1234", role="Administrators")
    talk.rest()
    assert visible(on_github(talk)[0])[-1] == "Which browser?"


def test_our_comments_in_jira_are_internal_notes_where_there_is_a_service_desk(talk):
    """Through this API a comment is shown to the customer unless a property says otherwise."""
    talk.github.comment("acme/api", 1, "Fixed", actor="ben")
    talk.rest()
    [copy] = talk.jira.issue("PAY-1").comments
    assert copy.properties["sd.public.comment"] == {"internal": True}
    assert json.dumps(copy.properties["pmsync"]).startswith('{"marker": "pm1.')


def test_a_transferred_issue_takes_its_comments_along(bench):
    """A transfer gives every comment another id; none of them is copied again when it is edited."""
    bench.github.add_repo("acme/web", private=True)
    bench.configure(github="[acme/api, acme/web]", rest=TALKING)
    bench.file_jira("Login fails")
    bench.rest()
    bench.jira.comment_issue("PAY-1", bench.ana, "from Jira")
    bench.github.comment("acme/api", 1, "from GitHub", actor="ben")
    bench.rest()
    moved = bench.github.transfer_issue("acme/api", 1, "acme/web")
    bench.rest()
    bench.clock.sleep(90_000)
    bench.rest()
    [theirs] = [one for one in bench.github.issue("acme/web", moved.number).comments if one.author == "ben"]
    bench.github.edit_comment(theirs, "from GitHub, edited", actor="ben")
    bench.rest()
    assert len(on_github(bench, moved.number, "acme/web")) == 2
    assert [body.rpartition("\n")[2] for body in on_jira(bench)] == ["from Jira", "from GitHub, edited"]


def test_a_crash_anywhere_loses_nothing_and_doubles_nothing(talk, kit):
    frozen = talk.freeze()
    for strike in itertools.count(1, 3):
        talk.thaw(frozen)
        talk.jira.comment_issue("PAY-1", talk.ana, "from Jira")
        talk.github.comment("acme/api", 1, "from GitHub", actor="ben")
        doom = talk.doom(strike)
        try:
            talk.sync()
        except kit.Crash:
            talk.restart()
        survived = not doom.dead
        talk.doom(0)
        talk.rest()
        assert (len(on_github(talk)), len(on_jira(talk))) == (2, 2), strike
        if survived:
            break


def test_a_plan_says_whose_comment_goes_where(talk):
    """Nothing of the header or of ids: who said it, where, and the words."""
    from pmsync.cli.plans import as_markdown, show

    talk.jira.comment_issue("PAY-1", talk.ana, "Which browser?")
    shown = show(talk.app, talk.plan())
    assert [row.title for row in shown.rows if row.line.field == "body"] == ["comment by Ana on PAY-1"]
    [row] = [row for row in shown.rows if row.line.field == "body"]
    assert row.line.after == "Which browser?"
    assert row.line.why.startswith("copied from PAY-1 comment ")
    assert "comment by Ana on PAY" in as_markdown(shown)
