"""Giving seats back, and to whom they go next."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from attendance import selectors
from attendance.messages import REGISTRATION_CANCELLED, REGISTRATION_PROMOTED
from attendance.models import Registration
from attendance.rules import RegistrationStatus
from catalog.models import SeatPool
from journal.messages import EventType
from journal.services import record
from kit.actor import Actor


@transaction.atomic
def cancel(*, registration_id: UUID, by: Actor, at: datetime) -> Registration:
    """Give up a seat or a place in the queue. The seat goes to the head of the waitlist at once.

    Idempotent: the seat returns exactly once. Locks the pool, so that nobody joins the queue meanwhile.

    Raises:
        NotFound: there is none that the caller may see.
    """
    seen = selectors.registration(registration_id, reader=by)
    SeatPool.objects.select_for_update(no_key=True).get(id=seen.pool_id)
    registration = Registration.objects.select_related("event", "session").get(id=registration_id)
    if registration.status == RegistrationStatus.CANCELLED:
        return registration
    held_seat = registration.status == RegistrationStatus.CONFIRMED
    _move(registration, RegistrationStatus.CANCELLED, REGISTRATION_CANCELLED, by=by, at=at)
    if held_seat:
        SeatPool.objects.filter(id=registration.pool_id).update(seats_taken=F("seats_taken") - 1)
        _promote(registration.pool_id, by=by, at=at)
    return registration


def promote_waitlists(*, event_id: UUID, by: Actor, at: datetime) -> int:
    """Seat whoever waits, in order, as far as seats are free in the event's pools. Give how many.

    The catalogue's `SEATS_LISTENERS` call this inside the transaction that opened or enlarged a pool.
    """
    waited_for = SeatPool.objects.filter(
        event_id=event_id, is_open=True, seats_taken__lt=F("capacity"), waitlist_tail__gt=0
    )
    return sum(_promote(pool_id, by=by, at=at) for pool_id in waited_for.order_by("id").values_list("id", flat=True))


def _promote(pool_id: UUID, *, by: Actor, at: datetime) -> int:
    pool = SeatPool.objects.select_for_update(no_key=True).get(id=pool_id)
    if not pool.is_open or pool.closes_at <= at or pool.seats_left <= 0:
        return 0
    queue = Registration.objects.filter(pool_id=pool_id, status=RegistrationStatus.WAITLISTED, deleted_at=None)
    promoted = list(queue.order_by("waitlist_number")[: pool.seats_left])
    for registration in promoted:
        _move(registration, RegistrationStatus.CONFIRMED, REGISTRATION_PROMOTED, by=by, at=at)
    SeatPool.objects.filter(id=pool_id).update(seats_taken=F("seats_taken") + len(promoted))
    return len(promoted)


def _move(
    registration: Registration, status: RegistrationStatus, event_type: EventType, *, by: Actor, at: datetime
) -> None:
    before = registration.status
    registration.status = status
    registration.cancelled_at = at if status is RegistrationStatus.CANCELLED else None
    registration.version += 1
    registration.save(update_fields=["status", "cancelled_at", "version", "updated_at"])
    record(
        event_type,
        subject=registration,
        by=by,
        at=at,
        payload={
            "event_id": str(registration.event_id),
            "session_id": str(registration.session_id) if registration.session_id else None,
            "attendee": {"name": registration.attendee_name, "email": registration.attendee_email},
            "status": status.value,
        },
        changes={"status": [before, status.value]},
    )
