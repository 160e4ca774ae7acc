"""Worlds with a roadmap file: a product manager and an engineer edit at random, files are saved while they are written, and nothing is lost."""

from __future__ import annotations

from random import Random

import pytest

from pmsync import app as pmsync_app
from pmsync.model.item import LinkState
from pmsync.model.values import members
from pmsync.net.clock import VirtualClock
from pmsync.roadmap.edit import change
from pmsync.roadmap.read import read
from pmsync_files.folder import MemoryFolder
from pmsync_memory import PERSONALITIES, SERVERS, MemoryServer

ITEMS = 4
FILE = "payments.yaml"
CONFIG = """\
systems:
  roadmap: {kind: files, path: roadmap}
  board: {kind: memory, name: roadmap-worlds}
products:
  payments: {roadmap: payments, board: PAY}
fields:
  labels: {all: both, namespace: pm/}
safety: {start: at_once, max_updates: 1000, max_creates: 1000}
"""


class World:
    """One file, one tracker, and pmsync between them over one store."""

    def __init__(self, home, seed):
        self.random, self.clock = Random(seed), VirtualClock()
        self.home = home
        (home / "pmsync.yaml").write_text(CONFIG, encoding="utf-8")
        self.server = SERVERS["roadmap-worlds"] = MemoryServer(self.clock, PERSONALITIES["listed"], "roadmap-worlds")
        self.server.add_containers(["PAY"])
        self.folder = MemoryFolder(self.clock)
        self.rows, lines = [], ["# by Ana, who keeps her comments", "items:"]
        for number in range(ITEMS):
            row = self.server.person_creates("PAY", {"title": f"Item {number}", "priority": "3"})
            self.rows.append(row)
            lines += [
                f"  i{number}:   # the {number}th",
                f"    title: Item {number}",
                f"    links: [board:{self.server.rows[row].key}]",
            ]
        self.folder.save(FILE, "\n".join(lines) + "\n")
        self.comments = self.folder.text(FILE).count("#")
        self.entered: set[tuple[int, str]] = set()
        self.serial = 0

    # -- people --------------------------------------------------------------------------------------------------------------

    def manager(self):
        """Ana edits a line of the file."""
        number = self.random.randrange(ITEMS)
        key, value = self.random.choice(
            [("title", self.word()), ("horizon", "now"), ("horizon", "later"), ("priority", "high"), ("priority", None)]
        )
        self.folder.save(FILE, change(self.folder.text(FILE), ("items", f"i{number}", key), value))

    def engineer(self):
        """Ben edits a record in the tracker."""
        row = self.random.choice(self.rows)
        what = self.random.choice(
            [{"title": self.word()}, {"priority": self.random.choice("1234")}, {"labels": frozenset({"pm/next"})}]
        )
        self.server.person_edits(row, what, by="ben")

    def word(self):
        """A title nobody entered before."""
        self.serial += 1
        return f"Title {self.serial}: new"

    def remember(self):
        """What stands anywhere when pmsync looks must not get lost."""
        items = read(self.folder.text(FILE), "payments", FILE).roadmap.items
        for number, row in enumerate(self.rows):
            self.entered |= {(number, items[f"i{number}"].title), (number, str(self.server.rows[row].values["title"]))}

    # -- pmsync --------------------------------------------------------------------------------------------------------------

    def run(self, *, write=False):
        """One run of the program; the file may be saved under its hands, and a write's answer may be lost."""
        self.remember()
        if write and self.random.random() < 0.3:
            self.folder.mishaps.append(self.random.choice(["refuse", "before", "after"]))
        if write and self.random.random() < 0.4:
            self.interfere()
        made = pmsync_app.build(
            self.home / "pmsync.yaml", environ={}, clock=self.clock, transports={"roadmap": self.folder}, into_sources=write
        )
        try:
            return made.engine.pull(lambda event: None, into_sources=True) if write else made.engine.sync(lambda event: None)
        finally:
            made.close()
            self.folder.mishaps.clear()
            self.clock.sleep(700)

    def interfere(self):
        """Ana saves the file between pmsync's read and its write."""
        replace = self.folder.replace

        def late(name, data, expected):
            self.folder.replace = replace
            self.manager()
            self.remember()
            return replace(name, data, expected)

        self.folder.replace = late

    def story(self):
        """Edits and runs in any order, then peace."""
        self.run()
        for _ in range(self.random.randrange(10, 25)):
            self.random.choice([self.manager, self.engineer, self.run, lambda: self.run(write=True)])()
        self.folder.__dict__.pop("replace", None)
        for _ in range(6):
            self.run()
        for _ in range(3):
            self.run(write=False)

    # -- the judge -----------------------------------------------------------------------------------------------------------

    def told(self):
        """By item, every value that is held, kept in the journal or stands in a conflict; what the journal's sentences say; and the links."""
        made = pmsync_app.build(self.home / "pmsync.yaml", environ={}, clock=self.clock, transports={"roadmap": self.folder})
        try:
            with made.store.transaction() as tx:
                items = list(tx.items.page(""))
                links = tx.links.of_items([item.uid for item in items])
                kept = {item.uid: set() for item in items}
                said = {item.uid: "" for item in items}
                for entry in tx.journal.recent(100_000):
                    said[entry.item] = said.get(entry.item, "") + entry.why
                    for value in (entry.before, entry.after):
                        kept.setdefault(entry.item, set()).update(members(value) if value is not None else ())
                for row in tx.conflicts.list(True):
                    kept[row.item] |= {text for one in row.dispute.candidates for text in members(one.value)}
                for item in items:
                    kept[item.uid] |= members(item.fields["title"].value)
                alive = {uid: [one for one in group if one.state is LinkState.LINKED] for uid, group in links.items()}
                return kept, said, {uid: group for uid, group in alive.items() if group}
        finally:
            made.close()


@pytest.mark.parametrize("seed", range(6))
def test_no_edit_is_lost_between_a_roadmap_file_and_a_tracker(tmp_path, seed):
    """Whatever is overruled or disputed is kept; the file stays good, with its comments; nothing is made twice."""
    world = World(tmp_path, seed)
    world.story()
    kept, said, links = world.told()
    assert read(world.folder.text(FILE), "payments", FILE).problems == ()
    assert world.folder.text(FILE).count("#") == world.comments
    assert len(world.server.rows) == ITEMS
    of_number = {
        number: next(uid for uid, group in links.items() if f"i{number}" in {one.key for one in group}) for number in range(ITEMS)
    }
    assert all(len(links[uid]) == 2 for uid in of_number.values())
    known = {number: (kept[uid], said[uid]) for number, uid in of_number.items()}
    lost = {(number, text) for number, text in world.entered if text not in known[number][0] and text not in known[number][1]}
    assert lost == set()
