"""What is known of a repository between refreshes: its state, our rights in it, its labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pmsync.model.enums import Audience
from pmsync.model.labels import label_key
from pmsync.model.record import ScopeRef
from pmsync_github.mapping import LabelEntry
from pmsync_github.priority import token


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository as the server knows it.

    Attributes:
        name: ``owner/name`` as it is called now.
        id: node id.
        url: where a person opens it.
        audience: who can read it.
        archived: nothing can be written.
        has_issues: whether issues are switched on.
        push: whether the account may set labels; GitHub drops them without a word otherwise. None: not told.
        organization: whether an organization owns it.
        write: whether the account may make and change milestones. None: not told.
    """

    name: str
    id: str
    url: str
    audience: Audience
    archived: bool
    has_issues: bool
    push: bool | None
    organization: bool
    write: bool | None = None


class LabelBook:
    """The labels of one repository, found by name without regard to case, else as the hub compares labels (white space as hyphens)."""

    def __init__(self, entries: Iterable[LabelEntry]) -> None:
        self._by_token: dict[str, LabelEntry] = {}
        self._by_key: dict[str, LabelEntry] = {}
        for entry in entries:
            self.add(entry)

    def add(self, entry: LabelEntry) -> None:
        """Take note of a label; one with an id replaces what was known under its name."""
        if entry.id:
            self._by_token[token(entry.name)] = entry
            self._by_key.setdefault(label_key(entry.name), entry)

    def find(self, name: str) -> LabelEntry | None:
        """The label meant by ``name``."""
        return self._by_token.get(token(name)) or self._by_key.get(label_key(name))

    @property
    def names(self) -> tuple[str, ...]:
        """All spellings, sorted."""
        return tuple(sorted(entry.name for entry in self._by_token.values()))


class Catalogue:
    """Reads repositories and labels when they are first asked for, and keeps them until ``forget``."""

    def __init__(
        self, read_repository: Callable[[ScopeRef], Repository], read_labels: Callable[[ScopeRef], Iterable[LabelEntry]]
    ) -> None:
        self._read_repository = read_repository
        self._read_labels = read_labels
        self._repositories: dict[str, Repository] = {}
        self._labels: dict[str, LabelBook] = {}

    def repository(self, scope: ScopeRef) -> Repository:
        """The repository.

        Raises:
            Gone: it does not exist or is not visible to us.
        """
        if scope.key not in self._repositories:
            self._repositories[scope.key] = self._read_repository(scope)
        return self._repositories[scope.key]

    def labels(self, scope: ScopeRef) -> LabelBook:
        """Its labels."""
        if scope.key not in self._labels:
            self._labels[scope.key] = LabelBook(self._read_labels(scope))
        return self._labels[scope.key]

    def reread_labels(self, scope: ScopeRef) -> LabelBook:
        """Its labels, read now."""
        self._labels.pop(scope.key, None)
        return self.labels(scope)

    def noticed(self, scope: ScopeRef, entries: Iterable[LabelEntry]) -> None:
        """Labels seen on an issue; they spare a read when the list is known already."""
        if (book := self._labels.get(scope.key)) is not None:
            for entry in entries:
                book.add(entry)

    def forget_repositories(self) -> None:
        """Drop what is known of repositories; their labels stay."""
        self._repositories.clear()

    def forget(self) -> None:
        """Drop everything."""
        self.forget_repositories()
        self._labels.clear()
