"""What the laws of lenses are for: with any lawful maps, what has come to rest is written no more."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pmsync.model.enums import Nature, Priority, Status
from pmsync.model.values import known
from pmsync.reconcile.laws import check_surface

STATUSES = ("todo", "doing", "review", "done", "dropped")
PRIORITIES = ("1", "2", "3", "4")
MAPS = st.fixed_dictionaries(
    {
        "status": st.dictionaries(st.sampled_from(STATUSES), st.sampled_from([str(one) for one in Status]), max_size=4),
        "priority": st.dictionaries(st.sampled_from(PRIORITIES), st.sampled_from([str(one) for one in Priority]), max_size=3),
    }
)
EDITS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.one_of(
            st.tuples(st.just("status"), st.sampled_from(STATUSES)),
            st.tuples(st.just("priority"), st.sampled_from([*PRIORITIES, None])),
            st.tuples(st.just("title"), st.sampled_from(["Login fails", "login  fails", "Logout hangs"])),
            st.tuples(st.just("labels"), st.frozensets(st.sampled_from(["Bug", "bug", "a b", "a-b"]))),
        ),
        st.booleans(),
    ),
    max_size=6,
)
QUICK = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@QUICK
@given(st.tuples(MAPS, MAPS), EDITS)
def test_c22_what_is_at_rest_is_written_no_more_whatever_the_maps(make_world, maps, edits):
    """Random lossy maps on both sides, edits on both sides, rounds in between: then rest, and one more sync without a write."""
    world = make_world()
    for scope, chosen in zip(world.scopes(), maps, strict=True):
        world.maps[scope] = chosen
    world.restart()
    lenses = {
        scope: {one.field: one for one in world.connectors[scope.system].surfaces(scope) if Nature.WORK in one.natures}
        for scope in world.scopes()
    }
    assume(not any(check_surface(one) for group in lenses.values() for one in group.values()))
    world.create("a", title="Login fails", status="doing", priority="1", labels=frozenset({"Bug"}))
    world.rest()
    for side, (name, value), round_follows in edits:
        world.edit(side, **{name: value})
        if round_follows:
            world.sync()
    world.rest()
    before = world.writes
    world.clock.sleep(700)
    assert world.sync().exit_code == 0
    assert world.writes == before
    agreed(world, lenses)


def agreed(world, lenses):
    """Each side says what the hub says, unless the field is disputed or told to have no place there."""
    [item] = world.items()
    disputed = {row.dispute.field for row in world.conflicts()}
    told = {notice.subject for notice in world.notices()}
    for scope, surfaces in lenses.items():
        for name, surface in surfaces.items():
            shown = known(world.row(scope.system).get(name))
            held = item.fields[name].value
            if name in ("title", "status", "priority", "labels") and name not in disputed:
                assert surface.lens.consistent(shown, held) or any(name in subject for subject in told), (
                    scope,
                    name,
                    shown,
                    held,
                )
