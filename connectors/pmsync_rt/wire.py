"""The parts of RT's answers that are read, as typed structs.

Source: RT 5 REST API version 2 (``RT::REST2``), and the answers of RT 5.0.3. Numbers come as texts in listings and as numbers in single
records; a listing's ``total`` is null where the account may not know it.
"""

from __future__ import annotations

from msgspec import Struct, field

Number = int | str


class User(Struct, frozen=True):
    """An account, as far as it was asked for; ``id`` is its name everywhere but in its own record, where it is a number."""

    id: Number = ""
    name: str | None = field(default="", name="Name")
    real_name: str | None = field(default="", name="RealName")
    email: str | None = field(default="", name="EmailAddress")
    organization: str | None = field(default="", name="Organization")
    disabled: Number | None = field(default="0", name="Disabled")


class FieldValues(Struct, frozen=True):
    """A custom field of one record; a value that was taken away may stay as null."""

    id: Number
    name: str
    values: list[object] = []


class QueueRef(Struct, frozen=True):
    """The queue a ticket is in; the name only where it was asked for."""

    id: Number
    name: str = field(default="", name="Name")


class Link(Struct, frozen=True):
    """One of a record's hyperlinks: ``ref`` says what it is for, ``type`` is ``external`` for what is no record of this RT."""

    ref: str = ""
    type: str = ""
    url: str = field(default="", name="_url")
    id: Number = ""
    to: str = ""


class Ticket(Struct, frozen=True):
    """A ticket, whole where it was asked for with ``client.FIELDS``."""

    id: Number
    subject: str | None = field(default="", name="Subject")
    status: str = field(default="", name="Status")
    queue: QueueRef = field(default=QueueRef(""), name="Queue")
    created: str = field(default="", name="Created")
    updated: str = field(default="", name="LastUpdated")
    creator: User = field(default=User(), name="Creator")
    updated_by: User = field(default=User(), name="LastUpdatedBy")
    owner: User = field(default=User(), name="Owner")
    requestors: list[User] = field(default=[], name="Requestor")
    fields: list[FieldValues] | str = field(default=[], name="CustomFields")
    links: list[Link] = field(default=[], name="_hyperlinks")


class TicketPage(Struct, frozen=True):
    """One page of a ticket listing."""

    items: list[Ticket]
    total: int | None = None


class Transaction(Struct, frozen=True):
    """One line of RT's log. ``changed`` is the number of a custom field for ``CustomField``, a name otherwise."""

    id: Number
    type: str = field(default="", name="Type")
    ticket: Number = field(default="", name="ObjectId")
    changed: str = field(default="", name="Field")
    before: str | None = field(default="", name="OldValue")
    after: str | None = field(default="", name="NewValue")
    creator: User = field(default=User(), name="Creator")
    created: str = field(default="", name="Created")


class TransactionPage(Struct, frozen=True):
    """One page of the log."""

    items: list[Transaction]


class FieldRef(Struct, frozen=True):
    """A custom field that a queue's tickets have."""

    id: Number
    name: str


class Queue(Struct, frozen=True):
    """A queue. ``fields`` are its own custom fields, ``ticket_fields`` those of its tickets that the account may see."""

    id: Number
    name: str = field(default="", name="Name")
    lifecycle: str = field(default="", name="Lifecycle")
    disabled: Number = field(default="0", name="Disabled")
    fields: list[FieldValues] | str = field(default=[], name="CustomFields")
    ticket_fields: list[FieldRef] | str = field(default=[], name="TicketCustomFields")
    links: list[Link] = field(default=[], name="_hyperlinks")


class Choice(Struct, frozen=True):
    """A value that a select field offers."""

    name: str


class CustomField(Struct, frozen=True):
    """A custom field. The values of a select field are names (RT 5.0.3) or objects with a name."""

    id: Number
    name: str = field(default="", name="Name")
    choices: list[Choice | str] | str = field(default=[], name="Values")


class UserPage(Struct, frozen=True):
    """One page of accounts."""

    items: list[User]


class Attachment(Struct, frozen=True):
    """A part of a message; its text where it is text."""

    id: Number
    transaction: Number | dict[str, object] = field(default="", name="TransactionId")
    content_type: str | None = field(default="", name="ContentType")
    content: str | None = field(default="", name="Content")
    filename: str | None = field(default="", name="Filename")


class AttachmentPage(Struct, frozen=True):
    """One page of message parts."""

    items: list[Attachment]


class Created(Struct, frozen=True):
    """The answer to a create."""

    id: Number


class About(Struct, frozen=True):
    """What RT says about itself."""

    version: str = field(default="", name="Version")


class Refusal(Struct, frozen=True):
    """RT's words in a refusal."""

    message: str = ""
