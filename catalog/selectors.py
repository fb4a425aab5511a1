"""Reading the catalogue: what there is, as far as the reader may know."""

from uuid import UUID

from django.db.models import Case, F, IntegerField, QuerySet, Subquery, Sum, When
from django.db.models.expressions import OuterRef
from django.db.models.functions import Coalesce

from catalog.models import Event, Session
from catalog.rules import Admission, Stage
from identity.rules import Operation, permits
from kit.actor import Actor
from kit.errors import Deleted, NotFound


def sees_drafts(reader: Actor) -> bool:
    """Tell whether the reader sees what is not published."""
    return permits(reader.role, Operation.EVENTS_READ_DRAFTS)


def _of_sessions(column: str) -> Subquery:
    held = Session.objects.filter(event=OuterRef("pk"), deleted_at=None, cancelled_at=None)
    return Subquery(held.order_by().values("event").annotate(total=Sum(column)).values("total"))


def _seats(column: str) -> Case:
    """Count the event's own pool, or its sessions' pools together, as its admission says."""
    return Case(
        When(admission=Admission.SESSION, then=Coalesce(_of_sessions(f"pool__{column}"), 0)),
        default=F(f"pool__{column}"),
        output_field=IntegerField(),
    )


def all_events() -> QuerySet[Event]:
    """Select events with category and seats (`capacity`, `seats_taken`), deleted ones too: one query."""
    return Event.objects.select_related("category", "pool").annotate(
        capacity=_seats("capacity"), seats_taken=_seats("seats_taken")
    )


def events(*, reader: Actor) -> QuerySet[Event]:
    """Select the events that the reader may know of, by date."""
    found = all_events().filter(deleted_at=None)
    if not sees_drafts(reader):
        found = found.exclude(stage=Stage.DRAFT)
    return found.order_by("starts_at", "id")


def event(event_id: UUID, *, reader: Actor) -> Event:
    """Find an event.

    Raises:
        NotFound: there is none that the reader may know of.
        Deleted: there was one.
    """
    found = all_events().filter(id=event_id).first()
    if found is None or (found.stage == Stage.DRAFT and not sees_drafts(reader)):
        raise NotFound("No such event")
    if found.deleted_at is not None:
        raise Deleted("The event has been deleted")
    return found


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
