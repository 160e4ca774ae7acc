"""One contender while it is decided on."""

from __future__ import annotations

from dataclasses import dataclass, field

from pmsync.model.enums import Priority, StatusCategory
from pmsync.product.priorities import Contender, RankRange, Source, Step, StepName


@dataclass(slots=True)
class Case:
    """A contender, its priority so far, where that came from, and what was recorded."""

    who: Contender
    priority: Priority | None
    source: Source = Source.NOTHING
    steps: list[Step] = field(default_factory=list)
    reach: RankRange | None = None
    override: bool = False
    warning: str = ""

    @property
    def open(self) -> bool:
        """Whether there is still something to decide: done work keeps the priority it had, and is nobody's peer."""
        return self.who.status.category is not StatusCategory.DONE

    def record(self, name: StepName, said: str, **numbers: float | str) -> None:
        """Note a step that leaves the priority as it now is."""
        self.steps.append(Step(name, self.priority, said, numbers))

    def take(self, priority: Priority | None, source: Source) -> None:
        """Let ``source`` say what the priority is."""
        self.priority, self.source = priority, source


def shown(priority: Priority | None) -> str:
    """A priority as people read it."""
    return "unset" if priority is None else priority.value
