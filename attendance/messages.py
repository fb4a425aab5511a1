"""What attendance writes to the journal, and how it refuses."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import EmailStr

from journal.messages import EventType, Payload
from kit.errors import Conflict, Forbidden


class AttendeePayload(Payload):
    """Whom a seat is for."""

    name: str
    email: EmailStr


class RegistrationPayload(Payload):
    """A registration, as it is after what happened."""

    event_id: UUID
    session_id: UUID | None
    """Null where people register for the whole event."""
    attendee: AttendeePayload
    # The values of `rules.RegistrationStatus`, which stands above this floor.
    status: Literal["confirmed", "waitlisted", "cancelled"]


class CancellationPayload(RegistrationPayload):
    """A registration that was cancelled."""

    reason: str = ""
    """Why, where a reason was given."""


class CheckInPayload(Payload):
    """An admission at a door."""

    event_id: UUID
    session_id: UUID | None
    """The ticket's; null where people register for the whole event."""
    gate: str
    """As the door calls itself; empty where it does not say."""
    scanned_at: datetime
    """When the ticket was scanned, by the door's clock if it was offline."""


_EVENT_ID = "0195b1c2-0000-7000-8000-000000000001"
_REGISTRATION = {
    "event_id": _EVENT_ID,
    "session_id": None,
    "attendee": {"name": "Ana Gil", "email": "ana@example.com"},
    "status": "confirmed",
}
_CHECK_IN = {"event_id": _EVENT_ID, "session_id": None, "gate": "north", "scanned_at": "2027-03-01T14:00:00Z"}

REGISTRATION_CONFIRMED = EventType("registration.confirmed", "Somebody got a seat.", RegistrationPayload, _REGISTRATION)
REGISTRATION_WAITLISTED = EventType(
    "registration.waitlisted",
    "Somebody joined the waitlist.",
    RegistrationPayload,
    {**_REGISTRATION, "status": "waitlisted"},
)
REGISTRATION_PROMOTED = EventType(
    "registration.promoted", "Somebody got a seat from the waitlist.", RegistrationPayload, _REGISTRATION
)
REGISTRATION_CANCELLED = EventType(
    "registration.cancelled",
    "A registration was cancelled.",
    CancellationPayload,
    {**_REGISTRATION, "status": "cancelled", "reason": "The event was cancelled"},
)
CODE_ASKED_FOR = EventType(
    "registration.code_asked_for", "A guest asked for the codes of registrations, by e-mail.", is_public=False
)
TICKET_REISSUED = EventType(
    "ticket.reissued", "Another ticket was issued in place of one.", RegistrationPayload, _REGISTRATION
)
TICKET_CHECKED_IN = EventType("ticket.checked_in", "Somebody was let in.", CheckInPayload, _CHECK_IN)
CHECK_IN_UNDONE = EventType("ticket.check_in_undone", "A check-in was taken back.", CheckInPayload, _CHECK_IN)


class SoldOut(Conflict):
    """Every seat is taken, and the event keeps no waitlist. Seats come back when somebody cancels."""

    code, title = "sold_out", "Every seat is taken"


class RegistrationClosed(Conflict):
    """The event or session does not take registrations now: not published yet, suspended, or cancelled."""

    code, title = "registration_closed", "Registration is not open"


class Overlaps(Conflict):
    """The attendee has a seat, or waits for one, in a session at the same time. Cancel that one first."""

    code, title = "overlaps", "The attendee is elsewhere at that time"


class BadAccessCode(Forbidden):
    """The presale asks for an access code, and this is not it."""

    code, title = "bad_access_code", "The access code is needed"


class AlreadyRegistered(Conflict):
    """Somebody with this e-mail is registered, and the registration is not the caller's to see."""

    code, title = "already_registered", "This e-mail is registered already"


class AlreadyAdmitted(Conflict):
    """The ticket was used at a door, so its seat cannot be given back. Staff may still cancel it."""

    code, title = "already_admitted", "The ticket was used already"


class NoTicket(Conflict):
    """The registration holds no seat: it waits for one, or it was cancelled. Only a seat has a ticket."""

    code, title = "no_ticket", "The registration holds no seat"


class NonceReused(Conflict):
    """The nonce belongs to the scan of another ticket. Draw a new one for each scan, and keep it for retries."""

    code, title = "nonce_reused", "The nonce is another scan's"
