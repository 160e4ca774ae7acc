"""Scenarios about trust: a dry run that only reads, errors that say what to do, private things that stay private, secrets that show nowhere."""

from __future__ import annotations

import re

import pytest

from pmsync.config.pointing import Pointer
from pmsync.connect.errors import WriteRefused
from pmsync.reconcile.plan import lines

NAMED = "{repo: acme/api, audience: public}"
CANARIES = ("jira-canary-7f3a9b21", "github-canary-c04d88e6", "marker-canary-51be7702")


# -- C51 ------------------------------------------------------------------------------------------------------------------------------


def busy(bench):
    """Creates and updates wanted on both sides."""
    for number in range(3):
        bench.file_jira(f"Issue {number}", labels=["Bug"], priority="High")
    bench.rest()
    bench.edit_jira("PAY-1", summary="Issue 0 at night", labels=["Bug", "night"])
    bench.edit_github(bench.number("PAY-2"), title="Issue 1 on Sundays", state="closed")
    bench.file_jira("Brand new in Jira", labels=["a-label-nobody-has"])
    bench.file_github("Brand new on GitHub")
    bench.forget()


def test_c51_a_plan_makes_no_request_that_is_not_a_read(bench):
    """C51: judged where the requests arrive, and by the systems' own logs."""
    busy(bench)
    written = bench.written()
    plan = bench.plan()
    assert len(plan.ops) >= 4
    assert (bench.writes(), bench.written()) == ([], written)
    assert bench.calls()


def test_c51_a_plan_lists_every_field_it_would_overwrite_with_before_after_and_why(bench):
    """C51: nothing that apply writes is missing from the plan."""
    busy(bench)
    plan = bench.plan()
    surfaces = {
        scope: {one.id: one for one in bench.app.setup.connectors[scope.system].surfaces(scope)} for scope in scopes(bench)
    }
    said = [line for op in plan.ops for line in lines(op, surfaces[op.scope])]
    overwrites = {
        (line.system, line.field, line.before, line.after) for line in said if (line.key and "#" in line.key) or "-" in line.key
    }
    assert ("github", "title", "Issue 0", "Issue 0 at night") in overwrites
    assert ("jira", "title", "Issue 1", "Issue 1 on Sundays") in overwrites
    assert ("jira", "status", "To Do", "Done") in overwrites
    assert any(line.field == "labels" and line.after == "+night" for line in said)
    assert all(line.why for line in said)


def test_c51_apply_does_exactly_what_the_plan_lists(bench):
    """C51: after apply, a plan is empty, and no record differs in anything that the plan did not list."""
    busy(bench)
    plan = bench.plan()
    bench.apply(plan)
    again = bench.plan()
    assert again.ops == ()
    assert bench.github.issue("acme/api", bench.number("PAY-1")).title == "Issue 0 at night"
    assert bench.jira.issue("PAY-2").summary == "Issue 1 on Sundays"


def test_c51_the_fence_refuses_what_a_read_only_program_tries_to_write(bench):
    """C51: even if an engine went wrong in plan mode, the transport lets nothing out."""
    busy(bench)
    plan = bench.plan()
    written = bench.written()
    reader = bench.start(read_only=True)
    bench.forget()
    try:
        with pytest.raises(WriteRefused):
            reader.engine.apply_plan(plan.approved(), bench.hear)
    finally:
        reader.close()
    assert (bench.writes(), bench.written()) == ([], written)


def test_c51_a_plan_is_stale_where_its_target_moved(bench):
    """C51: Ben edits the title that the plan would overwrite: that write is dropped with the reason, the others are made."""
    busy(bench)
    plan = bench.plan()
    number = bench.number("PAY-1")
    bench.edit_github(number, title="Ben was faster")
    bench.apply(plan)
    assert bench.github.issue("acme/api", number).title == "Ben was faster"
    assert bench.jira.issue("PAY-2").summary == "Issue 1 on Sundays"
    assert any("Ben was faster" in text for text in bench.told("dropped"))


