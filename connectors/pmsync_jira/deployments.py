"""Jira's two deployments, Cloud and Data Center: whatever differs between them is chosen here, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pmsync_jira.bodies import ADF, WIKI, Bodies
from pmsync_jira.client import Client
from pmsync_jira.datacenter import DataCenterClient, IndexJudge
from pmsync_jira.judging import Judge, Where
from pmsync_jira.settings import JiraSettings


@dataclass(frozen=True, slots=True)
class Deployment:
    """One of Jira's deployments.

    Attributes:
        name: what people call it.
        setting: what the config calls it.
        types: what the site itself calls it (``deploymentType`` of its ``serverInfo``).
        client: speaks its API.
        judge: makes the judge of scopes' conditions.
        bodies: how its rich text is read and written.
        sdk: keyword arguments for the SDK's client: the API's version, and how to sign in.
        token: what its tokens are called, for hints.
    """

    name: str
    setting: str
    types: frozenset[str]
    client: type[Client]
    judge: Callable[[Client, Where], Judge]
    bodies: Bodies
    sdk: Callable[[JiraSettings], Mapping[str, Any]]
    token: str


def _cloud_sdk(settings: JiraSettings) -> Mapping[str, Any]:
    return {"options": {"rest_api_version": "3"}, "basic_auth": (settings.login, settings.token.get_secret_value())}


def _datacenter_sdk(settings: JiraSettings) -> Mapping[str, Any]:
    return {"options": {"rest_api_version": "2"}, "token_auth": settings.token.get_secret_value()}


CLOUD = Deployment("Jira Cloud", "cloud", frozenset({"Cloud"}), Client, Judge, ADF, _cloud_sdk, "API token")
DATA_CENTER = Deployment(
    "Jira Data Center",
    "datacenter",
    frozenset({"Server", "DataCenter", "Data Center"}),
    DataCenterClient,
    IndexJudge,
    WIKI,
    _datacenter_sdk,
    "personal access token",
)


def of(settings: JiraSettings) -> Deployment:
    """The deployment that the config names."""
    return DATA_CENTER if settings.deployment == DATA_CENTER.setting else CLOUD


def named(kind: str) -> Deployment | None:
    """The deployment that a site says it is; None for one that is not known."""
    return next((one for one in (CLOUD, DATA_CENTER) if kind in one.types), None)
