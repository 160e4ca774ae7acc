"""What changed between two states of one issue, in the words of Jira's history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from pmsync_jira.emulation.adf import plain_text
from pmsync_jira.emulation.catalogue import Catalogue
from pmsync_jira.emulation.records import Change, Document, Issue, IssueLink

Names = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Called:
    """What history calls people (by account) and issues (by id)."""

    person: Names
    issue: Callable[[int], str]


def changes_between(catalogue: Catalogue, old: Issue, new: Issue, called: Called) -> list[Change]:
    """The change group, empty where nothing that history keeps was changed."""
    if old is new:
        return []
    changes = [*_texts(catalogue, old, new), *_choices(catalogue, old, new, called), *_sets(catalogue, old, new)]
    changes += _links(catalogue, old, new, called)
    if old.key != new.key:
        changes.append(Change("Key", "issuekey", None, old.key, None, new.key))
    return changes


def creation(catalogue: Catalogue, issue: Issue, called: Called) -> list[Change]:
    """What a create sets, as its webhook tells it. The history itself keeps nothing of a create."""
    blank = replace(
        issue,
        summary="",
        status="",
        description=None,
        priority=None,
        labels=(),
        components=(),
        fix_versions=(),
        affects_versions=(),
        assignee=None,
        reporter=None,
        resolution=None,
        security=None,
        due=None,
        parent=None,
        custom={},
        links=(),
    )
    return changes_between(catalogue, blank, issue, called)


def _texts(catalogue: Catalogue, old: Issue, new: Issue) -> Iterable[Change]:
    if old.summary != new.summary:
        yield Change("summary", "summary", None, old.summary or None, None, new.summary)
    if old.description != new.description:
        yield Change("description", "description", None, _words(old.description), None, _words(new.description))
    if old.due != new.due:
        yield Change("duedate", "duedate", old.due, old.due, new.due, new.due)
    for key in sorted({*old.custom, *new.custom}):
        before, after = old.custom.get(key), new.custom.get(key)
        if before != after:
            yield Change(catalogue.custom[key].name, key, None, _shown(before), None, _shown(after))


def _choices(catalogue: Catalogue, old: Issue, new: Issue, called: Called) -> Iterable[Change]:
    lookups: tuple[tuple[str, str | None, str | None, Names], ...] = (
        ("status", old.status, new.status, lambda id_: catalogue.statuses[id_].name),
        ("priority", old.priority, new.priority, lambda id_: catalogue.priorities[id_].name),
        ("issuetype", old.issue_type, new.issue_type, lambda id_: catalogue.issue_types[id_].name),
        ("resolution", old.resolution, new.resolution, lambda id_: catalogue.resolutions[id_]),
        ("security", old.security, new.security, lambda id_: catalogue.security[id_]),
        ("assignee", old.assignee, new.assignee, called.person),
        ("reporter", old.reporter, new.reporter, called.person),
        ("parent", _text(old.parent), _text(new.parent), lambda id_: called.issue(int(id_))),
        ("project", old.project, new.project, str),
    )
    for name, before, after, show in lookups:
        if before != after:
            yield Change(name, name, before or None, show(before) if before else None, after, show(after) if after else None)


def _sets(catalogue: Catalogue, old: Issue, new: Issue) -> Iterable[Change]:
    if old.labels != new.labels:
        yield Change("labels", "labels", None, " ".join(old.labels), None, " ".join(new.labels))
    sets: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...], Names], ...] = (
        ("Component", "components", old.components, new.components, lambda id_: catalogue.components[id_]),
        ("Fix Version", "fixVersions", old.fix_versions, new.fix_versions, lambda id_: catalogue.versions[id_].name),
        ("Version", "versions", old.affects_versions, new.affects_versions, lambda id_: catalogue.versions[id_].name),
    )
    for name, field_id, before, after, show in sets:
        for gone in (id_ for id_ in before if id_ not in after):
            yield Change(name, field_id, gone, show(gone), None, None)
        for come in (id_ for id_ in after if id_ not in before):
            yield Change(name, field_id, None, None, come, show(come))


def _links(catalogue: Catalogue, old: Issue, new: Issue, called: Called) -> Iterable[Change]:
    """Links are told of by the other issue's key and a sentence, without the link's id."""
    for gone in (link for link in old.links if link not in new.links):
        yield Change("Link", "issuelinks", called.issue(gone.other), _sentence(catalogue, gone, called), None, None)
    for come in (link for link in new.links if link not in old.links):
        yield Change("Link", "issuelinks", None, None, called.issue(come.other), _sentence(catalogue, come, called))


def _sentence(catalogue: Catalogue, link: IssueLink, called: Called) -> str:
    _, inward, outward = catalogue.link_types[link.type]
    return f"This issue {outward if link.outward else inward} {called.issue(link.other)}"


def _words(document: Document | None) -> str | None:
    return plain_text(document) if document is not None else None


def _shown(value: object) -> str | None:
    return None if value is None else str(value)


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)