def test_c51_a_plan_for_an_empty_config_scope_is_empty_and_reads_only(bench):
    """C51: nothing there, nothing wanted."""
    assert bench.plan().ops == ()
    assert bench.writes() == []


# -- C52 ------------------------------------------------------------------------------------------------------------------------------


def test_c52_doctor_names_the_field_that_is_on_no_screen_its_place_and_the_fix(bench):
    """C52: before the first write, not after it."""
    bench.jira.take_off_screen("PAY", "priority")
    checks = bench.app.setup.connectors["jira"].check([scope for scope in scopes(bench) if scope.system == "jira"])
    found = [one for one in checks if "priority" in one.finding and "screen" in one.finding]
    assert found
    assert all("add the field to the screens of PAY" in one.remedy for one in found)
    assert all("fields.priority.jira" in one.remedy for one in found)
    pointer = Pointer(bench.app.config)
    assert all(re.fullmatch(r".*pmsync\.yaml:\d+(:\d+)?.*", pointer.where("jira", one.remedy, one.subject)) for one in found)
    assert bench.writes() == []


def test_c52_a_field_on_no_screen_costs_neither_the_other_fields_nor_a_retry_every_round(bench):
    """C52: the title goes over, the priority is refused with field and fix, and the next rounds are quiet."""
    bench.file_jira("Login fails", priority="High")
    bench.rest()
    bench.jira.take_off_screen("PAY", "priority")
    bench.edit_github(1, title="Login fails at night", labels=["priority/low"])
    bench.sync()
    assert bench.jira_titles() == ["Login fails at night"]
    said = bench.told("rejected")
    assert any("priority" in text and "screen" in text and "PAY" in text for text in said)
    bench.forget()
    for _ in range(3):
        bench.clock.sleep(120)
        bench.sync()
    assert bench.writes() == []


def test_c52_the_field_is_put_on_the_screen_and_the_value_follows(bench):
    """C52: once mended, the value goes over by itself."""
    bench.file_jira("Login fails", priority="High")
    bench.rest()
    bench.jira.take_off_screen("PAY", "priority")
    bench.edit_github(1, labels=["priority/low"])
    bench.sync()
    assert bench.jira_priority("PAY-1") == "High"
    bench.jira.state.project("PAY").off_screen.clear()
    bench.clock.sleep(3700)
    bench.sync()
    bench.clock.sleep(3700)
    bench.rest()
    assert bench.jira_priority("PAY-1") == "Low"


# -- C54 ------------------------------------------------------------------------------------------------------------------------------


def test_c54_nothing_is_created_in_a_public_repository_from_an_internal_project(make_bench):
    """C54: refused, with the line that would permit it."""
    bench = make_bench(private=False)
    bench.file_jira("Customer list leaks")
    bench.sync()
    assert bench.github_issues() == []
    assert bench.writes("github") == []
    assert any("audience: public" in text for text in bench.told("skipped", "audience"))


def test_c54_naming_the_audience_permits_it(make_bench):
    """C54: somebody decided, in a file under review."""
    bench = make_bench(private=False)
    bench.configure(github=NAMED)
    bench.file_jira("Login fails")
    bench.rest()
    assert bench.github_titles() == ["Login fails"]


def test_c54_an_issue_with_a_security_level_crosses_nowhere_whatever_the_config_says(make_bench):
    """C54: a bug-bounty report stays where it is, even where the destination is named."""
    bench = make_bench(private=False)
    bench.configure(github=NAMED)
    level = bench.jira.add_security_level("Reporters only")
    bench.file_jira("Remote code execution", security=level, description="Send this to the login form.")
    bench.file_jira("Login fails")
    bench.rest()
    assert bench.github_titles() == ["Login fails"]
    assert "Remote code execution" not in everything_on_github(bench)


