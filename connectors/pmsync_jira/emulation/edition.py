"""What the two deployments of Jira have differently, as the world behind them sees it: rich text, accounts, parents. Cloud's here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pmsync_jira.emulation import adf
from pmsync_jira.emulation.records import Document, Issue, Person

if TYPE_CHECKING:
    from pmsync_jira.emulation.catalogue import Catalogue

BOT = Person("5b10a2844c20165700ede21g", "Sync Bot", "bot@example.com", "jira-token")
"""The account that every site of Cloud has: sign in with its e-mail and token."""


class Invalid(Exception):
    """One field's value is refused; the text is Jira's word for it."""


class Edition:
    """Jira Cloud."""

    root = "/rest/api/3"
    bot = BOT
    renderer: Any = None
    """The class that renders for one reader. It knows the world, which knows its edition: so it is put in where both are known."""
    signs = "basic"
    """The scheme by which accounts sign in."""

    def furnish(self, catalogue: Catalogue) -> None:
        """What every site of this edition has from the beginning."""

    def account(self, number: int, name: str) -> Person:
        """A new person's account; ``number`` is nobody else's."""
        return Person(f"712020:{number:08d}", name)

    def document(self, text: str) -> Document:
        """What a person who types this text into the editor makes."""
        return adf.paragraphs(text)

    def checked(self, value: Any, further: Callable[[Mapping[str, Any]], list[str]] | None) -> Document:
        """A rich text that this edition would take.

        Raises:
            Invalid: with Jira's words for what is wrong.
        """
        wrong = adf.fault(value)
        if not wrong and further is not None:
            wrong = "; ".join(further(value))
        if wrong:
            raise Invalid(f"Operation value must be an Atlassian Document (see the Atlassian Document Format): {wrong}")
        if adf.text_length(value) > adf.TEXT_LIMIT:
            raise Invalid("CONTENT_LIMIT_EXCEEDED")
        document: Document = value
        return document

    def who(self, people: Mapping[str, Person], value: Mapping[str, Any]) -> str | None:
        """The account that a field's value names; None for nobody known."""
        account = value.get("accountId") or value.get("id")
        return str(account) if account in people else None

    def screen(self, fields: frozenset[str]) -> frozenset[str]:
        """Of the fields of an edit screen those that this edition has."""
        return fields

    def is_child(self, catalogue: Catalogue, issue: Issue) -> bool:
        """Whether the field ``parent`` shows the issue's parent."""
        return True

    def link_field(self) -> str:
        """The custom field that shows the other parents, "" where ``parent`` shows all."""
        return ""

    def with_parent(self, state: Any, issue: Issue, value: Any) -> Issue:
        """The issue with what was set in ``link_field``.

        Raises:
            Invalid: with Jira's words for what is wrong.
        """
        raise NotImplementedError(self.link_field())
