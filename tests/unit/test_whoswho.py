"""Who is who: what the config says, and what suggests whose the other accounts are (C39)."""

from __future__ import annotations

from pmsync.connect.contract import Account
from pmsync.engine.whoswho import who_is_who
from pmsync.store.people import PersonRow

PEOPLE = {"ana": {"jira": "5b10", "email": "ana@acme.com"}, "ben": {"github": "ben-dev"}}


def row(system, account, name="", email=""):
    return PersonRow(system, Account(account, name, email))


def suggested(rows, people=PEOPLE):
    return {
        (one.system, one.account): (one.suggestion, one.reason) for one in who_is_who(people, rows).accounts if not one.person
    }


def test_an_account_is_a_persons_where_the_config_says_so_and_nowhere_else():
    """C30, C39: likeness makes nobody somebody. Trackers do not tell logins apart by case."""
    rows = [row("jira", "5b10", "Ana Adams"), row("github", "Ben-Dev"), row("github", "ana", email="ana@acme.com")]
    found = {(one.system, one.account): one.person for one in who_is_who(PEOPLE, rows).accounts}
    assert found == {("jira", "5b10"): "ana", ("github", "Ben-Dev"): "ben", ("github", "ana"): ""}


def test_the_same_address_login_or_name_suggests_a_person_in_that_order():
    assert suggested([row("github", "aa", email="Ana@acme.com")]) == {("github", "aa"): ("ana", "same e-mail")}
    assert suggested([row("github", "Ana")]) == {("github", "Ana"): ("ana", "exact login")}
    rows = [row("jira", "5b10", "Ana  Adams"), row("github", "aa", "ana adams")]
    assert suggested(rows) == {("github", "aa"): ("ana", "same name")}


def test_two_accounts_that_nobody_named_are_suggested_as_one_new_person():
    rows = [row("jira", "712020:1", "Cleo Carr"), row("github", "cc", "Cleo Carr")]
    assert suggested(rows) == {("jira", "712020:1"): ("cleo", "same name"), ("github", "cc"): ("cleo", "same name")}
    assert who_is_who(PEOPLE, rows).lines == ('cleo: {github: cc, jira: "712020:1"}',)


def test_a_line_holds_what_the_config_says_already():
    """It is to be pasted over the line that is there."""
    assert who_is_who(PEOPLE, [row("github", "Ana")]).lines == ('ana: {email: "ana@acme.com", github: Ana, jira: "5b10"}',)


def test_what_fits_two_is_suggested_to_none():
    """Two people may have one name; and whoever has an account in a system has no second one there."""
    assert suggested([row("jira", "1", "Cleo"), row("jira", "2", "Cleo"), row("github", "c", "Cleo")])[("jira", "1")] == ("", "")
    assert suggested([row("jira", "other", email="ana@acme.com")]) == {("jira", "other"): ("", "")}


def test_a_new_person_does_not_take_the_name_of_another():
    rows = [row("jira", "1", "Ana Bell"), row("github", "ab", "Ana Bell")]
    assert set(suggested(rows).values()) == {("ana2", "same name")}


def test_those_of_nobodys_come_first():
    rows = [row("jira", "5b10", "Ana"), row("jira", "9"), row("github", "ana")]
    assert [(one.account, one.person) for one in who_is_who(PEOPLE, rows).accounts] == [("ana", ""), ("9", ""), ("5b10", "ana")]


def test_hostile_names_stay_text():
    """A name is never more than a value in the line."""
    [line] = who_is_who({}, [row("jira", 'x: {y: "z"}', "# Eve"), row("github", "eve", "# Eve")]).lines
    assert line == 'eve: {github: eve, jira: "x: {y: \\"z\\"}"}'
