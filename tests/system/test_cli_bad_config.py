"""Bad input in the config: one clear error with file, line, column and remedy, exit code 2, and nothing is sent."""

from __future__ import annotations

import pytest

COMMANDS = ("doctor", "plan", "sync")


@pytest.fixture(params=COMMANDS)
def refused(request, site):
    """Runs a command that must refuse the config; what it says, the folder's name left out."""

    def run(environ=None):
        before = site.writes()
        result = site.pmsync(request.param, environ=environ)
        assert (result.code, result.out, site.writes()) == (2, "", before), result
        return result.said.replace(f"{site.folder}/", "")

    return run


def test_an_unknown_key_is_told_with_its_place_and_the_nearest_one(site, refused):
    site.edit("      - {from: jira", "      - {form: jira")
    said = refused()
    assert "pmsync.yaml:11:10: products.payments.mirror.0.form: unknown key 'form'" in said
    assert "did you mean 'from'?" in said


def test_an_unknown_value_is_told_with_its_place_and_the_nearest_one(site, refused):
    site.edit("create: auto", "create: auot")
    said = refused()
    assert "pmsync.yaml:11:" in said
    assert "did you mean 'auto'?" in said


def test_an_unknown_kind_of_system_names_the_nearest_connector(site, refused):
    site.edit("kind: github", "kind: gihtub")
    said = refused()
    assert "pmsync.yaml:3:" in said
    assert "did you mean 'github'?" in said


def test_a_key_that_stands_twice_is_refused(site, refused):
    site.add("products: {}\n")
    said = refused()
    assert "pmsync.yaml:12:1: products: this key stands twice, first in line 6" in said


def test_what_is_no_yaml_is_told_with_its_place(site, refused):
    site.add("people: {ana: [\n")
    assert "pmsync.yaml:13:1: not valid YAML" in refused()


def test_a_missing_secret_is_named_with_the_line_that_wants_it(site, refused):
    environ = {name: value for name, value in site.environ.items() if name != "GITHUB_TOKEN"}
    said = refused(environ)
    assert "pmsync.yaml:3:" in said
    assert "the environment variable GITHUB_TOKEN is not set" in said
    assert "export GITHUB_TOKEN=" in said


def test_an_empty_secret_is_no_secret(site, refused):
    said = refused({**site.environ, "JIRA_TOKEN": " "})
    assert "pmsync.yaml:2:" in said
    assert "the environment variable JIRA_TOKEN is empty" in said


def test_a_missing_secret_file_is_named(site, refused):
    site.edit('"${GITHUB_TOKEN}"', '"${file:token.txt}"')
    assert "token.txt cannot be read: no such file or directory" in refused()


def test_a_marker_key_that_is_too_short_is_refused(site, refused):
    assert "a key has at least 16 characters" in refused({**site.environ, "PMSYNC_MARKER_KEY": "short"})


def test_a_status_that_github_does_not_have_is_refused(site, refused):
    """The connector itself refuses it, for only it knows GitHub's states."""
    site.add('maps: {status: {github: {"closed/finished": done}}}\n')
    said = refused()
    assert "pmsync.yaml:12:17: systems.github: maps.status.github: 'closed/finished'" in said
    assert "closed/completed" in said


def test_a_scope_that_two_products_claim_is_refused(site, refused):
    site.add("  mobile: {jira: PAY}\n")
    assert "jira:PAY is named already in products.payments.jira" in refused()


def test_all_problems_are_told_at_once(site, refused):
    site.edit("create: auto", "create: auot")
    site.add("colour: blue\n")
    said = refused()
    assert "pmsync.yaml:11:" in said
    assert "pmsync.yaml:12:1" in said


def test_a_config_that_is_not_there(site):
    result = site.pmsync("sync", "--config", "nowhere.yaml")
    assert result.code == 2
    assert "there is no config nowhere.yaml" in result.said
    assert "pmsync init" in result.said


def test_an_empty_config(site):
    site.config.write_text("")
    result = site.pmsync("sync")
    assert result.code == 2
    assert "the config is empty" in result.said


def test_a_log_level_that_does_not_exist(site):
    result = site.pmsync("sync", environ={**site.environ, "PMSYNC_LOG": "debgu"})
    assert result.code == 2
    assert "did you mean 'debug'?" in result.said


@pytest.mark.parametrize("clock", ["shared", "fast:clock", "shared:nowhere/clock"])
def test_a_clock_that_does_not_exist(site, clock):
    result = site.pmsync("status", environ={**site.environ, "PMSYNC_CLOCK": clock})
    assert result.code == 2
    assert "PMSYNC_CLOCK" in result.said
