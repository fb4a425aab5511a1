"""The seat: one conditional statement that takes it, writes the registration, and records the fact.

One round trip, one row lock held for the length of one commit. Whoever finds the pool full joins the
waitlist by the same statement, if there is one.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, transaction

from attendance import selectors
from attendance.messages import (
    REGISTRATION_CONFIRMED,
    REGISTRATION_WAITLISTED,
    AlreadyRegistered,
    RegistrationClosed,
)
from attendance.models import ONE_LIVE_REGISTRATION, Registration
from attendance.rules import new_code, why_refused
from catalog import selectors as catalogue
from catalog.models import SeatPool
from journal.services import announce, insert_entry, insert_params
from kit.actor import Actor
from kit.errors import Forbidden, NotFound
from kit.ids import new_id

# Tries before giving up on a pool whose state changes between the statement and the look at why it refused.
ATTEMPTS = 5

_ENTRY = insert_entry(
    event_type=f"CASE status WHEN 'confirmed' THEN '{REGISTRATION_CONFIRMED}' ELSE '{REGISTRATION_WAITLISTED}' END",
    subject_type="'registration'",
    subject_id="id",
    payload="%(payload)s::jsonb || jsonb_build_object('status', status)",
)

# Its parts are constants; values come through placeholders.
TAKE_SEAT: Final = f"""
WITH seat AS (
    UPDATE catalog_seatpool
       SET seats_taken = seats_taken + CASE WHEN seats_taken < capacity THEN 1 ELSE 0 END,
           waitlist_tail = waitlist_tail + CASE WHEN seats_taken < capacity THEN 0 ELSE 1 END,
           found_full = seats_taken >= capacity
     WHERE id = %(pool_id)s::uuid AND event_id = %(event_id)s::uuid
       AND is_open AND closes_at > %(at)s::timestamptz
       AND (access_code IS NULL OR access_code = %(access_code)s::text)
       AND (seats_taken < capacity OR has_waitlist)
    RETURNING id, event_id, waitlist_tail, found_full
), taken AS (
    INSERT INTO attendance_registration
           (id, event_id, session_id, pool_id, user_id, attendee_name, attendee_email, role_text, status,
            waitlist_number, code, source, version, created_at, updated_at)
    SELECT %(id)s::uuid, event_id, %(session_id)s::uuid, id, %(user_id)s::uuid, %(name)s, %(email)s, %(role_text)s,
           CASE WHEN found_full THEN 'waitlisted' ELSE 'confirmed' END,
           CASE WHEN found_full THEN waitlist_tail END,
           %(code)s, %(source)s, 1, %(at)s::timestamptz, %(at)s::timestamptz
      FROM seat
    RETURNING id, status, waitlist_number
), entry AS (
    {_ENTRY} FROM taken
)
SELECT status, waitlist_number FROM taken
"""  # noqa: S608 - see above


@dataclass(frozen=True, slots=True)
class Attendee:
    """Who will sit there. `user_id` is set when people register themselves."""

    name: str
    email: str
    user_id: UUID | None = None
    role_text: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration, and whether this call made it or found it."""

    registration: Registration
    is_new: bool


def register(
    *,
    event_id: UUID,
    session_id: UUID | None = None,
    attendee: Attendee,
    access_code: str = "",
    by: Actor,
    at: datetime,
) -> Registered:
    """Take a seat, or a place on the waitlist, for an attendee: oneself, or for staff somebody else.

    Registering again gives the first registration back and takes nothing. Must not run inside a transaction
    that does more: the seat's row stays locked until the commit.

    Raises:
        NotFound: there is nothing of the kind to register for.
        SoldOut, RegistrationClosed, AlreadyOver, BadAccessCode: no seat, and why.
        AlreadyRegistered: by somebody else, under the same e-mail.
        Forbidden: other people's registrations for this event are not the caller's.
    """
    _check_right(attendee, event_id=event_id, by=by)
    for _ in range(ATTEMPTS):
        registration = _draft(attendee, event_id=event_id, session_id=session_id, at=at)
        try:
            if _take_seat(registration, access_code=access_code, by=by, at=at):
                transaction.on_commit(announce)
                return Registered(selectors.counted(registration), is_new=True)
        except IntegrityError as error:
            if ONE_LIVE_REGISTRATION not in str(error):
                raise
        # Somebody registered already is told so, even where nobody else could register now.
        existing = selectors.live_registration(pool_id=registration.pool_id, email=registration.attendee_email)
        if existing is not None:
            return Registered(_visible(existing, attendee, by=by), is_new=False)
        _refuse(registration, access_code=access_code, by=by, at=at)
    raise RegistrationClosed("The seats are changing hands too fast; try again")


