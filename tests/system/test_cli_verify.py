"""pmsync verify: what differs where and why, as a table and as JSON; it never changes anything."""

from __future__ import annotations

import sqlite3

import pytest


@pytest.fixture
def pair(site):
    site.pair(summary="Refund fails", priority="High")
    site.pmsync("sync")
    return site


def forge(site):
    with sqlite3.connect(site.store) as raw:
        raw.execute("UPDATE item_fields SET value = '\"Forged\"' WHERE field = 'title'")
    raw.close()


def test_all_in_agreement(pair):
    result = pair.pmsync("verify")
    assert result.code == 0
    assert "nothing unexplained" in result.out
    for scope in ("jira:PAY", "github:acme/api"):
        assert any(line.split() == [scope, "1", "1", "none"] for line in result.out.splitlines())


def test_json_is_one_document(pair):
    result = pair.pmsync("verify", "--json")
    assert (result.code, result.err) == (0, "")
    assert result.json["unexplained"] == 0
    assert [(one["scope"], one["linked"], one["agreed"], one["drift"]) for one in result.json["scopes"]] == [
        ("jira:PAY", 1, 1, {}),
        ("github:acme/api", 1, 1, {}),
    ]


@pytest.mark.parametrize("how", [[], ["--stored"]])
def test_nothing_is_sent_and_nothing_is_stored(pair, how):
    before = pair.writes()
    stored = dump(pair)
    pair.pmsync("verify", *how)
    assert (pair.writes(), dump(pair)) == (before, stored)


def dump(site):
    with sqlite3.connect(site.store) as raw:
        lines = list(raw.iterdump())
    raw.close()
    return lines


def test_an_explained_difference_is_counted_and_listed_with_all(pair):
    pair.jira.edit_issue("PAY-1", pair.jira.bot.account_id, summary="Refund fails twice")
    result = pair.pmsync("verify")
    assert result.code == 0
    assert "1 edited" in result.out
    assert "pmsync verify --all" in result.out
    listed = pair.pmsync("verify", "--all").said
    assert "Refund fails twice" in listed
    assert "edited since the last pull" in listed
    [one] = pair.pmsync("verify", "--all", "--json").json["differences"]
    assert (one["record"], one["field"], one["why"], one["hub"]) == ("PAY-1", "title", "edited", "Refund fails")


def test_stored_looks_at_the_last_pull(pair):
    pair.jira.edit_issue("PAY-1", pair.jira.bot.account_id, summary="Refund fails twice")
    assert "none" in pair.pmsync("verify", "jira", "--stored").out


def test_a_value_changed_behind_the_engines_back_exits_1_and_is_listed(pair):
    forge(pair)
    result = pair.pmsync("verify")
    assert result.code == 1
    assert "2 unexplained" in result.out
    assert "Forged" in result.out
    assert pair.pmsync("verify", "--json").json["exit_code"] == 1


def test_only_the_scopes_that_are_named(pair):
    result = pair.pmsync("verify", "github:acme/api", "--json")
    assert [one["scope"] for one in result.json["scopes"]] == ["github:acme/api"]


def test_a_scope_that_is_not_in_the_config_exits_2_and_names_the_nearest(pair):
    result = pair.pmsync("verify", "jira:PYA")
    assert (result.code, result.out) == (2, "")
    assert "jira:PAY" in result.said


def test_a_system_that_cannot_be_read_exits_1_and_the_other_is_looked_at(pair):
    result = pair.pmsync("verify", environ={**pair.environ, "GITHUB_TOKEN": "another-token"})
    assert result.code == 1
    assert "github:acme/api was not looked at to its end" in result.said
    assert any(line.split()[:3] == ["jira:PAY", "1", "1"] for line in result.out.splitlines())


def test_before_any_pull_there_is_nothing_to_differ(site):
    result = site.pmsync("verify", "--json")
    assert (result.code, [one["linked"] for one in result.json["scopes"]]) == (0, [0, 0])
