"""Seeded worlds of people who talk: answers are lost, processes die, comments are edited and deleted on every side, issues move.

Afterwards every comment of a person stands once in every other record of its issue, says there what it says where it was written, and no copy
was copied.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from pmsync.connect.comments import split_header
from pmsync.engine.setup import Policy
from pmsync.model.enums import Audience, Direction
from pmsync.model.record import RecordRef
from pmsync.reconcile.rails import Limits
from pmsync.testing.faults import Fault, FaultKind
from pmsync_memory.server import ROBOT

KINDS = ("listed", "keyed", "lagging", "listed-rich", "lagging-rich", "renaming-rich")
FAULTS = (FaultKind.LOSE_BEFORE, FaultKind.LOSE_AFTER, FaultKind.LATE, FaultKind.REFUSE)


class Talk:
    """One world: its people, and what they said where."""

    def __init__(self, make_world, seed: int) -> None:
        self.chance = Random(seed)
        names = "abc"[: self.chance.choice((2, 2, 3))]
        systems = {name: self.chance.choice(KINDS) for name in names}
        limits = Limits(close="allow", max_comments=1000)
        policy = Policy(defaults={"comments": Direction.BOTH}, limits=limits, comments_since=0.0)
        self.world = make_world(systems, containers={"b": ("B", "C")}, policy=policy, seed=seed)
        self.words = 0
        self.native: dict[tuple[str, str], str] = {}
        """System and id of what people wrote, with the text that was last written there by anybody but us."""
        for number in range(self.chance.choice((1, 2))):
            self.world.create(self.chance.choice(names), title=f"Issue {number}")
        if self.chance.random() < 0.7:
            self.world.rest()

    def word(self) -> str:
        self.words += 1
        return f"word{self.words}"

    def people(self) -> None:
        """Somebody says, edits or deletes something."""
        name = self.chance.choice(list(self.world.servers))
        server = self.world.servers[name]
        rows = [row for row in server.rows.values() if not row.deleted]
        notes = [note for note in server.notes.values() if not note.deleted]
        deed = self.chance.choice(("say", "say", "say", "edit", "edit", "delete", "restrict", "move"))
        if deed == "say" and rows:
            server.person_comments(self.chance.choice(rows).id, f"{self.word()}\n\n{self.word()}", by="ben")
        elif deed == "edit" and notes:
            note = self.chance.choice(notes)
            header, text = split_header(note.body) if note.author == ROBOT else ("", note.body)
            paragraphs = text.split("\n\n")
            paragraphs[self.chance.randrange(len(paragraphs))] = self.word()
            server.person_edits_comment(note.id, "\n\n".join(part for part in (header, *paragraphs) if part), by="ana")
        elif deed == "delete" and notes and self.chance.random() < 0.5:
            server.person_deletes_comment(self.chance.choice(notes).id)
        elif deed == "move" and name == "b" and rows and self.chance.random() < 0.5:
            row = self.chance.choice(rows)
            server.person_moves(row.id, "C" if row.container == "B" else "B", by="ana")
        elif deed == "restrict" and notes and self.chance.random() < 0.3:
            own = [note for note in notes if note.author != ROBOT]
            if own:
                server.person_restricts_comment(self.chance.choice(own).id, Audience.PRIVATE)

    def play(self, crash) -> None:
        """Chaos, then healing."""
        world, backup = self.world, None
        for _ in range(self.chance.randint(2, 5)):
            if backup is None and self.chance.random() < 0.2:
                backup = world.store.image()
            elif backup is not None and self.chance.random() < 0.3:
                world.close()
                world._overwrite(backup)
                world.open()
                backup = None
            for _ in range(self.chance.randint(1, 4)):
                self.people()
                world.clock.sleep(self.chance.choice((0.0, 1.0, 400.0)))
            for server in world.servers.values():
                if self.chance.random() < 0.4:
                    server.mishaps.append(Fault(self.chance.choice(FAULTS), seconds=self.chance.choice((10.0, 200.0))))
            if self.chance.random() < 0.5:
                world.doom.strike = world.doom.passed + self.chance.randint(1, 60)
            if self.chance.random() < 0.3:
                world.on_request = lambda *_: self.people() if self.chance.random() < 0.03 else None
            try:
                world.sync()
            except crash:
                world.restart()
            world.doom.strike = 0
            world.on_request = lambda *_: None
            world.clock.sleep(self.chance.choice((1.0, 700.0, 4000.0)))
        for server in world.servers.values():
            server.mishaps.clear()
        world.clock.sleep(90_000)
        world.rest(90_000)

    def faults(self) -> list[str]:
        """What is wrong at rest."""
        world, found = self.world, []
        items = {item.uid: item for item in world.items()}
        links = [link for link in world.links() if link.state.value == "linked"]
        homes = {(link.ref.system, link.ref.remote_id): link.item for link in links}
        places = {
            (link.item, link.ref.system): link.ref.remote_id for link in links if items[link.item].kind.value not in ("comment",)
        }
        for name, server in world.servers.items():
            alive = [note for note in server.notes.values() if not note.deleted and not note.row.deleted]
            markers = [note.marker for note in alive if note.author == ROBOT]
            if len({marker.rsplit(".", 4)[-4] if marker else "" for marker in markers}) != len(markers):
                found.append(f"{name}: two copies of one comment")
            for note in alive:
                if note.author == ROBOT or note.audience is Audience.PRIVATE:
                    continue
                item = homes.get((name, f"comment-{note.id}"))
                parent = homes.get((name, note.row.id))
                if parent is None:
                    continue
                if item is None:
                    found.append(f"{name}: comment {note.id} is known to nobody")
                    continue
                found += self._copies(name, note, item, parent, places)
            found += self._deleted(name, server, homes)
        return found

    def _deleted(self, name, server, homes):
        """What was deleted where it was written is said nowhere any more."""
        dead = [note for note in server.notes.values() if note.deleted and note.author != ROBOT and not note.row.deleted]
        for note in dead:
            ref = RecordRef(name, f"comment-{note.id}")
            link = self.world.read(lambda tx, ref=ref: tx.links.by_ref(ref))
            group = self.world.read(lambda tx, link=link: tx.links.of_items([link.item])) if link else {}
            for copy in [one for one in group.get(link.item, []) if one.ref != ref] if link else []:
                shown = self.world.servers[copy.ref.system].notes[copy.ref.remote_id.removeprefix("comment-")]
                if not shown.deleted and (name, note.row.id) in homes and split_header(shown.body)[1] == note.body:
                    yield f"{name}: comment {note.id} was deleted, and {copy.ref.system} still says {note.body!r}"

    def _copies(self, name, note, item, parent, places):
        for other, server in self.world.servers.items():
            row = places.get((parent, other))
            if other == name or row is None:
                continue
            links = [
                link for link in self.world.read(lambda tx: tx.links.of_items([item])).get(item, []) if link.ref.system == other
            ]
            if not links:
                yield f"{name}: comment {note.id} is not in {other}"
                continue
            copy = server.notes[links[0].ref.remote_id.removeprefix("comment-")]
            if copy.deleted:
                continue
            text = split_header(copy.body)[1]
            if text != note.body:
                yield f"{name}: comment {note.id} says {note.body!r}, in {other} {text!r}"


@pytest.mark.parametrize("seed", range(int(os.environ.get("PMSYNC_TALKS", "24"))))
def test_every_comment_stands_once_in_every_record_of_its_issue(make_world, crash, seed):
    """C21, C33: whatever befalls the requests and the process."""
    talk = Talk(make_world, seed)
    talk.play(crash)
    assert talk.faults() == []
    writes = talk.world.writes
    talk.world.rest(90_000)
    assert talk.world.writes == writes