def test_c54_an_issue_that_becomes_restricted_stops_crossing(make_bench):
    """C54: it was shared, then somebody put a level on it: nothing more of it is copied."""
    bench = make_bench(private=False)
    bench.configure(github=NAMED)
    level = bench.jira.add_security_level("Reporters only")
    bench.file_jira("Login fails")
    bench.rest()
    bench.edit_jira("PAY-1", security=level, summary="Login bypass found")
    bench.forget()
    bench.rest()
    assert bench.writes("github") == []
    assert "bypass" not in everything_on_github(bench)


def test_c54_private_comments_are_kept_as_private_and_reach_no_other_system(make_bench):
    """C54: comments are read with their audience; an internal note is never anything else."""
    from pmsync.model.enums import Audience

    bench = make_bench(private=False)
    bench.configure(github=NAMED)
    bench.file_jira("Login fails")
    bench.rest()
    bench.jira.comment_issue("PAY-1", bench.ana, "The customer is ACME, and they are furious")
    restrict_comments(bench, "PAY-1")
    bench.edit_jira("PAY-1", summary="Login fails at night")
    bench.rest()
    [link] = [link for link in bench.links() if link.key == "PAY-1"]
    [comment] = bench.read(lambda tx: tx.observations.comments(link.ref))
    assert comment.audience is Audience.PRIVATE
    assert '"type"' in comment.raw
    assert "furious" not in everything_on_github(bench)


def test_c54_a_repository_that_becomes_public_gets_nothing_more_until_it_is_named(make_bench):
    """C54: internal to public: the mirror was private when the rule was written; the guard holds for updates as for creates."""
    bench = make_bench(private=True)
    bench.file_jira("Login fails")
    bench.rest()
    bench.github.set_private("acme/api", False)
    bench.clock.sleep(3700)
    bench.edit_jira("PAY-1", summary="Login of ACME's CEO fails")
    bench.forget()
    for _ in range(3):
        bench.sync()
        bench.clock.sleep(700)
    assert bench.writes("github") == []
    assert "CEO" not in everything_on_github(bench)
    bench.stop()
    bench.configure(github=NAMED)
    report = bench.sync()
    assert report.held is not None
    bench.apply(report.held)
    assert bench.github_titles() == ["Login of ACME's CEO fails"]


def test_c54_what_is_public_already_flows_inwards(make_bench):
    """C54: narrower is always allowed: public issues come into the internal project, and their edits go on."""
    bench = make_bench(private=False)
    bench.file_github("Login fails")
    bench.rest()
    assert bench.jira_titles() == ["Login fails"]
    bench.edit_github(1, title="Login fails at night")
    bench.rest()
    assert bench.jira_titles() == ["Login fails at night"]


def test_c54_an_internal_edit_of_a_public_issue_stays_inside_until_the_repository_is_named(make_bench):
    """C54: what Ana writes in the internal project is internal, wherever the issue began; it is told, and the next public edit still comes in."""
    bench = make_bench(private=False)
    bench.file_github("Login fails")
    bench.rest()
    bench.edit_jira("PAY-1", summary="Login fails for ACME's CEO")
    bench.forget()
    bench.sync()
    assert bench.writes("github") == []
    assert any("acme/api#1 is not written" in text and "audience: public" in text for text in bench.told("skipped", "audience"))
    bench.rest()
    assert bench.github_titles() == ["Login fails"]
    bench.edit_github(1, state="closed")
    bench.rest()
    assert bench.jira_status("PAY-1") == "Done"


# -- C55 ------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def canaried(make_bench, kit):
    """Systems whose secrets are unmistakable."""
    from pmsync_github.emulator import BOT

    bench = make_bench(strict=False)
    bench.jira.change_user(bench.jira.bot.account_id, token=CANARIES[0])
    bench.github.add_token(BOT, CANARIES[1])
    bench.configure()
    text = bench.file.read_text().replace(kit.TOKEN, CANARIES[1]).replace("a-key-that-signs-markers", CANARIES[2])
    bench.file.write_text(text)
    return bench


