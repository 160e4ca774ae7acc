"""What every command has in common: help, JSON, exit codes, completion, and a quick start."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

COMMANDS = [
    "init",
    "doctor",
    "pull",
    "plan",
    "apply",
    "sync",
    "daemon",
    "status",
    "conflicts",
    "resolve",
    "link",
    "unlink",
    "people",
    "explain",
    "log",
    "undo",
    "verify",
    "demo",
]
HEAVY = [
    "httpx",
    "sqlalchemy",
    "alembic",
    "pydantic",
    "msgspec",
    "ruamel",
    "jira",
    "github",
    "requests",
    "tenacity",
    "structlog",
    "apscheduler",
    "pmsync.app",
]
BEFORE_ANY_PULL = [
    ["doctor"],
    ["pull"],
    ["plan"],
    ["sync"],
    ["status"],
    ["conflicts"],
    ["people"],
    ["log"],
    ["verify"],
    ["link"],
    ["connector", "list"],
    ["init", "other.yaml"],
]


@pytest.mark.parametrize("command", [*([name] for name in COMMANDS), ["connector"], ["connector", "list"], []], ids=" ".join)
def test_every_command_has_help(site, command):
    result = site.pmsync(*command, "--help")
    assert (result.code, result.err) == (0, "")
    assert "--help" in result.out


def test_the_help_names_every_command(site):
    result = site.pmsync("--help")
    assert [name for name in [*COMMANDS, "connector"] if name not in result.out] == []


@pytest.mark.parametrize("command", BEFORE_ANY_PULL, ids=" ".join)
def test_json_is_one_document_on_stdout_and_nothing_else(site, command):
    site.file()
    result = site.pmsync(*command, "--json")
    assert result.code == 0, result
    assert result.json is not None
    assert result.err == ""


@pytest.mark.parametrize("command", [["apply", "plan.json"], ["explain", "PAY-1"], ["unlink", "PAY-1"]], ids=" ".join)
def test_json_of_commands_that_need_something_first(site, command):
    site.file()
    site.pmsync("plan", "-o", "plan.json")
    site.pmsync("pull")
    site.pmsync("plan")
    result = site.pmsync(*command, "--json")
    assert (result.code, result.err) == (0, ""), result
    assert isinstance(result.json, dict)


def test_an_error_with_json_is_one_document_too(site):
    """Whoever reads stdout finds the error there; a person finds the sentence on stderr."""
    result = site.pmsync("explain", "PAY-404", "--json")
    assert result.code == result.json["exit_code"] == 2
    assert "PAY-404" in result.json["error"]
    assert "PAY-404" in result.err


def test_plan_in_the_format_json_is_one_document(site):
    site.file()
    result = site.pmsync("plan", "--format", "json")
    assert result.json["counts"] == {"github create": 1}
    assert result.err == ""


def test_progress_is_on_stderr(site):
    site.files(30)
    result = site.pmsync("sync")
    assert "held" in result.err
    assert "pulling" not in result.out


def test_version(site):
    from pmsync import __version__

    assert site.pmsync("--version").out == f"pmsync {__version__}\n"


# -- exit codes ---------------------------------------------------------------------------------------------------------------


def test_exit_code_0_when_all_is_done(site):
    site.file()
    assert site.pmsync("sync").code == 0


def test_exit_code_1_when_something_failed_and_may_be_retried(site):
    result = site.pmsync("sync", environ={**site.environ, "JIRA_TOKEN": "another-token"})
    assert result.code == 1


def test_exit_code_2_for_a_wrong_config(site):
    site.add("colour: blue\n")
    assert site.pmsync("sync").code == 2


def test_exit_code_3_when_a_rail_holds_writes_back(site):
    site.files(30)
    assert site.pmsync("sync").code == 3
    assert site.issues() == []


def test_exit_code_4_when_plan_finds_changes_and_is_asked_to_say_so(site):
    site.file()
    assert site.pmsync("plan", "--exit-code").code == 4


def test_exit_code_0_of_plan_when_nothing_differs(site):
    assert site.pmsync("plan", "--exit-code").code == 0


def test_exit_code_0_of_plan_with_changes_when_it_is_not_asked(site):
    site.file()
    assert site.pmsync("plan").code == 0


# -- wrong usage --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "meant"),
    [
        (["snyc"], "sync"),
        (["plan", "--jsn"], "--json"),
        (["connector", "lst"], "list"),
        (["plan", "--format", "markdown"], "md"),
        (["sync", "--scope", "jira:PYA"], "jira:PAY"),
        (["explain", "PAY-1", "prioritty"], "priority"),
        (["verify", "github:acme/apo"], "github:acme/api"),
        (["undo", "last"], "pmsync sync"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_wrong_usage_exits_2_and_says_what_was_meant(site, command, meant):
    result = site.pmsync(*command)
    assert (result.code, result.out) == (2, "")
    assert meant in result.said


@pytest.mark.parametrize(
    "command",
    [["resolve"], ["apply"], ["explain"], ["undo"], ["unlink"], ["log", "-n", "0"], ["log", "-n", "many"], ["link", "PAY-1"]],
    ids=" ".join,
)
def test_missing_and_impossible_arguments_exit_2(site, command):
    result = site.pmsync(*command)
    assert (result.code, result.out) == (2, "")


def test_no_command_shows_the_help(site):
    result = site.pmsync()
    assert "doctor" in result.said
    assert result.code == 2


# -- a quick start ------------------------------------------------------------------------------------------------------------


def test_the_command_line_loads_nothing_heavy():
    """``pmsync --help`` answers at once: what takes time is imported by the commands that need it (budget: 0.3 s)."""
    code = "import sys, pmsync.cli.main; print('\\n'.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in HEAVY if name in loaded] == []


def test_help_as_a_process(site):
    result = site.process("--help")
    assert (result.code, result.err) == (0, "")
    assert "pmsync [OPTIONS] COMMAND" in result.out


# -- completion ---------------------------------------------------------------------------------------------------------------


def completed(site, *words):
    """What bash would offer for the last of ``words``."""
    environ = {**site.environ, "_PMSYNC_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(["pmsync", *words])}
    environ["COMP_CWORD"] = str(len(words))
    return site.process(environ=environ).out.split()


def test_completion_can_be_shown_for_bash(site):
    result = site.process(
        "--show-completion", "bash", environ={**site.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    )
    assert (result.code, result.err) == (0, "")
    assert "complete -o default -F _pmsync_completion pmsync" in result.out


def test_completion_of_commands(site):
    assert completed(site, "ex") == ["explain"]


def test_completion_of_scopes_from_the_config(site):
    assert completed(site, "sync", "--scope", "gith") == ["github:acme/api"]


def test_completion_of_scopes_stays_silent_about_a_broken_config(site):
    site.add("colour: blue\n")
    assert completed(site, "sync", "--scope", "gith") == []


def test_completion_of_plans(site):
    (site.folder / "plan.json").write_text("{}")
    assert completed(site, "apply", "p") == ["plan.json"]
    assert completed(site, "apply", "h") == ["held"]


# -- streams ------------------------------------------------------------------------------------------------------------------


def test_a_reader_that_has_had_enough_is_no_error(site):
    """``pmsync connector list | head -0``."""
    process = site.start("connector", "list", "--json")
    process.stdout.close()
    assert process.wait(timeout=20) == 1
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_json_arrives_through_any_encoding(site, encoding):
    site.file("Umlaute ä, emoji 🙂 and \u202e override")
    site.pmsync("pull")
    result = site.process("plan", "--json", environ={**site.environ, "PYTHONIOENCODING": encoding})
    titles = [change["after"] for change in json.loads(result.out)["changes"] if change["field"] == "title"]
    assert titles == ["Umlaute ä, emoji 🙂 and \u202e override"]


def test_text_arrives_through_any_encoding(site):
    site.file("Umlaute ä, emoji 🙂")
    result = site.process("plan", environ={**site.environ, "PYTHONIOENCODING": "ascii"})
    assert result.code == 0
    assert "Umlaute \\xe4" in result.out
