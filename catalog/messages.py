"""What the catalogue writes to the journal, and how it refuses."""

from journal.messages import EventType
from kit.errors import Conflict, FieldError, Invalid

_EVENT = {
    "name": "Foro de Energía 2027",
    "starts_at": "2027-03-01T14:00:00Z",
    "ends_at": "2027-03-02T23:00:00Z",
    "status": "on_sale",
}
_SESSION = {
    "event_id": "0195b1c2-0000-7000-8000-000000000001",
    "title": "Redes inteligentes",
    "starts_at": "2027-03-01T15:00:00Z",
    "ends_at": "2027-03-01T16:00:00Z",
    "status": "on_sale",
}

EVENT_CREATED = EventType("event.created", "An event was drafted.", _EVENT)
EVENT_UPDATED = EventType("event.updated", "Fields of an event changed.", _EVENT)
EVENT_PUBLISHED = EventType("event.published", "An event was opened to the public, or to a later stage.", _EVENT)
EVENT_SUSPENDED = EventType("event.suspended", "An event was suspended.", _EVENT)
EVENT_RESUMED = EventType("event.resumed", "A suspended event goes on.", _EVENT)
EVENT_CANCELLED = EventType("event.cancelled", "An event was cancelled, with its sessions.", _EVENT)
EVENT_DELETED = EventType("event.deleted", "An event was deleted.", _EVENT)
SESSION_CREATED = EventType("session.created", "A session was drafted.", _SESSION)
SESSION_UPDATED = EventType("session.updated", "Fields of a session changed.", _SESSION)
SESSION_PUBLISHED = EventType("session.published", "A session was opened to the public, or to a later stage.", _SESSION)
SESSION_CANCELLED = EventType("session.cancelled", "A session was cancelled.", _SESSION)


class WrongStage(Conflict):
    """The event or session is past this stage, suspended, or cancelled for good."""

    code, title = "wrong_stage", "It is not at a stage where this can be done"


class AlreadyOver(Conflict):
    """It has ended."""

    code, title = "already_over", "It is over"


class CapacityBelowSeatsTaken(Conflict):
    """More seats are taken than the new capacity would have. Cancel registrations first."""

    code, title = "capacity_below_seats_taken", "More seats are taken than that"


def ends_before_start() -> Invalid:
    """Refuse a span that ends before it starts."""
    return Invalid(
        "It ends before it starts", errors=[FieldError("#/ends_at", "ends_before_start", "must be after starts_at")]
    )


def outside_event() -> Invalid:
    """Refuse a session that does not lie within its event."""
    why = "the session must lie within its event"
    return Invalid(why.capitalize(), errors=[FieldError("#/starts_at", "outside_event", why)])


def sessions_left_outside() -> Invalid:
    """Refuse dates of an event that would leave sessions outside."""
    why = "sessions of the event would lie outside; move them first"
    return Invalid(why.capitalize(), errors=[FieldError("#/starts_at", "sessions_left_outside", why)])


def access_code_needed() -> Invalid:
    """Refuse a presale that nobody could enter."""
    why = "give the event an access_code before its presale"
    return Invalid(why.capitalize(), errors=[FieldError("#/stage", "access_code_needed", why)])
