"""Bodies of attendance."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Field

from attendance.models import Registration
from identity.schemas import Email
from kit.schemas import In, Name, Out, ShortText


class AttendeeIn(In):
    """Somebody else to register: for staff."""

    name: Name
    email: Email


class RegisterIn(In):
    """A registration for oneself, or, with `attendee`, for somebody else."""

    attendee: AttendeeIn | None = None
    role_text: Annotated[ShortText, Field(max_length=200)] = ""
    access_code: Annotated[str, Field(max_length=50)] = ""


class AttendeeOut(Out):
    """Who sits there."""

    name: str
    email: str


class RegistrationOut(Out):
    """A registration. `waitlist_position` counts from 1 and is null for whoever has a seat."""

    id: UUID
    event_id: UUID
    session_id: UUID | None
    attendee: AttendeeOut
    role_text: str
    status: str
    waitlist_position: int | None
    code: str
    created_at: datetime
    cancelled_at: datetime | None

    @staticmethod
    def resolve_attendee(registration: Registration) -> AttendeeOut:
        """Show who it is for."""
        return AttendeeOut(name=registration.attendee_name, email=registration.attendee_email)


class RegistrationPage(Out):
    """One stretch of registrations; pass `next` as `after` for the one behind it."""

    items: list[RegistrationOut]
    next: str | None
    has_more: bool
