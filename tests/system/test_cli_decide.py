"""Beginning, deciding, asking: init, resolve, link, unlink, abandon, people, explain, log."""

from __future__ import annotations

import json
import re

import pytest

LATER = 100.0


@pytest.fixture
def disputed(site):
    """A title that was changed on both sides; the conflict's uid."""
    key, number = site.pair(summary="Calm")
    site.jira.edit_issue(key, site.jira.bot.account_id, summary="Said Jira")
    site.github.edit_issue("acme/api", number, title="Said GitHub")
    return _conflict(site)


@pytest.fixture
def disputed_priority(site):
    key, number = site.pair(priority="Low")
    site.jira.edit_issue(key, site.jira.bot.account_id, priority="High")
    site.github.add_label("acme/api", "priority/critical")
    site.github.edit_issue("acme/api", number, labels=["priority/critical"])
    return _conflict(site)


def _conflict(site):
    site.clock.sleep(LATER)
    site.pmsync("sync")
    [found] = site.pmsync("conflicts", "--json").json
    return found["uid"]


def titles(site):
    return site.jira.issue("PAY-1").summary, site.issues()[0].title


# -- init ---------------------------------------------------------------------------------------------------------------------


def test_init_writes_a_config_that_says_what_to_fill_in(site):
    result = site.pmsync("init", "new.yaml")
    assert result.code == 0
    assert "pmsync doctor" in result.said
    assert "JIRA_TOKEN" in (site.folder / "new.yaml").read_text()


def test_init_does_not_overwrite(site):
    before = site.config.read_text()
    result = site.pmsync("init")
    assert (result.code, site.config.read_text()) == (2, before)
    assert "exists already" in result.said
    assert "--force" in result.said


def test_init_overwrites_when_it_is_told_to(site):
    assert site.pmsync("init", "--force").code == 0
    assert site.config.read_text().startswith("# What pmsync syncs")


def test_what_init_wrote_works_once_it_is_filled_in(site):
    """The template's project and repository are this site's; only addresses, login and tokens differ."""
    site.pmsync("init", "--force")
    site.edit("https://acme.atlassian.net", site.jira.base_url)
    site.edit("login: bot@acme.com", "login: bot@example.com")
    site.edit("{kind: github, ", f'{{kind: github, url: "{site.github.base_url}", ')
    result = site.pmsync("doctor", "--json")
    assert (result.code, result.json["ok"]) == (0, True)
    assert site.pmsync("sync").code == 0


def test_the_generated_key_is_for_its_owner_alone(site):
    site.edit('marker_key: "${PMSYNC_MARKER_KEY}"\n', "")
    site.pmsync("status")
    assert (site.folder / "pmsync.key").stat().st_mode & 0o777 == 0o600


# -- resolve ------------------------------------------------------------------------------------------------------------------


def test_conflicts_shows_both_values_and_how_to_end_it(site, disputed):
    said = site.pmsync("conflicts").said
    assert "Said Jira" in said
    assert "Said GitHub" in said
    assert f"pmsync resolve {disputed[:8]} --take github | jira" in said


def test_while_a_conflict_is_open_nothing_is_overwritten(site, disputed):
    site.pmsync("sync")
    assert titles(site) == ("Said Jira", "Said GitHub")


@pytest.mark.parametrize(("system", "title"), [("jira", "Said Jira"), ("github", "Said GitHub")])
def test_taking_a_side_brings_it_everywhere(site, disputed, system, title):
    result = site.pmsync("resolve", disputed[:8], "--take", system, "--json")
    assert result.json == {"conflict": disputed[:8], "value": title}
    assert site.pmsync("sync").code == 0
    assert titles(site) == (title, title)
    assert site.pmsync("conflicts", "--json").json == []


def test_a_value_of_ones_own_goes_everywhere(site, disputed):
    assert site.pmsync("resolve", disputed, "--value", "Said neither").code == 0
    assert site.pmsync("sync").code == 0
    assert titles(site) == ("Said neither", "Said neither")


