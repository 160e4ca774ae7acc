"""How many calls were made, and which: the counter that budgets and tests read."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that are reads by themselves (RFC 9110, 9.2.1)."""


@dataclass(frozen=True, slots=True)
class Called:
    """One kind of request that left: which system, method, path template (or path), and the status, 0 when no answer came."""

    system: str
    method: str
    name: str
    status: int


class CallLog:
    """Counts requests; an instance is an ``Environment.on_call``. Safe to share between threads.

    ``read_names`` are the call names that are reads although their method is not (``POST /rest/api/3/search/jql``).
    """

    def __init__(self, read_names: Iterable[str] = ()) -> None:
        self._read_names = frozenset(read_names)
        self._counts: Counter[Called] = Counter()
        self._lock = threading.Lock()

    def __call__(self, system: str, method: str, name: str, status: int) -> None:
        """Count one request."""
        with self._lock:
            self._counts[Called(system, method, name, status)] += 1

    @property
    def total(self) -> int:
        """All requests."""
        return self._sum(self.counts())

    @property
    def writes(self) -> int:
        """Requests that are not reads."""
        return self._sum({called: count for called, count in self.counts().items() if not self._is_read(called)})

    @property
    def reads(self) -> int:
        """Requests that are reads."""
        return self.total - self.writes

    def counts(self) -> dict[Called, int]:
        """A copy of the counts, as they stand now."""
        with self._lock:
            return dict(self._counts)

    def by_name(self, system: str = "") -> dict[str, int]:
        """Requests by call name, of one system or ("") of all."""
        return self._grouped("name", system)

    def by_system(self) -> dict[str, int]:
        """Requests by system."""
        return self._grouped("system", "")

    def reset(self) -> None:
        """Start again at zero."""
        with self._lock:
            self._counts.clear()

    def _grouped(self, key: str, system: str) -> dict[str, int]:
        grouped: Counter[str] = Counter()
        for called, count in self.counts().items():
            if system in ("", called.system):
                grouped[getattr(called, key)] += count
        return dict(grouped)

    def _is_read(self, called: Called) -> bool:
        return called.method.upper() in READ_METHODS or called.name in self._read_names

    @staticmethod
    def _sum(counts: dict[Called, int]) -> int:
        return sum(counts.values())
