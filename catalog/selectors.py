"""Reading the catalogue: what there is, as far as the reader may know."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from catalog.models import Event, Session
from catalog.rules import Admission, Stage
from identity.rules import Operation, permits
from kit.actor import Actor
from kit.errors import Deleted, NotFound
from kit.pagination import PageIn, numbered


def sees_drafts(reader: Actor) -> bool:
    """Tell whether the reader sees what is not published."""
    return permits(reader.role, Operation.EVENTS_READ_DRAFTS)


def all_events() -> QuerySet[Event]:
    """Select events with category and pool, deleted ones too: one query. Hand them to `with_seats`."""
    return Event.objects.select_related("category", "pool")


def with_seats(events: list[Event]) -> list[Event]:
    """Count the sessions' seats of those events that admit by session: one query, or none if there are none."""
    by_session = [event.id for event in events if event.admission == Admission.SESSION]
    if by_session:
        held = Session.objects.filter(event_id__in=by_session, deleted_at=None, cancelled_at=None).order_by()
        sums = held.values_list("event_id").annotate(Sum("pool__capacity"), Sum("pool__seats_taken"))
        counted = {event_id: (capacity, taken) for event_id, capacity, taken in sums}
        for event in events:
            if event.admission == Admission.SESSION:
                event.session_seats = counted.get(event.id, (0, 0))
    return events


def event_of(event_id: UUID) -> Event:
    """Give an event that is known to exist, with its seats."""
    return with_seats([all_events().get(id=event_id)])[0]


def events(*, reader: Actor) -> QuerySet[Event]:
    """Select the events that the reader may know of, by date."""
    found = all_events().filter(deleted_at=None)
    if not sees_drafts(reader):
        found = found.exclude(stage=Stage.DRAFT)
    return found.order_by("starts_at", "id")


def events_page(page: PageIn, *, reader: Actor) -> dict[str, Any]:
    """Cut a page of the events that the reader may know of."""
    cut = numbered(events(reader=reader), page)
    with_seats(cut["items"])
    return cut


def event(event_id: UUID, *, reader: Actor) -> Event:
    """Find an event.

    Raises:
        NotFound: there is none that the reader may know of.
        Deleted: there was one.
    """
    found = list(all_events().filter(id=event_id))
    if not found or (found[0].stage == Stage.DRAFT and not sees_drafts(reader)):
        raise NotFound("No such event")
    if found[0].deleted_at is not None:
        raise Deleted("The event has been deleted")
    return with_seats(found)[0]


def all_sessions() -> QuerySet[Session]:
    """Select sessions with event, room, seats and speakers, deleted ones too: two queries."""
    return Session.objects.select_related("event", "room", "pool").prefetch_related("speakers")


def sessions(*, reader: Actor, event_id: UUID | None = None) -> QuerySet[Session]:
    """Select the sessions that the reader may know of, by date."""
    found = all_sessions().filter(deleted_at=None, event__deleted_at=None)
    if event_id is not None:
        found = found.filter(event_id=event_id)
    if not sees_drafts(reader):
        found = found.exclude(stage=Stage.DRAFT).exclude(event__stage=Stage.DRAFT)
    return found.order_by("starts_at", "id")


def sessions_of(event_id: UUID, *, reader: Actor) -> QuerySet[Session]:
    """Select an event's sessions.

    Raises:
        NotFound: there is no event that the reader may know of.
        Deleted: there was one.
    """
    return sessions(reader=reader, event_id=event(event_id, reader=reader).id)


def session(session_id: UUID, *, reader: Actor) -> Session:
    """Find a session.

    Raises:
        NotFound: there is none that the reader may know of.
        Deleted: there was one.
    """
    found = all_sessions().filter(id=session_id).first()
    if found is None or (found.life.stage is Stage.DRAFT and not sees_drafts(reader)):
        raise NotFound("No such session")
    if found.deleted_at is not None or found.event.deleted_at is not None:
        raise Deleted("The session has been deleted")
    return found