def test_who_resolved_is_kept(site, disputed):
    site.pmsync("resolve", disputed, "--take", "jira")
    entries = site.pmsync("log", "--json").json
    assert [entry["actor"] for entry in entries if entry["kind"] == "resolve"] == ["pat"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--take", "gitlab"], "choose one of github, jira"),
        ([], "say which value wins"),
        (["--take", "jira", "--value", "x"], "say which value wins"),
        (["--value", " "], "cannot be empty"),
        (["--take", "jira", "--abandon"], "has no value"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_resolve_that_says_too_little_too_much_or_nonsense(site, disputed, arguments, said):
    result = site.pmsync("resolve", disputed, *arguments)
    assert result.code == 2
    assert said in result.said
    assert len(site.pmsync("conflicts", "--json").json) == 1


@pytest.mark.parametrize(("word", "meant"), [("hgih", "'high'"), ("urgent", "critical"), ("HIGH", "'high'")])
def test_a_value_that_the_field_does_not_have_names_the_nearest_one(site, disputed_priority, word, meant):
    result = site.pmsync("resolve", disputed_priority, "--value", word)
    assert result.code == 2
    assert meant in result.said
    assert len(site.pmsync("conflicts", "--json").json) == 1


def test_an_enumerated_value_of_ones_own(site, disputed_priority):
    assert site.pmsync("resolve", disputed_priority, "--value", "medium").code == 0
    site.pmsync("sync")
    assert [label.name for label in site.issues()[0].labels] == ["priority/medium"]


def test_unset_is_a_priority_of_ones_own(site, disputed_priority):
    result = site.pmsync("resolve", disputed_priority, "--value", "unset", "--json")
    assert (result.code, result.json["value"]) == (0, None)


def test_labels_are_given_with_commas():
    from pmsync.cli.values import parse
    from pmsync.model.values import known

    assert parse("labels", "a, b,,c d") == known(frozenset({"a", "b", "c d"}))


@pytest.mark.parametrize(
    "command", [["resolve", "none", "--take", "jira"], ["resolve", "none", "--abandon"], ["resolve", "", "--abandon"]]
)
def test_a_conflict_or_write_that_does_not_exist(site, command):
    result = site.pmsync(*command)
    assert result.code == 2
    assert "lists them" in result.said


def test_a_write_in_doubt_can_be_given_up(site):
    """Its answer was lost; somebody looked by hand."""
    site.file()
    site.github.fail_next(500, method="POST", path=".*/issues", times=9)
    site.pmsync("sync")
    [doubt] = site.pmsync("status", "--json").json["in_doubt"]
    result = site.pmsync("resolve", doubt.split()[0], "--abandon")
    assert result.code == 0
    assert site.pmsync("status", "--json").json["in_doubt"] == []


# -- link, unlink -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def strangers(site):
    """Two records whose titles look alike, and no rule that would mirror either."""
    site.edit("    mirror:\n      - {from: jira, to: github, create: auto}\n", "")
    site.file("Refunds fail at the weekend")
    site.github.add_issue("acme/api", "Refunds fail on the weekend!")
    site.pmsync("sync")
    return site


def test_link_suggests_what_looks_alike(strangers):
    [pair] = strangers.pmsync("link", "--json").json
    assert {pair["keep"], pair["other"]} == {"PAY-1", "acme/api#1"}


def test_link_ties_two_records(strangers):
    assert strangers.pmsync("link", "PAY-1", "acme/api#1").code == 0
    assert set(strangers.pmsync("explain", "PAY-1", "--json").json["records"]) == {"PAY-1", "acme/api#1"}


def test_link_twice_is_told(strangers):
    strangers.pmsync("link", "PAY-1", "acme/api#1")
    result = strangers.pmsync("link", "PAY-1", "acme/api#1")
    assert result.code == 2
    assert "linked already" in result.said


def test_unlink_leaves_the_record_alone_from_then_on(site):
    key, number = site.pair(summary="Calm")
    assert site.pmsync("unlink", f"acme/api#{number}").code == 0
    site.jira.edit_issue(key, site.jira.bot.account_id, summary="Only in Jira")
    site.clock.sleep(LATER)
    site.pmsync("sync")
    assert titles(site) == ("Only in Jira", "Calm")


@pytest.mark.parametrize(
    "command", [["link", "PAY-1", "acme/api#99"], ["link", "X-1", "PAY-1"], ["unlink", "X-1"], ["explain", "X-1"]], ids=" ".join
)
def test_a_record_that_nobody_knows(strangers, command):
    result = strangers.pmsync(*command)
    assert (result.code, result.out) == (2, "")
    assert "names no managed record" in result.said


# -- explain, log, people -----------------------------------------------------------------------------------------------------


def test_explain_shows_remote_values_by_their_names(site):
    """Jira's own value of a status is a number."""
    key, _ = site.pair()
    said = site.pmsync("explain", key, "status").said
    assert "shows To Do" in said
    assert not re.search(r"shows \d", said)


def test_explain_shows_the_bare_value_when_the_system_cannot_be_asked(site):
    key, _ = site.pair()
    site.jira.knobs.maintenance = True
    result = site.pmsync("explain", key, "status")
    assert result.code == 0
    assert re.search(r"shows \d+", result.said)


def test_explain_waits_for_no_system(site):
    key, _ = site.pair()
    site.jira.knobs.maintenance = True
    before = site.clock.now()
    site.pmsync("explain", key)
    assert site.clock.now() - before < 5


def test_explain_tells_who_set_a_value_and_why(site):
    key, number = site.pair()
    site.github.edit_issue("acme/api", number, title="Better", actor="octocat")
    site.clock.sleep(LATER)
    site.pmsync("sync")
    field = site.pmsync("explain", key, "title", "--json").json["fields"][0]
    assert (field["value"], field["source"].split()[0]) == ("Better", "github")
    assert field["why"]


@pytest.mark.parametrize("name", ["acme/api#1", "https://github.com/acme/api/issues/1", "PAY-1"])
def test_explain_finds_an_item_by_any_name_of_any_of_its_records(site, name):
    site.pair()
    assert site.pmsync("explain", name, "--json").json["records"] == ["PAY-1", "acme/api#1"]


def test_log_of_one_run(site):
    site.file()
    run = site.pmsync("sync", "--json").json["run"]
    entries = site.pmsync("log", "--run", run[:8], "--json").json
    assert entries
    assert {entry["run"] for entry in entries} == {run}


def test_log_of_a_run_that_does_not_exist(site):
    result = site.pmsync("log", "--run", "nonsense")
    assert result.code == 2
    assert "there is no run 'nonsense'" in result.said


def test_log_keeps_to_its_limit(site):
    site.files(3)
    site.pmsync("sync")
    assert len(site.pmsync("log", "-n", "2", "--json").json) == 2


def test_people_says_how_to_name_those_whom_nobody_knows(site):
    site.pair()
    result = site.pmsync("people")
    assert result.code == 0
    assert "people:\n  NAME: {" in result.out


def test_people_that_the_config_names_are_known(site):
    site.add("people: {bot: {jira: 5b10a2844c20165700ede21g}}\n")
    site.pair()
    found = site.pmsync("people", "--json").json["accounts"]
    assert {row["account"]: row["person"] for row in found}["5b10a2844c20165700ede21g"] == "bot"
    assert found[-1]["person"] == "bot", "those of nobody's come first"
    assert {row["system"] for row in site.pmsync("people", "--system", "jira", "--json").json["accounts"]} == {"jira"}
    assert "there is no system 'jra'" in site.pmsync("people", "--system", "jra").said


def test_people_shows_what_is_known_when_a_system_is_away(site):
    site.pair()
    site.jira.knobs.maintenance = True
    result = site.pmsync("people", "--json")
    assert result.code == 1
    assert {row["system"] for row in json.loads(result.out)["accounts"]} == {"jira", "github"}
    assert "some names are missing" in result.said


# -- connectors ---------------------------------------------------------------------------------------------------------------


def test_connector_list_names_the_built_in_ones(site):
    found = {one["name"]: one["ready"] for one in site.pmsync("connector", "list", "--json").json}
    assert found == {"files": True, "github": True, "jira": True, "memory": True, "rt": True}


@pytest.fixture
def foreign(tmp_path, monkeypatch):
    """Installs foreign packages: entry point value to module text."""
    from importlib.metadata import EntryPoint

    from pmsync.connect import registry

    declared = registry.entry_points(group=registry.GROUP)
    monkeypatch.syspath_prepend(tmp_path)

    def install(name, module, text):
        (tmp_path / f"{module}.py").write_text(text)
        added.append(EntryPoint(name, f"{module}:plugin", registry.GROUP))

    added = []
    monkeypatch.setattr(registry, "entry_points", lambda group: [*declared, *added])
    return install


def test_a_connector_that_cannot_be_imported_is_told_and_the_others_work(site, foreign):
    foreign("trello", "pmsync_trello_broken", "import nothing_like_this")
    site.file()
    assert site.pmsync("sync").code == 0
    [trello] = [one for one in site.pmsync("connector", "list", "--json").json if one["name"] == "trello"]
    assert not trello["ready"]
    assert "No module named 'nothing_like_this'" in trello["state"]


def test_a_config_that_names_a_broken_connector_says_why_it_is_broken(site, foreign):
    foreign("trello", "pmsync_trello_missing", "import nothing_like_this")
    site.edit("kind: github", "kind: trello")
    result = site.pmsync("sync")
    assert result.code == 2
    assert "No module named 'nothing_like_this'" in result.said


def test_what_is_no_plugin_is_told(site, foreign):
    foreign("trello", "pmsync_trello_empty", "plugin = object()")
    [trello] = [one for one in site.pmsync("connector", "list", "--json").json if one["name"] == "trello"]
    assert "is no plugin" in trello["state"]


def test_a_name_that_two_packages_claim_belongs_to_neither(site, foreign):
    """Which of them would be given the token must not depend on the order of installation."""
    foreign("jira", "pmsync_jira_impostor", "from pmsync_jira import plugin")
    result = site.pmsync("sync")
    assert result.code == 2
    assert "claims the same name" in result.said