def test_c55_no_secret_shows_in_events_plans_reprs_logs_or_the_database(canaried, caplog):
    """C55: a whole working day, told in full."""
    caplog.set_level(0)
    canaried.file_jira("Login fails", labels=["Bug"])
    canaried.file_github("Logout hangs")
    report = canaried.sync()
    checks = [
        canaried.app.setup.connectors[name].check([s for s in scopes(canaried) if s.system == name])
        for name in ("jira", "github")
    ]
    plan = canaried.plan()
    app = canaried.app
    said = [canaried.heard, report, checks, plan, app, app.config, app.setup, app.redactor, plan.encode(), caplog.text]
    assert_silent(canaried, said)


@pytest.mark.parametrize("trouble", ["refused", "echo", "html", "down"])
def test_c55_no_secret_shows_when_things_go_wrong(canaried, caplog, trouble):
    """C55: wrong token, a server that echoes what it was sent, an HTML page with the header in it, a host that is down."""
    caplog.set_level(0)
    canaried.file_jira("Login fails")
    canaried.rest()
    canaried.file_jira("Another one")
    break_everything(canaried, trouble)
    canaried.clock.sleep(3700)
    report = canaried.sync()
    assert report.exit_code == 1
    checks = [
        canaried.app.setup.connectors[name].check([s for s in scopes(canaried) if s.system == name])
        for name in ("jira", "github")
    ]
    assert_silent(canaried, [canaried.heard, report, checks, caplog.text, report.tally.failures])


# -- helpers ------------------------------------------------------------------------------------------------------------------------


def scopes(bench):
    return bench.app.setup.scopes()


def everything_on_github(bench):
    """All text that anybody can read there."""
    found = []
    for repo in bench.github.world.repos.values():
        for issue in repo.issues.values():
            found += [issue.title, issue.body or "", *(label.name for label in issue.labels)]
    found += [comment.body for comment in bench.github.world.comments.values()]
    return "\n".join(found)


def restrict_comments(bench, key):
    """Make every comment of an issue visible to one role only."""
    from dataclasses import replace

    entry = bench.jira.state.entry(key)
    role = {"type": "role", "value": "Administrators", "identifier": "Administrators"}
    comments = tuple(replace(one, visibility=role) for one in entry.current.comments)
    bench.jira.state.commit(entry, replace(entry.current, comments=comments), bench.ana)


def break_everything(bench, trouble):
    """From now on every request goes wrong in one way."""
    from pmsync.testing.emulator import Dropped, Response

    class Broken:
        def __init__(self, real, secret):
            self.secret = secret
            self.real, self.base_url, self.events = real, real.base_url, real.events

        def handle(self, request):
            echo = f"{request.headers.get('authorization', '')} {self.secret}"
            if trouble == "down":
                raise Dropped(sent=False)
            if trouble == "refused":
                return Response.of(401, {"message": f"Bad credentials: {echo}", "errorMessages": [f"Bad credentials: {echo}"]})
            if trouble == "html":
                return Response(200, {"content-type": "text/html"}, f"<html>{echo}</html>".encode())
            return Response.of(
                400, {"message": f"what is {echo}?", "errorMessages": [f"what is {echo}?"], "errors": {"jql": echo}}
            )

    for wire, secret in zip(bench.wires.values(), CANARIES, strict=False):
        wire.emulator = Broken(wire.emulator, secret)


def assert_silent(bench, said):
    """No canary in anything that was said, nor in any file but the config."""
    import base64

    bench.stop()
    shapes = [*CANARIES, *(base64.b64encode(f"{bench.jira.bot.email}:{CANARIES[0]}".encode()).decode(),)]
    text = "\n".join(one.decode() if isinstance(one, bytes) else f"{one}\n{one!r}" for one in said)
    for file in bench.folder.rglob("*"):
        if file.is_file() and file != bench.file:
            text += file.read_bytes().decode("latin-1")
    assert [shape for shape in shapes if shape in text] == []
