"""What a test or a demo can turn on the stand-in server."""

from __future__ import annotations

from dataclasses import dataclass

MINUTE = 60.0
HOUR = 3600.0


@dataclass(slots=True)
class GitHubKnobs:
    """Settings that may be changed while the server runs (therefore not frozen).

    Attributes:
        default_role: role of a known account in a repository that names no role for it: ``none``, ``read``, ``write`` or ``admin``. A public
            repository can always be read.
        token_read_only: every personal token may read only (a fine-grained token without write permission): writes answer 403.
        rest_per_hour: primary limit of REST, requests per hour and account.
        graphql_per_hour: primary limit of GraphQL, points per hour and account.
        anonymous_per_hour: primary limit without a token.
        rest_points_per_minute: secondary limit of REST: a read costs 1 point, a write 5.
        graphql_points_per_minute: secondary limit of GraphQL: a query costs 1 point, a mutation request 5.
        content_per_minute: issues and comments created per minute and account.
        content_per_hour: the same per hour.
        limit_status: status of a refusal for limits, 403 or 429.
        retry_after: whether a secondary refusal carries ``Retry-After``.
        list_lag: seconds before a change shows in lists (never in direct reads).
        page_window: issues that ``page=N`` may reach in an issue list; beyond it the answer is 422.
        page_links_below: issue lists with fewer hits than this are linked by page number instead of by cursor.
        unsupported_version_status: answer to an unknown ``X-GitHub-Api-Version``: 410, or 400 as older documents say.
        installation_token_life: seconds an installation token lives.
        webhook_loss: share of deliveries that never arrive, 0 to 1.
        webhook_duplicate: share of deliveries that arrive twice under the same delivery id.
        webhook_reorder: share of deliveries that are held back for ``webhook_delay`` seconds while later ones pass.
        webhook_delay: see ``webhook_reorder``.
    """

    default_role: str = "write"
    token_read_only: bool = False
    rest_per_hour: int = 5000
    graphql_per_hour: int = 5000
    anonymous_per_hour: int = 60
    rest_points_per_minute: int = 900
    graphql_points_per_minute: int = 2000
    content_per_minute: int = 80
    content_per_hour: int = 500
    limit_status: int = 403
    retry_after: bool = True
    list_lag: float = 0.0
    page_window: int = 1000
    page_links_below: int = 0
    unsupported_version_status: int = 410
    installation_token_life: float = HOUR
    webhook_loss: float = 0.0
    webhook_duplicate: float = 0.0
    webhook_reorder: float = 0.0
    webhook_delay: float = 120.0
