"""What attendance writes to the journal, and how it refuses."""

from journal.messages import EventType
from kit.errors import Conflict, Forbidden

_REGISTRATION = {
    "event_id": "0195b1c2-0000-7000-8000-000000000001",
    "session_id": None,
    "attendee": {"name": "Ana Gil", "email": "ana@example.com"},
    "status": "confirmed",
}

REGISTRATION_CONFIRMED = EventType("registration.confirmed", "Somebody got a seat.", _REGISTRATION)
REGISTRATION_WAITLISTED = EventType(
    "registration.waitlisted", "Somebody joined the waitlist.", {**_REGISTRATION, "status": "waitlisted"}
)
REGISTRATION_PROMOTED = EventType("registration.promoted", "Somebody got a seat from the waitlist.", _REGISTRATION)
REGISTRATION_CANCELLED = EventType(
    "registration.cancelled", "A registration was cancelled.", {**_REGISTRATION, "status": "cancelled"}
)


class SoldOut(Conflict):
    """Every seat is taken, and the event keeps no waitlist. Seats come back when somebody cancels."""

    code, title = "sold_out", "Every seat is taken"


class RegistrationClosed(Conflict):
    """The event or session does not take registrations now: not published yet, suspended, or cancelled."""

    code, title = "registration_closed", "Registration is not open"


class BadAccessCode(Forbidden):
    """The presale asks for an access code, and this is not it."""

    code, title = "bad_access_code", "The access code is needed"


class AlreadyRegistered(Conflict):
    """Somebody with this e-mail is registered, and the registration is not the caller's to see."""

    code, title = "already_registered", "This e-mail is registered already"
