"""What the catalogue writes to the journal, and how it refuses."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from journal.messages import EventType, Payload
from kit.errors import Conflict, FieldError, Invalid

# The values of `rules.Status`, which stands above this floor.
_Status = Literal["draft", "teaser", "presale", "on_sale", "in_progress", "finished", "suspended", "cancelled"]


class EventPayload(Payload):
    """An event, as it is after what happened."""

    name: str
    starts_at: datetime
    ends_at: datetime
    status: _Status
    """What the public is told of it at the moment of the entry."""


class SessionPayload(Payload):
    """A session, as it is after what happened."""

    event_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    status: _Status
    """What the public is told of it at the moment of the entry: never ahead of its event."""


class NamedPayload(Payload):
    """A category, a venue, a room or a speaker, as it is after what happened."""

    name: str
    """A room's comes after its venue's, if it has one: `Ágora Bogotá, Salón A`."""


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

EVENT_CREATED = EventType("event.created", "An event was drafted.", EventPayload, {**_EVENT, "status": "draft"})
EVENT_UPDATED = EventType("event.updated", "Fields of an event changed.", EventPayload, _EVENT)
EVENT_PUBLISHED = EventType(
    "event.published", "An event was opened to the public, or to a later stage.", EventPayload, _EVENT
)
EVENT_SUSPENDED = EventType(
    "event.suspended", "An event was suspended.", EventPayload, {**_EVENT, "status": "suspended"}
)
EVENT_RESUMED = EventType("event.resumed", "A suspended event goes on.", EventPayload, _EVENT)
EVENT_CANCELLED = EventType(
    "event.cancelled", "An event was cancelled, with its sessions.", EventPayload, {**_EVENT, "status": "cancelled"}
)
EVENT_DELETED = EventType("event.deleted", "An event was deleted.", EventPayload, {**_EVENT, "status": "draft"})
EVENT_RESTORED = EventType(
    "event.restored", "A deleted event was brought back.", EventPayload, {**_EVENT, "status": "draft"}
)
SESSION_CREATED = EventType(
    "session.created", "A session was drafted.", SessionPayload, {**_SESSION, "status": "draft"}
)
SESSION_UPDATED = EventType("session.updated", "Fields of a session changed.", SessionPayload, _SESSION)
SESSION_PUBLISHED = EventType(
    "session.published", "A session was opened to the public, or to a later stage.", SessionPayload, _SESSION
)
SESSION_SUSPENDED = EventType(
    "session.suspended", "A session was suspended.", SessionPayload, {**_SESSION, "status": "suspended"}
)
SESSION_RESUMED = EventType("session.resumed", "A suspended session goes on.", SessionPayload, _SESSION)
SESSION_CANCELLED = EventType(
    "session.cancelled", "A session was cancelled.", SessionPayload, {**_SESSION, "status": "cancelled"}
)
SESSION_DELETED = EventType(
    "session.deleted", "A session was deleted.", SessionPayload, {**_SESSION, "status": "draft"}
)
SESSION_RESTORED = EventType(
    "session.restored", "A deleted session was brought back.", SessionPayload, {**_SESSION, "status": "draft"}
)


@dataclass(frozen=True, slots=True)
class Changes:
    """The types of a plain thing: a category, a venue, a room, a speaker."""

    created: EventType
    updated: EventType
    deleted: EventType
    restored: EventType


def _changes_of(noun: str, name: str) -> Changes:
    return Changes(
        *(
            EventType(f"{noun}.{verb}", f"A {noun} was {verb}.", NamedPayload, {"name": name})
            for verb in ("created", "updated", "deleted", "restored")
        )
    )


CATEGORY = _changes_of("category", "Congreso")
VENUE = _changes_of("venue", "Ágora Bogotá")
ROOM = _changes_of("room", "Ágora Bogotá, Salón A")
SPEAKER = _changes_of("speaker", "Ana Gil")


class WrongStage(Conflict):
    """The event or session is past this stage, suspended, or cancelled for good."""

    code, title = "wrong_stage", "It is not at a stage where this can be done"


class AlreadyOver(Conflict):
    """It has ended."""

    code, title = "already_over", "It is over"


class CapacityBelowSeatsTaken(Conflict):
    """More seats are taken than the new capacity would have. Cancel registrations first."""

    code, title = "capacity_below_seats_taken", "More seats are taken than that"


class ScheduleClash(Conflict):
    """A room or a speaker is held at that time. `clashes` lists by whom, `free_slots` what is free instead."""

    code, title = "schedule_clash", "The room or a speaker is taken at that time"


class NameTaken(Conflict):
    """There is one of this name already."""

    code, title = "name_taken", "There is one of this name already"


class InUse(Conflict):
    """Something planned still needs it. Change that first."""

    code, title = "in_use", "It is still in use"


def ends_before_start() -> FieldError:
    """Point at a span that ends before it starts."""
    return FieldError("#/ends_at", "ends_before_start", "must be after starts_at")


def outside_event() -> FieldError:
    """Point at a session that does not lie within its event."""
    return FieldError("#/starts_at", "outside_event", "the session must lie within its event")


def unknown(field: str, noun: str) -> FieldError:
    """Point at an id that names nothing here."""
    return FieldError(f"#/{field}", "not_found", f"there is no such {noun}")


def sessions_left_outside() -> Invalid:
    """Refuse dates of an event that would leave sessions outside."""
    why = "sessions of the event would lie outside; move them first"
    return Invalid.of([FieldError("#/starts_at", "sessions_left_outside", why)])


def access_code_needed() -> Invalid:
    """Refuse a presale that nobody could enter."""
    why = "give the event an access_code before its presale"
    return Invalid.of([FieldError("#/stage", "access_code_needed", why)])
