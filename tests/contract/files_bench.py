"""The bench of roadmap files: a folder in memory, and a person with an editor who writes plain YAML by hand."""

from types import MappingProxyType

from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.net.clock import VirtualClock
from pmsync.testing.conformance import Bench
from pmsync.testing.conformance.bench import Gate
from pmsync.testing.faults import FaultKind
from pmsync_files.connector import FilesConnector
from pmsync_files.folder import MemoryFolder
from pmsync_files.settings import FilesSettings, LineScope

KEYS = {"title": "title", "body": "description", "labels": "labels"}
MISHAPS = {FaultKind.REFUSE: "refuse", FaultKind.LOSE_BEFORE: "before", FaultKind.LOSE_AFTER: "after"}


class FilesBench(Bench):
    """One product line's file."""

    scope = ScopeRef("roadmap", "payments")
    unknown_id = "payments/nobody"
    permissions = MappingProxyType({"read": "read", "edit": "edit", "create": "create"})

    def __init__(self, write=True):
        super().__init__()
        self.clock, self.write = VirtualClock(), write
        self.folder = MemoryFolder(self.clock)
        self.folder.save("payments.yaml", "# by hand\nproduct: payments\nitems:\n")
        self.made = 0

    def connector(self, *, read_only=False, clock=None):
        environment = Environment("roadmap", clock or self.clock, Gate(read_only), self.count, self.folder)
        settings = FilesSettings(write=self.write)
        return FilesConnector(self.folder, settings, [ScopeConfig(self.scope, LineScope.model_validate("payments"))], environment)

    def writes(self):
        return self.folder.writes

    def person_creates(self, title, **values):
        self.made += 1
        key = f"item-{self.made}"
        lines = "".join(f"    {name}: {self._spelled(value)}\n" for name, value in self._named(title=title, **values))
        self._save(self._text() + f"  {key}:\n{lines}")
        return RecordRef("roadmap", f"payments/{key}")

    def person_edits(self, ref, **values):
        lines = self._block(ref)
        for name, value in self._named(**values):
            lines = [line for line in lines if not line.startswith(f"    {name}:")]
            lines += [f"    {name}: {self._spelled(value)}"] if value else []
        self._put(ref, lines)

    def person_deletes(self, ref):
        self._put(ref, [])

    def befall(self, fault):
        if fault.kind not in MISHAPS:
            super().befall(fault)
        self.folder.mishaps.append(MISHAPS[fault.kind])

    def deny(self, permission):
        self.folder.denied.add("edit" if permission == "create" else permission)

    def _named(self, **values):
        return [(KEYS[name], value) for name, value in values.items()]

    def _spelled(self, value):
        if isinstance(value, frozenset):
            return "[" + ", ".join(f'"{one}"' for one in sorted(value)) + "]"
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
        return f'"{escaped}"'

    def _text(self):
        return self.folder.text("payments.yaml")

    def _save(self, text):
        self.folder.save("payments.yaml", text)

    def _bounds(self, ref):
        lines = self._text().splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith(f"  {ref.remote_id.partition('/')[2]}:"))
        end = next((i for i in range(start + 1, len(lines)) if lines[i] and not lines[i].startswith("    ")), len(lines))
        return lines, start, end

    def _block(self, ref):
        lines, start, end = self._bounds(ref)
        return lines[start:end]

    def _put(self, ref, block):
        lines, start, end = self._bounds(ref)
        self._save("\n".join([*lines[:start], *block, *lines[end:]]) + "\n")
