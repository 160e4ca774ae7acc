"""The parts of Jira's answers that are read, as typed structs. Rich text stays raw.

Source: Jira Cloud platform REST API v3. Fields that Jira leaves out (hidden by the field configuration) stay ``UNSET``.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType, field


class Category(Struct, frozen=True):
    """A status category; ``key`` is ``new``, ``indeterminate``, ``done`` or ``undefined`` in every language."""

    key: str = ""


class Status(Struct, frozen=True):
    """A workflow status."""

    id: str
    name: str
    category: Category = field(default=Category(), name="statusCategory")


class Priority(Struct, frozen=True):
    """A priority; lists of them are in scheme order, the most important first."""

    id: str
    name: str


class IssueType(Struct, frozen=True):
    """An issue type; ``level`` is 0 for standard types, -1 for sub-tasks, 1 and up for epics and their parents."""

    id: str
    name: str
    subtask: bool = False
    level: int = field(default=0, name="hierarchyLevel")


class Version(Struct, frozen=True):
    """A version of a project. ``start`` and ``day`` (that of the release, planned or past) are ``yyyy-mm-dd``."""

    id: str
    name: str
    released: bool = False
    archived: bool = False
    start: str | None = field(default=None, name="startDate")
    day: str | None = field(default=None, name="releaseDate")
    project: int | None = field(default=None, name="projectId")


class Project(Struct, frozen=True):
    """A project; its versions and issue types only where it was read by itself."""

    id: str
    key: str
    name: str = ""
    kind: str = field(default="", name="projectTypeKey")
    versions: list[Version] | UnsetType = UNSET
    issue_types: list[IssueType] = field(default=[], name="issueTypes")


class User(Struct, frozen=True):
    """An account. Cloud knows it by ``account``; Data Center by ``key``, which stays, and by ``login``, which is written and may change."""

    account: str = field(default="", name="accountId")
    key: str = ""
    login: str = field(default="", name="name")
    name: str = field(default="", name="displayName")
    email: str = field(default="", name="emailAddress")
    active: bool = True

    @property
    def id(self) -> str:
        """What the account is known by for good."""
        return self.account or self.key or self.login


class Visibility(Struct, frozen=True):
    """That only some may read a comment; who, does not matter."""


class Comment(Struct, frozen=True):
    """A comment; ``body`` is ADF."""

    id: str
    created: str
    updated: str
    body: Raw = Raw()
    author: User | None = None
    visibility: Visibility | None = None
    public: bool = field(default=True, name="jsdPublic")
    properties: list[CommentProperty] = []


class Made(Struct, frozen=True):
    """Something that was just made, of which only the id is read."""

    id: str


class Comments(Struct, frozen=True):
    """Comments embedded in an issue, or one page of them."""

    comments: list[Comment] = []
    total: int = 0


class Relative(Struct, frozen=True):
    """Another issue, as one shows it that refers to it."""

    id: str
    key: str = ""


class LinkType(Struct, frozen=True):
    """A sort of link between issues; ``inward`` is how it reads on the issue that it points at."""

    id: str = ""
    name: str = ""
    inward: str = ""


class LinkTypes(Struct, frozen=True):
    """All sorts of link."""

    types: list[LinkType] = field(default=[], name="issueLinkTypes")


class Link(Struct, frozen=True):
    """A link as one of its two issues shows it: ``inward`` is the other issue where this one is pointed at, ``outward`` where it points."""

    id: str
    type: LinkType = LinkType()
    inward: Relative | None = field(default=None, name="inwardIssue")
    outward: Relative | None = field(default=None, name="outwardIssue")


class FixVersion(Struct, frozen=True):
    """A version that an issue goes into."""

    id: str


class Fields(Struct, frozen=True):
    """An issue's fields, as far as they were asked for. What ``start`` is called differs from site to site: see ``startdate``."""

    updated: str = ""
    created: str = ""
    summary: str | UnsetType | None = UNSET
    description: Raw = Raw()
    status: Status | UnsetType | None = UNSET
    priority: Priority | UnsetType | None = UNSET
    labels: list[str] | UnsetType | None = UNSET
    issuetype: IssueType | None = None
    project: Project | None = None
    creator: User | None = None
    reporter: User | None = None
    assignee: User | UnsetType | None = UNSET
    security: Raw = Raw()
    comment: Comments | None = None
    fix_versions: list[FixVersion] | UnsetType | None = field(default=UNSET, name="fixVersions")
    due: str | UnsetType | None = field(default=UNSET, name="duedate")
    start: str | UnsetType | None = field(default=UNSET, name="no such field")
    parent: Relative | None = None
    links: list[Link] | UnsetType | None = field(default=UNSET, name="issuelinks")


