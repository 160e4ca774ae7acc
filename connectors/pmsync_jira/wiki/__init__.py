"""Jira's wiki markup (Data Center, and Cloud through version 2 of its interface) to the hub's Markdown and back. Pure and linear."""

from __future__ import annotations

from pmsync_jira.wiki.losses import Loss, Report
from pmsync_jira.wiki.reading import pieces, sewn
from pmsync_jira.wiki.rendering import kept, rendered, unix

__all__ = ["Loss", "read", "read_with_losses", "render", "render_with_losses"]


def read(text: str) -> str:
    """The wiki text as Markdown."""
    return _read(text, Report())


def read_with_losses(text: str) -> tuple[str, tuple[Loss, ...]]:
    """The wiki text as Markdown, and what Markdown could not say."""
    report = Report()
    return _read(text, report), tuple(report.losses)


def render(markdown: str, old_wiki: str | None = None) -> str:
    """The Markdown as wiki markup.

    With ``old_wiki`` at hand, ``render(read(old_wiki), old_wiki) == old_wiki``, and of a changed text only the changed blocks are
    rendered: the others keep their bytes.
    """
    return render_with_losses(markdown, old_wiki)[0]


def render_with_losses(markdown: str, old_wiki: str | None = None) -> tuple[str, tuple[Loss, ...]]:
    """``render``, and what wiki markup could not say; lines are those of ``markdown``."""
    report = Report()
    wiki = rendered(markdown, report) if old_wiki is None else kept(markdown, old_wiki, report)
    return wiki, tuple(report.losses)


def _read(text: str, report: Report) -> str:
    return sewn(pieces(unix(text), report))
