"""Nothing twice: what was read or written before is neither read nor written as something new, whatever went wrong in between."""

from __future__ import annotations

from collections import Counter

TITLES = [f"Number {number}" for number in range(6)]


def test_c14_what_was_pushed_is_not_pulled_as_something_new(bench):
    """A push, then pulls of what was pushed; and once more from the beginning of every stream."""
    bench.file_jira("Login fails")
    bench.file_github("Logout hangs")
    bench.sync()
    for _ in range(2):
        bench.clock.sleep(60)
        bench.pull()
    for scope in bench.app.setup.scopes():
        bench.read(lambda tx, scope=scope: tx.cursors.forget(scope))
    bench.pull()
    bench.rest()
    assert len(bench.items()) == 2
    assert bench.jira_titles() == bench.github_titles() == ["Login fails", "Logout hangs"]
    bench.forget()
    bench.sync()
    assert bench.writes() == []


def test_c48_a_load_that_was_killed_goes_on_where_it_was(bench, kit):
    """Killed in the middle of the creates, after one was carried out whose answer nobody heard."""
    for title in TITLES:
        bench.file_jira(title)
    doom = bench.doom(0)

    def third(request, response):
        if len(bench.github_titles()) == 3:
            doom.dead = True

    bench.wires["github"].after = third
    try:
        bench.sync()
    except kit.Crash:
        bench.restart()
    assert doom.dead
    assert len(bench.github_titles()) == 3
    bench.forget()
    bench.rest()
    assert bench.github_titles() == TITLES
    assert (
        sum(count for name, count in Counter(bench.writes("github")).items() if "createIssue" in name or name.endswith("/issues"))
        == 3
    )


def test_c16_a_create_whose_id_could_not_be_kept_is_not_made_again(bench, kit):
    """Killed at the commit that would have kept the new record's id: neither system gets a second one, and they are tied."""
    bench.file_jira("Login fails")
    doom = bench.doom(0)
    bench.wires["github"].after = lambda request, response: setattr(doom, "dead", bool(bench.github_titles()))
    try:
        bench.sync()
    except kit.Crash:
        bench.restart()
    assert doom.dead
    assert not any(link.ref.system == "github" for link in bench.links())
    bench.rest()
    assert bench.github_titles() == bench.jira_titles() == ["Login fails"]
    assert len(bench.items()) == 1
    assert bench.replicas("PAY-1") == {"PAY-1", "acme/api#1"}