class HistoryItem(Struct, frozen=True):
    """One changed field: ids in ``before``/``after``, what people read in ``before_text``/``after_text``."""

    field_id: str = field(default="", name="fieldId")
    field_name: str = field(default="", name="field")
    before: str | None = field(default=None, name="from")
    after: str | None = field(default=None, name="to")
    before_text: str | None = field(default=None, name="fromString")
    after_text: str | None = field(default=None, name="toString")


class HistoryEntry(Struct, frozen=True):
    """One edit; ``created`` is a number of seconds or milliseconds, or ISO text, depending on the endpoint's version."""

    created: str | float
    author: User | None = None
    items: list[HistoryItem] = []


class Changelog(Struct, frozen=True):
    """The newest edits of an issue, the latest first, as they come along with it; ``total`` counts all there are."""

    entries: list[HistoryEntry] = field(default=[], name="histories")
    total: int = 0


class Issue(Struct, frozen=True):
    """An issue; its changelog only where it was asked for."""

    id: str
    key: str = ""
    fields: Fields = Fields()
    properties: dict[str, Any] = {}
    changelog: Changelog | None = None


class SearchPage(Struct, frozen=True):
    """One page of a search; there is a next page exactly when there is a token."""

    issues: list[Issue] = []
    token: str | None = field(default=None, name="nextPageToken")


class OffsetPage(Struct, frozen=True):
    """One page of a search on Data Center: ``total`` counts all there are at the moment."""

    start: int = field(default=0, name="startAt")
    total: int = 0


class FieldSchema(Struct, frozen=True):
    """What a field is: ``custom`` names the sort of a custom field."""

    custom: str = ""


class Field(Struct, frozen=True):
    """A field of the site."""

    id: str
    name: str = ""
    schema: FieldSchema = FieldSchema()


class CommentProperty(Struct, frozen=True):
    """A property of a comment."""

    key: str = ""
    value: Any = None


class BulkFetched(Struct, frozen=True):
    """The answer of a bulk fetch: what could be read."""

    issues: list[Issue] = []


class TypeStatuses(Struct, frozen=True):
    """The statuses of one issue type in a project."""

    statuses: list[Status] = []


class PriorityPage(Struct, frozen=True):
    """One page of priorities."""

    values: list[Priority] = []
    total: int = 0


class TypePage(Struct, frozen=True):
    """One page of the issue types that can be created: ``issue_types`` on Cloud, ``values`` on Data Center."""

    issue_types: list[IssueType] = field(default=[], name="issueTypes")
    values: list[IssueType] = []
    total: int = 0


class CreateField(Struct, frozen=True):
    """A field on the create screen."""

    id: str = field(default="", name="fieldId")
    name: str = ""
    required: bool = False
    has_default: bool = field(default=False, name="hasDefaultValue")
    allowed: list[dict[str, Any]] = field(default=[], name="allowedValues")


class CreateFieldPage(Struct, frozen=True):
    """One page of the fields on the create screen: ``fields`` on Cloud, ``values`` on Data Center."""

    fields: list[CreateField] = []
    values: list[CreateField] = []
    total: int = 0


class TransitionField(Struct, frozen=True):
    """A field on a transition's screen."""

    name: str = ""
    required: bool = False
    has_default: bool = field(default=False, name="hasDefaultValue")


class Transition(Struct, frozen=True):
    """A way out of the current status."""

    id: str
    name: str
    to: Status
    fields: dict[str, TransitionField] = {}
    available: bool = field(default=True, name="isAvailable")


class Transitions(Struct, frozen=True):
    """All ways out of the current status."""

    transitions: list[Transition] = []


class Created(Struct, frozen=True):
    """The answer to a create."""

    id: str


class Errors(Struct, frozen=True):
    """Jira's words for a refusal: general ones, and one per field."""

    messages: list[str] = field(default=[], name="errorMessages")
    fields: dict[str, str] = field(default={}, name="errors")


class IssueHistory(Struct, frozen=True):
    """The edits of one issue."""

    issue: str = field(name="issueId")
    entries: list[HistoryEntry] = field(default=[], name="changeHistories")


class HistoryPage(Struct, frozen=True):
    """One page of edits."""

    histories: list[IssueHistory] = field(default=[], name="issueChangeLogs")
    token: str | None = field(default=None, name="nextPageToken")


class UserPage(Struct, frozen=True):
    """One page of accounts."""

    values: list[User] = []


class ProjectProperty(Struct, frozen=True):
    """A project property."""

    value: Any = None


class Permission(Struct, frozen=True):
    """Whether we have a permission."""

    have: bool = field(default=False, name="havePermission")


class Permissions(Struct, frozen=True):
    """Permissions by key."""

    permissions: dict[str, Permission] = {}
