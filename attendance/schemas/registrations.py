"""Bodies of registrations."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Field

from attendance.rules import RegistrationStatus
from identity.schemas.accounts import Email
from kit.pagination import StretchIn
from kit.schemas import In, Moment, Name, Out, ShortText

type RegistrationCode = Annotated[str, Field(min_length=12, max_length=12, examples=["7C0V9K3MXT2B"])]


class AttendeeIn(In):
    """Whom the seat is for."""

    name: Name
    email: Email


class WishIn(In):
    """What else is said of a seat that is asked for."""

    role_text: Annotated[ShortText, Field(max_length=200)] = ""
    access_code: Annotated[str, Field(max_length=50)] = ""


class RegistrationIn(WishIn):
    """A registration for oneself, or, with `attendee`, for somebody else: for staff."""

    attendee: AttendeeIn | None = None


class ReserveIn(WishIn, AttendeeIn):
    """A registration of a guest, who has no account."""


class CancelIn(In):
    """Why a registration is cancelled; the attendee is told."""

    reason: Annotated[ShortText, Field(max_length=200)] = ""


class GuestCancelIn(In):
    """What a guest knows of a registration."""

    email: Email
    code: RegistrationCode


class CodeIn(In):
    """Whose codes to send, by e-mail."""

    email: Email


class AttendeeOut(Out):
    """Who sits there."""

    name: str
    email: str


class RegistrationOut(Out):
    """A registration. `waitlist_position` counts from 1 and is null for whoever has a seat.

    `code` is null where the caller has not proved to be the attendee: it cancels the registration.
    """

    id: UUID
    event_id: UUID
    session_id: UUID | None
    attendee: AttendeeOut
    role_text: str
    status: RegistrationStatus
    waitlist_position: int | None
    code: str | None
    source: str
    checked_in_at: datetime | None
    cancel_reason: str
    version: int
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None


class RuleOut(Out):
    """A rule that stands against a registration, in the words of problems."""

    code: str
    title: str
    detail: str
    next_step: str


class TrialOut(Out):
    """What registering would do now. `refused_by` names every rule against it, the one that would be told first."""

    would: Literal["confirm", "waitlist", "return", "refuse"]
    status: RegistrationStatus | None
    waitlist_position: int | None
    refused_by: list[RuleOut]


class RegistrationsIn(StretchIn):
    """Which registrations, and in which order."""

    event_id: UUID | None = None
    session_id: UUID | None = None
    status: list[RegistrationStatus] = []
    email: Email | None = None
    role_text: Annotated[str, Field(max_length=200)] | None = None
    source: Annotated[str, Field(max_length=20)] | None = None
    checked_in: bool | None = None
    search: Annotated[str, Field(max_length=200, description="Words of the name or e-mail, or a code")] | None = None
    updated_since: Moment | None = None
    sort: (
        Literal["created_at", "-created_at", "updated_at", "-updated_at", "name", "-name", "waitlist", "-waitlist"]
        | None
    ) = None


class OwnRegistrationOut(Out):
    """A registration of one's own for an event or one of its sessions."""

    id: UUID
    session_id: UUID | None
    session: str | None
    starts_at: datetime
    status: RegistrationStatus


class OwnEventOut(Out):
    """An event that one is registered for."""

    event_id: UUID
    name: str
    place: str
    starts_at: datetime
    ends_at: datetime
    registrations: list[OwnRegistrationOut]


class OwnEventsOut(Out):
    """One's events, by at most 1,000 registrations."""

    items: list[OwnEventOut]