def _is_own(attendee: Attendee, by: Actor) -> bool:
    return attendee.user_id is not None and attendee.user_id == by.id


def _check_right(attendee: Attendee, *, event_id: UUID, by: Actor) -> None:
    if not _is_own(attendee, by) and not selectors.looks_after(event_id, by=by):
        raise Forbidden("Only staff of the event register other people; leave `attendee` out to register yourself")


def _visible(existing: Registration, attendee: Attendee, *, by: Actor) -> Registration:
    """Give the registration found, unless it is somebody else's: an account's e-mail is claimed, not proven."""
    if _is_own(attendee, by) and existing.user_id != by.id:
        raise AlreadyRegistered
    return existing


def _draft(attendee: Attendee, *, event_id: UUID, session_id: UUID | None, at: datetime) -> Registration:
    return Registration(
        id=new_id(),
        event_id=event_id,
        session_id=session_id,
        pool_id=session_id or event_id,
        user_id=attendee.user_id,
        attendee_name=attendee.name,
        attendee_email=attendee.email.strip().lower(),
        role_text=attendee.role_text,
        code=new_code(),
        created_at=at,
        updated_at=at,
    )


def _take_seat(registration: Registration, *, access_code: str, by: Actor, at: datetime) -> bool:
    """Run the statement; fill in what it decided, or tell that it took nothing."""
    payload = {
        "event_id": str(registration.event_id),
        "session_id": str(registration.session_id) if registration.session_id else None,
        "attendee": {"name": registration.attendee_name, "email": registration.attendee_email},
    }
    params: dict[str, Any] = {
        "id": registration.id,
        "pool_id": registration.pool_id,
        "event_id": registration.event_id,
        "session_id": registration.session_id,
        "user_id": registration.user_id,
        "name": registration.attendee_name,
        "email": registration.attendee_email,
        "role_text": registration.role_text,
        "code": registration.code,
        "source": registration.source,
        "access_code": access_code,
        "payload": orjson.dumps(payload).decode(),
        **insert_params(by=by, at=at),
    }
    # A savepoint where a transaction runs already (tests, bulk); nothing, and so one round trip, where none does.
    with transaction.atomic() if connection.in_atomic_block else nullcontext(), connection.cursor() as cursor:
        cursor.execute(TAKE_SEAT, params)
        row = cursor.fetchone()
    if row is None:
        return False
    registration.status, registration.waitlist_number = row
    return True


def _refuse(registration: Registration, *, access_code: str, by: Actor, at: datetime) -> None:
    """Explain why no seat was taken, or return if by now one could be.

    Raises:
        NotFound, Deleted: there is no such event or session that the caller may know of, or it is not the event's.
        Refusal: the rule that stands against it.
    """
    catalogue.event(registration.event_id, reader=by, at=at)
    if registration.session_id is not None:
        catalogue.session(registration.session_id, reader=by, at=at)
    pool = SeatPool.objects.filter(id=registration.pool_id, event_id=registration.event_id).first()
    if pool is None:
        raise NotFound("There is nothing of the kind to register for")
    refusal = why_refused(
        is_open=pool.is_open,
        closes_at=pool.closes_at,
        needs_code=pool.access_code is not None and pool.access_code != access_code,
        seats_left=pool.seats_left,
        has_waitlist=pool.has_waitlist,
        at=at,
    )
    if refusal is not None:
        raise refusal
