"""The config's own parts, validated by pydantic. What connectors bring (systems, scopes) is validated by their plugins in ``load``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from pmsync.config.units import Amount, Seconds
from pmsync.model.enums import Direction, Kind, Priority, Status
from pmsync.model.roadmap import Framework

SHORTEST_KEY = 16
"""Characters of ``marker_key``: whoever guesses it can make pmsync take a foreign record for its own."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Listed = Annotated[list[str], BeforeValidator(_listed, json_schema_input_type=str | list[str])]
Kinds = Annotated[list[Kind], Field(min_length=1), BeforeValidator(_listed, json_schema_input_type=Kind | list[Kind])]


class MirrorRule(_Part):
    """Which items also live where. The first rule that fits decides."""

    kind: Kinds | None = Field(None, description="Item kinds the rule is for; all when left out.")
    label: str | None = Field(None, min_length=1, description="A label the item must have.")
    from_: str = Field(alias="from", description="The system in which the item has a record.")
    to: str = Field(
        description="The scope in which it shall have one too: system:container, or the system if it has one scope here."
    )
    create: Literal["review", "auto", "never"] = Field(
        "review", description="review: only through plan and apply; auto: within the rails; never: only adopt."
    )


class FieldRule(_Part):
    """How one field flows. Further keys are system names with a direction each."""

    model_config = ConfigDict(extra="allow", frozen=True)

    owner: str | None = Field(None, description="The system whose value wins when two sides changed apart.")
    all: Direction | None = Field(None, description="The direction for every system.")
    respect_human: Seconds = Field(0.0, description="How long a person's edit on a push surface stands.")
    namespace: str = Field("", description="Labels only: pmsync writes only labels that begin with this.")
    since: date | Literal["always"] | None = Field(
        None,
        description="Comments only: from which day on they are copied (2026-01-31, or always); else from when copying began.",
    )


class Safety(_Part):
    """The rails of one run. Counts, or shares of what is linked."""

    max_creates: Amount = Field(default=20, description="New records per scope: a count.")
    max_comments: Amount = Field(default=100, description="New copies of comments per scope: a count.")
    max_updates: Amount = Field(default=0.2, description="Changed records per scope: a count or a share.")
    max_closes: Amount = Field(default=0.02, description="Records per scope that enter a done status: a count or a share.")
    close: Literal["never", "allow"] = Field(default="allow", description="never: every close waits for a person.")
    start: Literal["careful", "at_once"] = Field(
        default="careful",
        description="careful: into a new scope nothing is written before a plan was applied, then 10 records a run until one went well.",
    )
    protect: Listed = Field(
        default_factory=list,
        description="What is read and never written: label:NAME, status:done, priority:..., kind:..., a system, a scope, system:KEY of a record.",
    )

    @field_validator("max_creates", "max_comments", mode="after")
    @classmethod
    def _count(cls, value: float, info: ValidationInfo) -> float:
        if isinstance(value, float):
            raise ValueError(f"{info.field_name} is a count: before the first load there is nothing to take a share of")
        return value


class Schedule(_Part):
    """How often the daemon works."""

    every: Seconds = Field(default=60.0, description="A round of each scope.")
    jitter: Seconds = Field(default=10.0, description="Spreads the rounds, so that not all begin at once.")
    catalogue: Seconds = Field(default=3600.0, description="Reading what seldom changes: fields, statuses, labels.")
    sweep: Seconds = Field(default=86_400.0, description="The slow pass that finds deletes and moves.")

    @field_validator("every", "catalogue", "sweep", mode="after")
    @classmethod
    def _positive(cls, value: float) -> float:
        if value < 1:
            raise ValueError("at least 1s")
        return value


class Maps(_Part):
    """What remote values mean: system to (remote name to hub value)."""

    status: dict[str, dict[str, Status]] = Field(default_factory=dict, description="By system: remote status to hub status.")
    priority: dict[str, dict[str, Priority | Literal["unset"]]] = Field(
        default_factory=dict, description="By system: remote priority to hub priority; unset: nobody has decided."
    )


class ScoreProfile(_Part):
    """Which formula scores which items."""

    line: str = Field(default="", description="Only items of this product line's roadmap.")
    kind: Kinds | None = Field(default=None, description="Only items of these kinds.")
    framework: Framework | None = Field(default=None, description="The formula; none for MoSCoW alone.")
    moscow: bool = Field(default=False, description="MoSCoW goes first, and the formula decides within a class.")
    weights: dict[str, float] = Field(
        default_factory=dict, description="weighted only: criterion to weight; costs are negative. The roadmap's own go first."
    )
    effort: Literal["months", "points"] = Field(default="months", description="The unit of efforts.")


