"""How things look in REST: JSON objects in the shape of GitHub's OpenAPI description, with every required property."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import quote

from pmsync_github.emulation.stamps import iso, maybe_iso
from pmsync_github.emulation.state import Comment, Issue, Label, Milestone, Repo, User
from pmsync_github.emulation.world import World

WEB = "https://github.com"
OLDEST = "2022-11-28"
"""The API version without the breaking changes of 2026-03-10, which drops an issue's ``assignee`` and a repository's ``has_downloads``."""

REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket")
USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}


@lru_cache(maxsize=4096)
def _user(base: str, login: str, number: int, node_id: str, kind: str) -> dict[str, Any]:
    return {
        "login": login,
        "id": number,
        "node_id": node_id,
        "avatar_url": f"https://avatars.githubusercontent.com/u/{number}?v=4",
        "gravatar_id": "",
        "url": f"{base}/users/{login}",
        "html_url": f"{WEB}/{login}",
        **{name: f"{base}/users/{login}{path}" for name, path in USER_LINKS.items()},
        "type": kind,
        "user_view_type": "public",
        "site_admin": False,
    }


class Renderer:
    """Shows the world's objects with addresses under ``base``."""

    def __init__(self, world: World, base: str, version: str = OLDEST) -> None:
        self._world = world
        self.base = base
        self.version = version

    def user(self, user: User) -> dict[str, Any]:
        """An account, in short."""
        return _user(self.base, user.login, user.id, user.node_id, user.kind)

    def login(self, login: str) -> dict[str, Any]:
        """An account by login."""
        return self.user(self._world.users[login.casefold()])

    def repo_url(self, repo: Repo) -> str:
        """The address of a repository."""
        return f"{self.base}/repos/{repo.full_name}"

    def label(self, label: Label) -> dict[str, Any]:
        """A label."""
        repo = self._world.repos[label.repo_id]
        return {
            "id": label.id,
            "node_id": label.node_id,
            "url": f"{self.repo_url(repo)}/labels/{escape(label.name)}",
            "name": label.name,
            "color": label.color,
            "default": False,
            "description": label.description,
        }

    def milestone(self, milestone: Milestone) -> dict[str, Any]:
        """A milestone, with its counts."""
        repo = self._world.repos[milestone.repo_id]
        mine = [issue for issue in repo.issues.values() if issue.milestone is milestone]
        url = f"{self.repo_url(repo)}/milestones/{milestone.number}"
        return {
            "url": url,
            "html_url": f"{WEB}/{repo.full_name}/milestone/{milestone.number}",
            "labels_url": f"{url}/labels",
            "id": milestone.id,
            "node_id": milestone.node_id,
            "number": milestone.number,
            "title": milestone.title,
            "description": milestone.description,
            "creator": self.login(milestone.creator),
            "open_issues": sum(issue.state == "open" for issue in mine),
            "closed_issues": sum(issue.state == "closed" for issue in mine),
            "state": milestone.state,
            "created_at": iso(milestone.created_at),
            "updated_at": iso(milestone.updated_at),
            "due_on": maybe_iso(milestone.due_on),
            "closed_at": maybe_iso(milestone.closed_at),
        }

    def reactions(self, url: str) -> dict[str, Any]:
        """The roll-up of reactions: nobody reacts here."""
        return {"url": f"{url}/reactions", "total_count": 0, **dict.fromkeys(REACTIONS, 0)}

    def association(self, repo: Repo, login: str) -> str:
        """How an author stands to a repository."""
        if login.casefold() == repo.owner.casefold():
            return "OWNER"
        return "COLLABORATOR" if self._world.can_push(repo, login) else "NONE"

    def comment(self, comment: Comment) -> dict[str, Any]:
        """A comment."""
        repo = self._world.repos[comment.repo_id]
        url = f"{self.repo_url(repo)}/issues/comments/{comment.id}"
        return {
            "url": url,
            "html_url": f"{WEB}/{repo.full_name}/issues/{comment.number}#issuecomment-{comment.id}",
            "issue_url": f"{self.repo_url(repo)}/issues/{comment.number}",
            "id": comment.id,
            "node_id": comment.node_id,
            "user": self.login(comment.author),
            "created_at": iso(comment.created_at),
            "updated_at": iso(comment.updated_at),
            "body": comment.body,
            "author_association": self.association(repo, comment.author),
            "reactions": self.reactions(url),
            "performed_via_github_app": None,
        }

    def issue(self, issue: Issue, *, whole: bool = True) -> dict[str, Any]:
        """An issue or pull request. ``whole``: as a single read shows it, with ``closed_by``."""
        repo = self._world.repos[issue.repo_id]
        url = f"{self.repo_url(repo)}/issues/{issue.number}"
        page = f"{WEB}/{repo.full_name}/{'pull' if issue.is_pull else 'issues'}/{issue.number}"
        assignees = [self.login(login) for login in issue.assignees]
        shown: dict[str, Any] = {
            "url": url,
            "repository_url": self.repo_url(repo),
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": page,
            "id": issue.id,
            "node_id": issue.node_id,
            "number": issue.number,
            "title": issue.title,
            "user": self.login(issue.author),
            "labels": [self.label(label) for label in issue.labels],
            "state": issue.state,
            "locked": False,
            "assignee": assignees[0] if assignees else None,
            "assignees": assignees,
            "milestone": self.milestone(issue.milestone) if issue.milestone else None,
            "comments": len(issue.comments),
            "created_at": iso(issue.created_at),
            "updated_at": iso(issue.updated_at),
            "closed_at": maybe_iso(issue.closed_at),
            "author_association": self.association(repo, issue.author),
            "active_lock_reason": None,
            "body": issue.body,
            "reactions": self.reactions(url),
            "timeline_url": f"{url}/timeline",
            "performed_via_github_app": None,
            "state_reason": issue.state_reason,
        }
        if issue.is_pull:
            shown |= {"draft": False, "pull_request": self._pull(repo, issue, page)}
        else:
            shown |= self._family(issue)
        if self.version > OLDEST:
            del shown["assignee"]
        if whole:
            shown["closed_by"] = self.login(issue.closed_by) if issue.closed_by else None
        return shown

    def _family(self, issue: Issue) -> dict[str, Any]:
        """Sub-issues in sum, and the parent's address; the property is missing where there is none, as people's scripts rely on."""
        below = issue.below
        done = sum(one.state == "closed" for one in below)
        shown: dict[str, Any] = {
            "sub_issues_summary": {
                "total": len(below),
                "completed": done,
                "percent_completed": 100 * done // len(below) if below else 0,
            },
            "issue_dependencies_summary": {"blocked_by": 0, "total_blocked_by": 0, "blocking": 0, "total_blocking": 0},
        }
        if issue.parent is not None:
            shown["parent_issue_url"] = f"{self.repo_url(self._world.repos[issue.parent.repo_id])}/issues/{issue.parent.number}"
        return shown

    def _pull(self, repo: Repo, issue: Issue, page: str) -> dict[str, Any]:
        return {
            "url": f"{self.repo_url(repo)}/pulls/{issue.number}",
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": None,
        }


def escape(text: str) -> str:
    """A path segment, percent-encoded as GitHub writes label addresses."""
    return quote(text, safe="")
