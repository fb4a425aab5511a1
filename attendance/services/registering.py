"""Registering: who may, for whom, and what they are told."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from attendance import selectors
from attendance.messages import AlreadyRegistered
from attendance.rules import Seat, refusals
from attendance.services import seating
from attendance.services.seating import UNSAID, Ask, Attendee, Found
from catalog import selectors as catalogue
from kit.actor import Actor
from kit.answers import written
from kit.errors import Forbidden, NotFound, Refusal
from kit.idempotency import Claim, Repeated
from kit.listing import Row


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration as readers see it, and whether this call made it or found it."""

    registration: Row
    is_new: bool


def register(
    *,
    event_id: UUID,
    session_id: UUID | None = None,
    attendee: Attendee,
    claim: Claim | None = None,
    by: Actor,
    at: datetime,
) -> Registered:
    """Take a seat, or a place on the waitlist, for an attendee: oneself, or for staff somebody else.

    Registering again gives the first registration back and takes nothing. Must not run inside a transaction
    that does more: the seat's row stays locked until the commit. The answer of a request with an Idempotency-Key, its
    `claim`, is stored by the statement that takes the seat.

    Raises:
        Repeated: the request was answered before.
        NotFound: there is nothing of the kind to register for.
        SoldOut, RegistrationClosed, AlreadyOver, Overlaps, BadAccessCode: no seat, and why.
        AlreadyRegistered: by somebody else, under the same e-mail.
        Forbidden: other people's registrations for this event are not the caller's.
    """
    check_right(attendee, event_id=event_id, by=by)
    ask = seating.ask(attendee, event_id=event_id, session_id=session_id, by=by, at=at)
    if claim is not None:
        seating.keep(ask, claim, answer=written({**_seated(ask, Found()), **UNSAID}))
    found = seating.desk.ask(ask)
    if found.is_repeated:
        raise Repeated
    if claim is not None:
        claim.is_kept = found.status is not None
    return _told(ask, found, by=by)


def _told(ask: Ask, found: Found, *, by: Actor) -> Registered:
    if found.status is not None:
        return Registered(_seated(ask, found), is_new=True)
    # Somebody registered already is told so, even where nobody else could register now.
    if found.existing_id is not None:
        return Registered(_visible(found.existing_id, ask, by=by), is_new=False)
    raise next(against(ask, found, by=by))


@dataclass(frozen=True, slots=True)
class Trial:
    """What registering would do now: give a status and, on the waitlist, a position; or each rule against it."""

    status: str | None = None
    position: int | None = None
    # Whether there is a registration already, which would be given back.
    is_registered: bool = False
    refusals: tuple[Refusal, ...] = ()


def try_register(
    *,
    event_id: UUID,
    session_id: UUID | None = None,
    attendee: Attendee,
    by: Actor,
    at: datetime,
) -> Trial:
    """Do as `register` does, and take it back: nothing is written, nobody is told.

    Raises:
        NotFound: there is nothing of the kind to register for.
        AlreadyRegistered: by somebody else, under the same e-mail.
        Forbidden: other people's registrations for this event are not the caller's.
    """
    check_right(attendee, event_id=event_id, by=by)
    ask = seating.ask(attendee, event_id=event_id, session_id=session_id, by=by, at=at)
    with transaction.atomic():
        found = seating.take_seats([ask])[0]
        transaction.set_rollback(True)
    if found.existing_id is not None:
        existing = _visible(found.existing_id, ask, by=by)
        return Trial(existing["status"], existing["waitlist_position"], is_registered=True)
    if found.status is not None:
        return Trial(found.status, found.position)
    return Trial(refusals=tuple(against(ask, found, by=by)))


def _is_own(user_id: UUID | None, by: Actor) -> bool:
    return user_id is not None and user_id == by.id


def check_right(attendee: Attendee, *, event_id: UUID, by: Actor) -> None:
    """Refuse whoever registers other people and does not look after the event. Guests register whom they say they are.

    Raises:
        Forbidden: as said.
    """
    if not _is_own(attendee.user_id, by) and by.kind != "anonymous" and not selectors.looks_after(event_id, by=by):
        raise Forbidden("Only staff of the event register other people; leave `attendee` out to register yourself")


def _seated(ask: Ask, found: Found) -> Row:
    return {
        "id": ask["id"],
        "event_id": ask["event_id"],
        "session_id": ask["session_id"],
        "attendee": {"name": ask["name"], "email": ask["email"]},
        "role_text": ask["role_text"],
        "status": found.status,
        "waitlist_position": found.position,
        "code": ask["code"],
        "source": ask["source"],
        "checked_in_at": None,
        "cancel_reason": "",
        "version": 1,
        "created_at": ask["at"],
        "updated_at": ask["at"],
        "cancelled_at": None,
    }


def _visible(existing_id: UUID, ask: Ask, *, by: Actor) -> Row:
    """Give the registration found, unless it is somebody else's: an account's e-mail is claimed, not proven.

    Guests proved nothing either: they are told that they are registered, and not the code that would cancel it.
    """
    existing = selectors.known(existing_id, at=ask["at"])
    if _is_own(ask["user_id"], by) and existing["user_id"] != by.id:
        raise AlreadyRegistered
    shown = selectors.as_shown(existing)
    if by.kind == "anonymous":
        return {**shown, "code": None, "attendee": {"name": ask["name"], "email": ask["email"]}, "role_text": ""}
    return shown


def against(ask: Ask, found: Found, *, by: Actor) -> Iterator[Refusal]:
    """Name what stood against a seat.

    Raises:
        NotFound, Deleted: there is no such event or session that the caller may know of, or it is not the event's.
    """
    if not found.is_open:
        catalogue.event(ask["event_id"], reader=by, at=ask["at"])
        if ask["session_id"] is not None:
            catalogue.session(ask["session_id"], reader=by, at=ask["at"])
    if not found.is_there:
        raise NotFound("There is nothing of the kind to register for")
    yield from refusals(_seat(found, by=by, at=ask["at"]), at=ask["at"])


def _seat(found: Found, *, by: Actor, at: datetime) -> Seat:
    is_over = found.closes_at is not None and found.closes_at <= at
    is_else_fine = bool(found.is_open) and not (is_over or found.needs_code or found.overlapping_id)
    is_known = found.overlapping_id is not None and selectors.sees(found.overlapping_id, reader=by, at=at)
    return Seat(
        is_open=bool(found.is_open),
        closes_at=found.closes_at,
        needs_code=bool(found.needs_code),
        # Whoever is refused for no other reason came behind those who got the last seats.
        is_full=(found.seats_left or 0) <= 0 or is_else_fine,
        has_waitlist=bool(found.has_waitlist),
        overlaps=found.overlapping_id is not None,
        overlapping_id=found.overlapping_id if is_known else None,
    )