class ScoreRule(_Part):
    """How priorities follow from scores, where ``fields: priority: owner: score`` gives them to the score."""

    profiles: list[ScoreProfile] = Field(
        default_factory=list, description="The most particular one counts: line and kind, line, kind. Without any: rice."
    )
    every: Seconds = Field(
        default=86_400.0, description="How often scores are worked out at least; a changed roadmap does it at once."
    )
    freeze: Seconds = Field(default=3 * 86_400.0, description="Nothing moves in a release's last days.")
    max_changes: int = Field(default=10, ge=0, description="The most priorities that move at once: this count, or max_share.")
    max_share: float = Field(default=0.05, ge=0, le=1, description="The same as a share of all items.")


class DemandRule(_Part):
    """How what customers ask for is counted."""

    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$", description="The currency in which revenue is told.")
    rates: dict[str, Annotated[Decimal, Field(gt=0)]] = Field(
        default_factory=dict, description="Currency to what one unit of it is worth in that one."
    )
    half_life: Seconds = Field(default=180 * 86_400.0, description="After this time a voice weighs half; 0: voices do not age.")
    whale_cap: float = Field(
        default=0.25, gt=0, le=1, description="The share of a thing's revenue that one customer may make up."
    )
    prospect: float = Field(default=0.3, ge=0, le=1, description="How likely a prospect buys.")
    tiers: dict[str, Annotated[Decimal, Field(ge=0)]] = Field(
        default_factory=dict, description="Tier to what a customer of it pays in a year, where the list does not say."
    )


FieldName = Literal[
    "title",
    "body",
    "status",
    "priority",
    "labels",
    "release",
    "parent",
    "blocked_by",
    "assignees",
    "start",
    "due",
    "shipped",
    "elsewhere",
    "about",
    "roadmap",
    "comments",
]
"""The hub's fields, and ``comments``: a stream beside the items, only pulled unless the config says more."""


class Root(_Part):
    """``pmsync.yaml`` as a whole. ``systems`` and ``products`` are validated in ``load``, with the connectors' own models.

    In a loaded ``Config`` their bodies are empty: what stood there are the ``SystemConfig`` and ``ProductConfig`` of that name.
    """

    systems: dict[str, dict[str, Any]] = Field(description="Accounts: a name of your choice, its kind and its settings.")
    products: dict[str, dict[str, Any]] = Field(description="Products: where each lives, by system name, and its mirror rules.")
    store: str = Field("sqlite:///pmsync.db", repr=False, description="The database: sqlite:///FILE or postgresql://...")
    marker_key: SecretStr | None = Field(None, description="Signs the marks pmsync plants. Default: generated beside the store.")
    fields: dict[FieldName, FieldRule] = Field(default_factory=dict, description="How each field flows.")
    maps: Maps = Field(default_factory=Maps, description="What remote values mean.")
    people: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Who is who: system name to account; email helps pmsync people to suggest."
    )
    safety: Safety = Field(default_factory=Safety, description="The rails of one run.")
    customers: Listed = Field(default_factory=list, description="Files with customers: CSV, or one JSON object a line.")
    score: ScoreRule = Field(default_factory=ScoreRule, description="How priorities follow from scores.")
    demand: DemandRule = Field(default_factory=DemandRule, description="How what customers ask for is counted.")
    schedule: Schedule = Field(default_factory=Schedule, description="How often the daemon works.")

    @field_validator("marker_key", mode="after")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(f"a key has at least {SHORTEST_KEY} characters; remove the line to have one generated")
        return value


@dataclass(frozen=True, slots=True)
class SystemConfig:
    """One configured system: its name, connector kind, and the settings its plugin validated."""

    name: str
    kind: str
    settings: BaseModel


@dataclass(frozen=True, slots=True)
class PlaceConfig:
    """One scope of one product: the system's name, the container's key, and the settings its plugin validated."""

    system: str
    key: str
    settings: BaseModel


@dataclass(frozen=True, slots=True)
class ProductConfig:
    """One product."""

    key: str
    places: tuple[PlaceConfig, ...]
    mirror: tuple[MirrorRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """A config that was read whole and found good. ``path`` is where it came from."""

    path: str
    root: Root
    systems: dict[str, SystemConfig]
    products: tuple[ProductConfig, ...]
    secrets: tuple[str, ...] = field(default=(), repr=False)
