"""Bodies of notifications."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import EmailStr, Field, StringConstraints

from kit.pagination import StretchIn
from kit.schemas import In, Moment, Out, at_most
from notifications.rules import OPTIONAL, MailKind, MailStatus

type SenderName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), at_most(100)]
type Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
type OptionalKind = Literal[*OPTIONAL]  # type: ignore[valid-type] # of a table
_UNSET: Any = None


class TestMailIn(In):
    """To which member of the organization a test goes; to the caller if left out."""

    to: EmailStr | None = None


class MailsIn(StretchIn):
    """Which mails, and which part of them."""

    recipient: EmailStr | None = None
    kind: MailKind | None = None
    status: MailStatus | None = None
    subject_id: UUID | None = None
    since: Moment | None = None
    until: Moment | None = None


class MailOut(Out):
    """One mail. `unsure` may have been sent: the mail server took it and was not heard."""

    id: UUID
    kind: MailKind
    recipient: str
    entry_id: UUID
    subject_id: UUID | None
    status: MailStatus
    attempts: int
    next_attempt_at: datetime | None
    error: str
    created_at: datetime
    sent_at: datetime | None


class StyleIn(In):
    """How mails look and which are not sent; what is left out stays.

    `sender_name` is the organization's own name if empty. `kinds_off` are those that the organization says by other
    means.
    """

    sender_name: SenderName = _UNSET
    reply_to: EmailStr | Literal[""] = _UNSET
    colour: Colour = _UNSET
    kinds_off: Annotated[list[OptionalKind], Field(max_length=len(OPTIONAL))] = _UNSET


class StyleOut(Out):
    """How mails look, and which are not sent."""

    sender_name: str
    reply_to: str
    colour: str
    kinds_off: list[MailKind]
