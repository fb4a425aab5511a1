"""Writing categories, venues, rooms and speakers: plain things with a name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from catalog.messages import CATEGORY, ROOM, SPEAKER, VENUE, Changes, InUse, NameTaken, unknown
from catalog.models import Booking, Category, Event, Named, Room, Session, Speaker, Venue
from catalog.services import search
from catalog.services.locking import locked
from catalog.services.payloads import changed
from journal.messages import EventType
from journal.services import record
from kit import conditional
from kit.actor import Actor
from kit.conditional import Versions
from kit.errors import Invalid


@dataclass(frozen=True, slots=True)
class _Noun:
    """What is particular to one of them. `uses` selects what still needs a row at a moment."""

    types: Changes
    uses: Callable[[Any, datetime], QuerySet[Any]]


def _events_of(category: Category, at: datetime) -> QuerySet[Event]:
    return Event.objects.filter(category=category, deleted_at=None, cancelled_at=None, ends_at__gt=at)


def _rooms_of(venue: Venue, at: datetime) -> QuerySet[Room]:  # noqa: ARG001 - rooms stay
    return Room.objects.filter(venue=venue, deleted_at=None)


def _bookings_of(resource: Room | Speaker, at: datetime) -> QuerySet[Booking]:
    return Booking.objects.filter(resource_id=resource.pk, ends_at__gt=at)


_NOUNS: dict[type[Named], _Noun] = {
    Category: _Noun(CATEGORY, _events_of),
    Venue: _Noun(VENUE, _rooms_of),
    Room: _Noun(ROOM, _bookings_of),
    Speaker: _Noun(SPEAKER, _bookings_of),
}


@transaction.atomic
def create_named[T: Named](model: type[T], *, fields: dict[str, Any], by: Actor, at: datetime) -> T:
    """Make one. `fields` are those of its schema.

    Raises:
        NameTaken: there is one of this name already; speakers may share one.
        Invalid: a room of an unknown venue.
    """
    row = model(**fields)
    _save(row, _NOUNS[model].types.created, changes={}, by=by, at=at)
    return row


@transaction.atomic
def update_named[T: Named](
    model: type[T], *, row_id: UUID, changes: dict[str, Any], seen: Versions = None, by: Actor, at: datetime
) -> T:
    """Change fields of one; only those named.

    Raises:
        NotFound, Deleted: no such thing.
        PreconditionFailed: it is of another version than the caller saw.
        NameTaken, Invalid: as making one.
    """
    row = locked(model, row_id)
    conditional.check(row.version, seen)
    different = changed(row, changes)
    if different:
        row.version += 1
        _save(row, _NOUNS[model].types.updated, changes=different, by=by, at=at)
        if isinstance(row, Speaker):
            search.index(set(Session.objects.filter(speakers=row).values_list("event_id", flat=True)))
    return row


@transaction.atomic
def delete_named(model: type[Named], *, row_id: UUID, seen: Versions = None, by: Actor, at: datetime) -> None:
    """Delete one that nothing planned needs.

    Raises:
        NotFound, Deleted: no such thing.
        PreconditionFailed: it is of another version than the caller saw.
        InUse: an event, a session or a room needs it.
    """
    row = locked(model, row_id)
    conditional.check(row.version, seen)
    if count := _NOUNS[model].uses(row, at).count():
        raise InUse(f"{row} is needed by {count} more")
    row.deleted_at = at
    row.version += 1
    _save(row, _NOUNS[model].types.deleted, changes={"deleted": [False, True]}, by=by, at=at)


@transaction.atomic
def restore_named[T: Named](model: type[T], *, row_id: UUID, by: Actor, at: datetime) -> T:
    """Bring one back. Idempotent.

    Raises:
        NotFound: no such thing.
        NameTaken: another has its name by now.
        Invalid: a room whose venue is deleted.
    """
    row = locked(model, row_id, or_deleted=True)
    if row.deleted_at is not None:
        row.deleted_at = None
        row.version += 1
        _save(row, _NOUNS[model].types.restored, changes={"deleted": [True, False]}, by=by, at=at)
    return row


def _save(row: Named, event_type: EventType, *, changes: dict[str, Any], by: Actor, at: datetime) -> None:
    if isinstance(row, Room) and row.venue_id and row.deleted_at is None:
        # Locked, so that the venue is not deleted meanwhile.
        venues = Venue.objects.select_for_update(no_key=True)
        row.venue = venues.filter(id=row.venue_id, deleted_at=None).first()
        if row.venue is None:
            raise Invalid.of([unknown("venue_id", "venue")])
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise NameTaken(f"There is a {type(row).__name__.lower()} of this name already") from error
    record(event_type, subject=row, by=by, at=at, payload={"name": str(row)}, changes=changes)
