"""REST shapes of whole repositories, the own account, and issue events."""

from __future__ import annotations

from typing import Any

from pmsync_github.emulation.render import OLDEST, WEB, Renderer
from pmsync_github.emulation.stamps import iso
from pmsync_github.emulation.state import Happening, Issue, Repo, User
from pmsync_github.emulation.world import World

REPO_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
NOUGHTS = (
    "forks", "forks_count", "stargazers_count", "watchers", "watchers_count", "size", "network_count", "subscribers_count",
)  # fmt: skip
COUNTS = ("public_repos", "public_gists", "followers", "following")
PRIVATE_COUNTS = ("private_gists", "total_private_repos", "owned_private_repos", "disk_usage", "collaborators")


def permissions(role: str) -> dict[str, bool]:
    """A role as the flags of a repository's ``permissions``."""
    return {
        "admin": role == "admin",
        "maintain": role == "admin",
        "push": role in ("write", "admin"),
        "triage": role in ("write", "admin"),
        "pull": role != "none",
    }


def repo(renderer: Renderer, world: World, repo: Repo, login: str | None) -> dict[str, Any]:
    """A whole repository, as the account ``login`` sees it."""
    url, page = renderer.repo_url(repo), f"{WEB}/{repo.full_name}"
    owner = world.users[repo.owner.casefold()]
    issues_open = sum(issue.state == "open" for issue in repo.issues.values())
    shown: dict[str, Any] = {
        "id": repo.id,
        "node_id": repo.node_id,
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
        "visibility": "private" if repo.private else "public",
        "owner": renderer.user(owner),
        "html_url": page,
        "description": repo.description,
        "fork": False,
        "url": url,
        **{name: url + path for name, path in REPO_LINKS.items()},
        "git_url": f"git://github.com/{repo.full_name}.git",
        "ssh_url": f"git@github.com:{repo.full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "homepage": None,
        "language": None,
        "license": None,
        "mirror_url": None,
        "default_branch": "main",
        **dict.fromkeys(NOUGHTS, 0),
        "open_issues": issues_open,
        "open_issues_count": issues_open,
        "has_issues": repo.has_issues,
        "has_projects": True,
        "has_wiki": False,
        "has_pages": False,
        "has_downloads": False,
        "has_discussions": False,
        "archived": False,
        "disabled": False,
        "is_template": False,
        "topics": [],
        "created_at": iso(repo.created_at),
        "updated_at": iso(repo.created_at),
        "pushed_at": iso(repo.created_at),
        "permissions": permissions(world.role(repo, login)),
    }
    if renderer.version > OLDEST:
        del shown["has_downloads"]
    if owner.kind == "Organization":
        shown["organization"] = renderer.user(owner)
    return shown


def own_account(renderer: Renderer, user: User) -> dict[str, Any]:
    """The caller's own account."""
    return {
        **renderer.user(user),
        "user_view_type": "private",
        "name": user.name,
        "email": user.email,
        "company": None,
        "blog": "",
        "location": None,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        **dict.fromkeys(COUNTS + PRIVATE_COUNTS, 0),
        "two_factor_authentication": True,
        "created_at": iso(user.created_at),
        "updated_at": iso(user.created_at),
    }


def event(renderer: Renderer, repo: Repo, happening: Happening) -> dict[str, Any]:
    """An issue event, as the lists of one issue show it."""
    shown: dict[str, Any] = {
        "id": happening.id,
        "node_id": f"EV_{happening.id}",
        "url": f"{renderer.repo_url(repo)}/issues/events/{happening.id}",
        "actor": renderer.login(happening.actor),
        "event": happening.kind,
        "commit_id": None,
        "commit_url": None,
        "created_at": iso(happening.at),
        "performed_via_github_app": None,
    }
    detail = happening.detail
    if "label" in detail:
        shown["label"] = {"name": detail["label"].name, "color": detail["label"].color}
    if "milestone" in detail:
        shown["milestone"] = {"title": detail["milestone"].title}
    for name, shown_as in (("parent", "parent_issue"), ("sub_issue", "sub_issue")):
        if name in detail:
            shown[shown_as] = None  # the short form of the other issue is not rendered; null is allowed
    if "assignee" in detail:
        shown |= {"assignee": renderer.login(detail["assignee"]), "assigner": renderer.login(happening.actor)}
    if happening.kind == "renamed":
        shown["rename"] = {"from": detail["before"], "to": detail["after"]}
    if "state_reason" in detail:
        shown["state_reason"] = detail["state_reason"]
    return shown


def timeline(renderer: Renderer, repo: Repo, issue: Issue) -> list[dict[str, Any]]:
    """Events and comments of one issue, in order of time."""
    events = [(one.at, one.id, event(renderer, repo, one)) for one in issue.happenings]
    for _, _, shown in events:  # the timeline's description knows no assigner
        shown.pop("assigner", None)
    comments = [
        (one.created_at, one.id, {"event": "commented", "actor": renderer.login(one.author), **renderer.comment(one)})
        for one in issue.comments
    ]
    return [shown for _, _, shown in sorted(events + comments, key=lambda entry: entry[:2])]
