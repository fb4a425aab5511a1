"""What follows for those registered when the catalogue changes: who moves up, who is elsewhere, whose seat is gone."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from attendance.models import ONE_PLACE_AT_A_TIME, Registration
from attendance.rules import RegistrationStatus
from attendance.services.cancelling import give_back, promote
from attendance.services.seating import ATTEMPTS, ATTENDEE
from catalog.models import Event, SeatPool, Session
from kit.actor import SYSTEM, Actor
from kit.sweeps import Look
from kit.tasks import enqueue

CANCEL_CALLED_OFF = "attendance.cancel_called_off"
# How many registrations of what was called off are cancelled in one transaction.
BATCH = 500

_TAKEN_AND_CLOSED: Final = (
    "EXISTS (SELECT 1 FROM catalog_seatpool WHERE NOT is_open AND (seats_taken > 0 OR waiting > 0))"
)
_LIVE: Final = "r.status <> 'cancelled' AND r.deleted_at IS NULL"
_SPAN: Final = "tstzrange(p.starts_at, p.closes_at)"
# Whoever would now be in two places at once keeps both seats, and the later move is not held against them.
_MOVE: Final = f"""
UPDATE attendance_registration AS r
   SET during = CASE WHEN %(is_certain)s AND NOT EXISTS (
           SELECT FROM attendance_registration AS o
            WHERE {ATTENDEE.format(email="o.attendee_email")} && {ATTENDEE.format(email="r.attendee_email")}
              AND o.during && {_SPAN} AND o.id <> r.id AND o.status <> 'cancelled' AND o.deleted_at IS NULL
       ) THEN {_SPAN} END
  FROM catalog_seatpool AS p
 WHERE p.event_id = %(event_id)s::uuid AND p.starts_at IS NOT NULL AND r.event_id = p.event_id AND r.pool_id = p.id
   AND r.during IS DISTINCT FROM {_SPAN} AND {_LIVE}
"""  # noqa: S608 - of constants


def follow_catalogue(*, event_id: UUID, by: Actor, at: datetime) -> None:
    """Do what follows from a change of an event's seats: one of the catalogue's `SEATS_LISTENERS`, in its transaction.

    Waitlists move up as far as seats are free, the times of registrations follow those of their sessions, and what
    was called off has its registrations cancelled soon, by a worker.
    """
    waited_for = SeatPool.objects.filter(event_id=event_id, is_open=True, waiting__gt=0)
    for pool_id in waited_for.order_by("id").values_list("id", flat=True):
        promote(pool_id, by=by, at=at)
    _move(event_id)
    if called_off().filter(event_id=event_id).exists():
        transaction.on_commit(ask_to_cancel)


def _move(event_id: UUID) -> None:
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_MOVE, {"event_id": event_id, "is_certain": attempt < ATTEMPTS - 1})
        except IntegrityError as error:
            # Somebody of these took a seat elsewhere in this instant.
            if ONE_PLACE_AT_A_TIME not in str(error):
                raise
        else:
            return


def called_off() -> QuerySet[SeatPool]:
    """Select the pools of what was called off in which somebody still holds a seat, or waits for one."""
    gone = {"cancelled_at__isnull": False}
    return SeatPool.objects.filter(
        Q(seats_taken__gt=0) | Q(waiting__gt=0),
        Exists(Event.objects.filter(id=OuterRef("event_id"), **gone))
        | Exists(Session.objects.filter(id=OuterRef("id"), **gone)),
    )


def ask_to_cancel() -> None:
    """Have a worker cancel the registrations of what was called off. Call after commit."""
    enqueue(CANCEL_CALLED_OFF)


def cancel_if_called_off() -> bool:
    """Have a worker go on where one was stopped: the sweep's part for one schema."""
    if not called_off().exists():
        return False
    ask_to_cancel()
    return True


# What was called off takes nobody any more: to begin with, only pools are looked at, which is half as much to plan.
LOOK = Look(_TAKEN_AND_CLOSED, cancel_if_called_off)


def cancel_called_off(*, at: datetime) -> int:
    """Cancel every registration of whatever was called off; give how many. Can be stopped anywhere and run again."""
    total = 0
    while count := _cancel_batch(at=at):
        total += count
    return total


@transaction.atomic
def _cancel_batch(*, at: datetime) -> int:
    pool = called_off().select_for_update(no_key=True, of=("self",)).order_by("id").first()
    if pool is None:
        return 0
    live = Registration.objects.filter(event_id=pool.event_id, pool_id=pool.id, deleted_at=None)
    batch = list(live.exclude(status=RegistrationStatus.CANCELLED).order_by("id")[:BATCH])
    is_event = Event.objects.filter(id=pool.event_id, cancelled_at__isnull=False).exists()
    reason = f"The {'event' if is_event else 'session'} was cancelled"
    give_back(batch, reason=reason, by=SYSTEM, at=at)
    return len(batch)
