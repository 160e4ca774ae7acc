"""Who is assigned, across Jira and GitHub: through the identity map alone, and never to anybody's cost."""

from __future__ import annotations

import pytest

from pmsync.model.values import EMPTY

BOTH = "fields: {assignees: {all: both}}\n"


@pytest.fixture
def play(make_bench, kit):
    """A bench with Ana, Ben and Cleo in both systems, and the config's people."""
    made = make_bench()
    made.ben = made.jira.add_user("Ben").account_id
    made.cleo = made.jira.add_user("Cleo").account_id
    for login in ("ana-dev", "ben", "cleo"):
        made.github.add_user(login)

    def configure(fields="", people=("ana", "ben")):
        accounts = {"ana": (made.ana, "ana-dev"), "ben": (made.ben, "ben")}
        lines = "".join(f"  {name}: {{jira: '{accounts[name][0]}', github: {accounts[name][1]}}}\n" for name in people)
        made.stop()
        made.configure(rest=kit.ROOMY + fields + (f"people:\n{lines}" if lines else ""))

    made.people = configure
    configure(BOTH)
    return made


def jira(play, key="PAY-1"):
    return play.jira.issue(key).assignee


def github(play, number=1):
    return set(play.github.issue("acme/api", number).assignees)


def test_who_is_assigned_is_read_and_written_nowhere_unless_the_config_says_so(play):
    """To assign somebody gives them work and mails them: the default is pull."""
    play.people()
    play.file_jira(assignee=play.ana)
    play.rest()
    assert play.hub("assignees") == frozenset({"ana"})
    assert github(play) == set()


def test_an_assignee_arrives_on_the_other_side_under_their_account_there(play):
    """C39: by the identity map; e-mail addresses are private, and names are no identity."""
    play.file_jira(assignee=play.ana)
    play.rest()
    assert github(play) == {"ana-dev"}
    play.edit_github(1, assignees=["ben"])
    play.rest()
    assert jira(play) == play.ben


def test_whom_nobody_knows_is_never_unassigned(play):
    """C30: an account that the config does not name is no erase, on neither side; and it is told once."""
    play.file_jira(assignee=play.cleo)
    play.file_jira("Other")
    play.rest()
    play.edit_github(1, assignees=["cleo", "ana-dev"])
    play.rest()
    assert jira(play) == play.cleo, "a place with room for one is taken"
    play.edit_github(1, assignees=["cleo", "ben"])
    play.rest()
    assert (jira(play), github(play)) == (play.cleo, {"cleo", "ben"})
    notices = [row for row in play.read(lambda tx: tx.notices.open()) if row.code == "unmapped"]
    assert len(notices) == 1
    assert "pmsync people" in notices[0].reason


def test_jira_shows_one_of_several_and_github_keeps_them_all(play):
    """Many to one: neither does Jira's one take the others away, nor does it change to another one of them."""
    play.file_github(assignees=["ana-dev", "ben"])
    play.rest()
    shown = jira(play)
    assert shown in (play.ana, play.ben)
    other, login = (play.ben, "ben") if shown == play.ana else (play.ana, "ana-dev")
    play.edit_jira("PAY-1", assignee=other)
    play.rest()
    assert (jira(play), github(play)) == (other, {login}), "the one whom Jira showed was taken back by a person"


def test_taking_everybody_back_goes_both_ways(play):
    play.file_jira(assignee=play.ana)
    play.rest()
    play.edit_github(1, assignees=[])
    play.rest()
    assert jira(play) is None
    play.edit_jira("PAY-1", assignee=play.ben)
    play.rest()
    assert github(play) == {"ben"}
    play.edit_jira("PAY-1", assignee=None)
    play.rest()
    assert github(play) == set()


def test_whoever_cannot_be_assigned_there_is_told_once_and_left_where_they_are(play):
    """GitHub says success and leaves them out: found by what its answer shows."""
    play.github.set_role("acme/api", "ben", "read")
    play.file_jira()
    play.rest()
    play.edit_jira("PAY-1", assignee=play.ben)
    play.sync()
    assert any("left out ben" in text for text in play.told())
    assert (jira(play), github(play)) == (play.ben, set())
    play.forget()
    for _ in range(3):
        play.clock.sleep(700)
        play.sync()
    assert play.writes("github") == []


def test_an_account_that_becomes_known_is_taken_over(play):
    """What the config says of people is looked at anew when it changes."""
    play.people(BOTH, people=("ana",))
    play.file_jira(assignee=play.ben)
    play.rest()
    assert github(play) == set()
    play.people(BOTH)
    held = play.sync().held
    play.apply(held)
    play.rest()
    assert github(play) == {"ben"}


def test_the_map_is_a_matter_of_the_config_alone(play):
    """C39, C40: under a common name, and by the same login, nobody is taken for somebody else."""
    play.people(BOTH, people=("ana",))
    play.github.add_user("cleo2", name="Cleo")
    play.file_jira(assignee=play.cleo)
    play.file_github("Other", assignees=["cleo2"])
    play.rest()
    assert all(item.fields["assignees"].value == EMPTY for item in play.items() if "assignees" in item.fields)
