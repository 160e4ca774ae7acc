"""What one run did and found out, scope by scope, for the guards to judge by."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from pmsync.connect.contract import Outcome
from pmsync.model.record import ScopeRef
from pmsync.reconcile.operation import Operation

FAILURES = frozenset({Outcome.REJECTED, Outcome.AMBIGUOUS})
ANSWERED = frozenset({Outcome.DONE, *FAILURES})


@dataclass(slots=True)
class Ledger:
    """The counts of one run.

    Attributes:
        sent: answered writes by system; ``failed`` those among them that were refused or whose answer was lost.
        doubtful: creates by scope whose answer was lost in this run.
        written: by scope, the items to whose records something was sent.
        troubled: scopes in which a write was refused, dropped in silence, or is in doubt.
        wanted: scopes in which the run wanted to write anything at all.
        later: by scope, how many writes wait for the next run.
        moved: by scope, on how many items the records there show a new edit.
        reread: scopes that were read from the beginning.
        marked: scopes in which a mark was left, or refused, before something was created.
        told: sentences that were told already.
    """

    sent: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    doubtful: Counter[ScopeRef] = field(default_factory=Counter)
    written: defaultdict[ScopeRef, set[str]] = field(default_factory=lambda: defaultdict(set))
    troubled: set[ScopeRef] = field(default_factory=set)
    wanted: set[ScopeRef] = field(default_factory=set)
    later: dict[ScopeRef, int] = field(default_factory=dict)
    moved: Counter[ScopeRef] = field(default_factory=Counter)
    reread: set[ScopeRef] = field(default_factory=set)
    marked: set[ScopeRef] = field(default_factory=set)
    told: set[str] = field(default_factory=set)

    def enter(self, op: Operation, outcome: Outcome) -> None:
        """Count what became of one op that was sent."""
        scope = op.scope
        if outcome in ANSWERED:
            self.sent[scope.system] += 1
            self.written[scope].add(op.item)
        if outcome in FAILURES:
            self.failed[scope.system] += 1
            self.troubled.add(scope)
        if outcome is Outcome.AMBIGUOUS and op.ref is None:
            self.doubtful[scope] += 1

    def first_time(self, sentence: str) -> bool:
        """Whether ``sentence`` was not told yet in this run; it counts as told from now on."""
        new = sentence not in self.told
        self.told.add(sentence)
        return new
