"""Who an account is to GraphQL: its node id, which never changes, remembered by login."""

from __future__ import annotations

from collections.abc import Iterable

from pmsync_github.graph import GraphReads


class Accounts:
    """Node ids of accounts by login, in any case."""

    def __init__(self, graph: GraphReads) -> None:
        self._graph = graph
        self._ids: dict[str, str] = {}

    def forget(self) -> None:
        """Logins may be given to others."""
        self._ids.clear()

    def ids(self, logins: Iterable[str]) -> dict[str, str]:
        """The node ids of those that exist; a call for each 100 that were not asked for yet."""
        wanted = {login.casefold(): login for login in logins}
        if unknown := [login for key, login in sorted(wanted.items()) if key not in self._ids]:
            self._ids |= {login.casefold(): node for login, node in self._graph.account_ids(unknown).items()}
        return {login: self._ids[key] for key, login in wanted.items() if key in self._ids}

    def unknown(self, logins: Iterable[str]) -> list[str]:
        """Those that do not exist."""
        wanted = list(logins)
        known = self.ids(wanted)
        return [login for login in wanted if login not in known]
