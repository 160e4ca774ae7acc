"""The clocks behind ``pmsync.connect.clock.Clock``."""

from __future__ import annotations

import mmap
import os
import struct
import threading
import time
from pathlib import Path


class SystemClock:
    """Real time. ``now`` never goes back within one process, even when the machine's clock is set back."""

    def __init__(self) -> None:
        self._last = 0.0

    def now(self) -> float:
        """Unix seconds."""
        self._last = max(self._last, time.time())
        return self._last

    def sleep(self, seconds: float) -> None:
        """Really wait."""
        if seconds > 0:
            time.sleep(seconds)


class VirtualClock:
    """Time that moves only when someone sleeps or sets it; shared by threads. For tests and simulations."""

    def __init__(self, start: float = 1_767_225_600.0) -> None:  # 2026-01-01T00:00:00Z
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> float:
        """Virtual Unix seconds."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Jump ahead at once. Threads that sleep at the same time share the jump rather than adding to it."""
        self.advance_to(self._now + seconds)

    def advance_to(self, moment: float) -> None:
        """Move to ``moment`` unless time is past it already."""
        with self._lock:
            self._now = max(self._now, moment)


class SharedClock:
    """Accelerated time shared by processes: real time plus an offset kept in a small file; sleeping jumps instead of waiting.

    The file holds one little-endian double, the offset in seconds. A process that is killed leaves it whole.
    """

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_size < 8:
                os.ftruncate(descriptor, 8)
            self._map = mmap.mmap(descriptor, 8)
        finally:
            os.close(descriptor)
        self._lock = threading.Lock()

    def now(self) -> float:
        """Accelerated Unix seconds."""
        return time.time() + self._offset()

    def sleep(self, seconds: float) -> None:
        """Jump ahead at once."""
        self.advance_to(self.now() + seconds)

    def advance_to(self, moment: float) -> None:
        """Move to ``moment`` unless time is past it already."""
        with self._lock:
            ahead = moment - time.time()
            if ahead > self._offset():
                self._map[:8] = struct.pack("<d", ahead)

    def _offset(self) -> float:
        return float(struct.unpack("<d", self._map[:8])[0])
