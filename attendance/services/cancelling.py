"""Giving seats back, and to whom they go next."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from attendance import selectors
from attendance.messages import REGISTRATION_CANCELLED, REGISTRATION_PROMOTED, AlreadyAdmitted
from attendance.models import Registration
from attendance.rules import CLAIMS, RegistrationStatus
from attendance.services.payloads import registration_payload
from catalog.messages import AlreadyOver
from catalog.models import SeatPool
from journal.messages import EventType
from journal.models import CURRENT_XID
from journal.services import Fact, record_all
from kit.actor import Actor
from kit.listing import Row


@transaction.atomic
def cancel(*, registration_id: UUID, reason: str = "", by: Actor, at: datetime) -> Row:
    """Give up a seat or a place in the queue. The seat goes to the head of the waitlist at once.

    Idempotent: the seat returns exactly once. Locks the pool, so that nobody joins the queue meanwhile.

    Raises:
        NotFound: there is none that the caller may see.
        AlreadyAdmitted, AlreadyOver: the attendee came, or could have; staff may still cancel.
    """
    seen = selectors.known(registration_id, reader=by, at=at)
    return _cancelled(seen["pool_id"], registration_id, reason=reason, by=by, at=at)


@transaction.atomic
def cancel_by_code(*, code: str, email: str, by: Actor, at: datetime) -> Row:
    """Do as `cancel` does for whoever shows the code and the e-mail of a registration: a guest.

    Raises:
        NotFound: there is none of both.
        AlreadyAdmitted, AlreadyOver: the attendee came, or could have.
    """
    seen = selectors.by_code(code, email=email)
    return _cancelled(seen.pool_id, seen.id, reason="", by=by, at=at)


def _cancelled(pool_id: UUID, registration_id: UUID, *, reason: str, by: Actor, at: datetime) -> Row:
    pool = SeatPool.objects.select_for_update(no_key=True).get(id=pool_id)
    registration = Registration.objects.get(id=registration_id)
    if registration.status != RegistrationStatus.CANCELLED:
        if not selectors.looks_after(registration.event_id, by=by):
            _check_unused(registration, pool, at=at)
        give_back([registration], reason=reason, by=by, at=at)
        promote(pool_id, by=by, at=at)
    return selectors.as_shown(selectors.known(registration_id, at=at))


def _check_unused(registration: Registration, pool: SeatPool, *, at: datetime) -> None:
    # Scans lock the ticket: whoever is at the door in this moment is either in before, or finds the ticket cancelled.
    Registration.objects.select_for_update(no_key=True).get(id=registration.id)
    if registration.check_ins.filter(verdict__in=CLAIMS, undone_at=None).exists():
        raise AlreadyAdmitted("The ticket was used; ask the organizer")
    if pool.closes_at <= at:
        raise AlreadyOver("It has ended")


def give_back(registrations: Sequence[Registration], *, reason: str, by: Actor, at: datetime) -> None:
    """Cancel registrations of locked pools, each with an entry of its own, and count them out of their pools."""
    before = {one.id: one.status for one in registrations}
    _move(registrations, RegistrationStatus.CANCELLED, REGISTRATION_CANCELLED, reason=reason, by=by, at=at)
    for pool_id in sorted({one.pool_id for one in registrations}):
        left = [before[one.id] for one in registrations if one.pool_id == pool_id]
        SeatPool.objects.filter(id=pool_id).update(
            seats_taken=F("seats_taken") - left.count(RegistrationStatus.CONFIRMED),
            waiting=F("waiting") - left.count(RegistrationStatus.WAITLISTED),
        )


def promote(pool_id: UUID, *, by: Actor, at: datetime) -> int:
    """Seat whoever waits for a pool, in order, as far as seats are free; give how many. Locks the pool."""
    pool = SeatPool.objects.select_for_update(no_key=True).get(id=pool_id)
    if not pool.is_open or pool.closes_at <= at or pool.seats_left <= 0 or not pool.waiting:
        return 0
    queue = Registration.objects.filter(pool_id=pool_id, status=RegistrationStatus.WAITLISTED, deleted_at=None)
    promoted = list(queue.order_by("waitlist_number")[: pool.seats_left])
    _move(promoted, RegistrationStatus.CONFIRMED, REGISTRATION_PROMOTED, by=by, at=at)
    SeatPool.objects.filter(id=pool_id).update(
        seats_taken=F("seats_taken") + len(promoted), waiting=F("waiting") - len(promoted)
    )
    return len(promoted)


# What was waiting has no ticket that anybody must be told of.
_MOVE: Final = f"""
UPDATE attendance_registration
   SET status = %(status)s, version = version + 1, updated_at = %(at)s::timestamptz,
       cancelled_at = CASE WHEN %(is_cancelled)s THEN %(at)s::timestamptz END, cancel_reason = %(reason)s,
       revoked_xid = CASE WHEN %(is_cancelled)s AND status = 'confirmed' THEN {CURRENT_XID} ELSE revoked_xid END
 WHERE id = ANY(%(ids)s::uuid[])
"""  # noqa: S608 - of constants


def _move(
    registrations: Iterable[Registration],
    status: RegistrationStatus,
    event_type: EventType,
    *,
    reason: str = "",
    by: Actor,
    at: datetime,
) -> None:
    """Move registrations of a locked pool to a status, in one statement and with one entry each."""
    facts = []
    is_cancelled = status is RegistrationStatus.CANCELLED
    for one in registrations:
        before, one.status = one.status, status
        one.version += 1
        one.updated_at, one.cancelled_at, one.cancel_reason = at, at if is_cancelled else None, reason
        facts.append(Fact(event_type, one, registration_payload(one), {"status": [str(before), status.value]}))
    if not facts:
        return
    ids = [fact.subject.pk for fact in facts if fact.subject]
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, {"status": status, "at": at, "is_cancelled": is_cancelled, "reason": reason, "ids": ids})
    record_all(facts, by=by, at=at)
