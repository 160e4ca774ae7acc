"""What can be turned while the stand-in server runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Quota:
    """An exhausted hourly quota: every request is refused until ``until`` (Unix seconds)."""

    until: float
    reason: str = "jira-quota-tenant-based"


@dataclass(slots=True)
class JiraKnobs:
    """The personality of one Jira site. Every attribute but ``deployment`` may be changed at any time.

    Attributes:
        deployment: ``cloud`` or ``datacenter``.
        account_time_zone: profile zone of accounts that name none; bare JQL dates are read in it.
        index_lag: seconds until a change shows in search.
        page_cap: most issues per search page when fields are asked for.
        id_page_cap: most issues per search page when only id and key are.
        search_max: most issues per search page of Data Center, whatever is asked for.
        bucket: the rate limit of Data Center per account: (requests, seconds in which they are granted again); None for none.
        ragged: pages are cut short at random (``seed``), even to nothing, with more to follow.
        page_sizes: sizes of the next search pages, used up one by one; it goes before ``ragged``.
        ignored: fields whose writes are accepted and silently dropped.
        seed: of everything that is random.
        token_seconds: life of a page token.
        repeat_token: search answers a page token with the same page and the same token, for ever.
        comment_cap: most comments embedded in an issue's ``comment`` field.
        bulk_errors: bulkfetch names unreadable ids in ``issueErrors``; otherwise it drops them silently.
        burst_limits: the token bucket per endpoint and method is enforced.
        issue_limits: the limits on writes to one issue are enforced.
        quota: an exhausted quota.
        maintenance: every request gets an HTML page with status 503.
        translations: English name to localised name, for statuses, categories, priorities and issue types.
        adf_check: a further check of incoming rich text (document to complaints), e.g. by the vendor's JSON schema.
        webhook_secret: key of the webhook signature; "" sends none.
        webhook_loss: share of deliveries that never happen.
        webhook_duplicates: share of deliveries that happen twice.
        webhook_shuffle: deliveries that are due together come in random order.
    """

    deployment: Literal["cloud", "datacenter"] = "cloud"
    account_time_zone: str = "UTC"
    index_lag: float = 0.0
    page_cap: int = 100
    id_page_cap: int = 5000
    search_max: int = 1000
    bucket: tuple[int, float] | None = None
    ragged: bool = False
    page_sizes: list[int] = field(default_factory=list)
    ignored: set[str] = field(default_factory=set)
    seed: int = 0
    token_seconds: float = 7 * 86_400.0
    repeat_token: bool = False
    comment_cap: int = 100
    bulk_errors: bool = True
    burst_limits: bool = True
    issue_limits: bool = True
    quota: Quota | None = None
    maintenance: bool = False
    translations: Mapping[str, str] = field(default_factory=dict)
    adf_check: Callable[[Mapping[str, Any]], list[str]] | None = None
    webhook_secret: str = field(default="", repr=False)
    webhook_loss: float = 0.0
    webhook_duplicates: float = 0.0
    webhook_shuffle: bool = False
