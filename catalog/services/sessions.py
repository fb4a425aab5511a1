"""Writing sessions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from catalog.messages import SESSION_DELETED, SESSION_RESTORED, SESSION_UPDATED
from catalog.models import Event, Session, Speaker
from catalog.rules import Verb
from catalog.services import drafting, schedule, search, seats
from catalog.services.locking import locked, there
from catalog.services.payloads import changed, session_payload
from catalog.services.schedule import Wanted
from journal.messages import EventType
from journal.services import record
from kit import conditional
from kit.actor import Actor
from kit.conditional import Versions
from kit.errors import Invalid, NotFound


def locked_session(session_id: UUID, *, or_deleted: bool = False) -> Session:
    """Lock a session's event, then read the session.

    Raises:
        NotFound, Deleted: no such session.
    """
    event_id = Session.objects.filter(id=session_id).values_list("event_id", flat=True).first()
    if event_id is None:
        raise NotFound("No such session")
    event = locked(Event, event_id)
    session = Session.objects.select_related("pool").get(id=session_id)
    session.event = event
    return there(Session, session, or_deleted=or_deleted)


@transaction.atomic
def create_session(*, event_id: UUID, fields: dict[str, Any], by: Actor, at: datetime) -> Session:
    """Draft a session of an event. `fields` are those of `SessionIn`.

    Raises:
        NotFound, Deleted: no such event.
        WrongStage: the event is cancelled.
        Invalid: outside the event, or an unknown room or speaker.
        ScheduleClash: the room or a speaker is taken at that time.
    """
    draft = drafting.session_draft(locked(Event, event_id), fields, at=at)
    drafting.write([draft], by=by, at=at)
    if draft.refusal:
        raise draft.refusal
    return draft.sessions[0].session


@transaction.atomic
def update_session(
    *, session_id: UUID, changes: dict[str, Any], seen: Versions = None, by: Actor, at: datetime
) -> Session:
    """Change fields of a session; only those named.

    Raises:
        NotFound, Deleted: no such session.
        PreconditionFailed: it is of another version than the caller saw.
        Invalid: outside the event, or an unknown room or speaker.
        CapacityBelowSeatsTaken: more seats are taken than the new capacity.
        ScheduleClash: the room or a speaker is taken at that time.
    """
    session = locked_session(session_id)
    conditional.check(session.version, seen)
    changes = dict(changes)
    capacity, speaker_ids = changes.pop("capacity", None), changes.pop("speaker_ids", None)
    before = _speaker_ids(session)
    wanted = Wanted(session, before if speaker_ids is None else speaker_ids)
    different = changed(session, changes)
    if set(wanted.speaker_ids) != set(before):
        different["speaker_ids"] = [sorted(map(str, before)), sorted(map(str, set(wanted.speaker_ids)))]
    if different:
        _reschedule(wanted, with_speakers="speaker_ids" in different)
    # Pools come after rooms and speakers, in the order of locks.
    if capacity is not None and capacity != session.pool.capacity:
        different["capacity"] = [session.pool.capacity, capacity]
        seats.set_capacity(session.pool, capacity)
    if different:
        settle(session, SESSION_UPDATED, by=by, at=at, changes=different)
    return session


def _speaker_ids(session: Session) -> list[UUID]:
    return list(session.speakers.order_by("id").values_list("id", flat=True))


def _reschedule(wanted: Wanted, *, with_speakers: bool) -> None:
    """Check a session anew, and hold what it wants in place of what it held."""
    session = wanted.session
    # What it has may have been deleted since; only what is new must be there.
    held = set(session.bookings.values_list("resource_id", flat=True))
    rooms = {session.room_id} if session.room_id else set()
    known = schedule.locked_resources(room_ids=rooms | held, speaker_ids={*wanted.speaker_ids, *held}) | held
    if errors := list(drafting.check_session(wanted, known)):
        raise Invalid.of(errors)
    schedule.rebook(wanted)
    if with_speakers:
        session.speakers.set(Speaker.objects.filter(id__in=wanted.speaker_ids))


def settle(session: Session, event_type: EventType, *, by: Actor, at: datetime, changes: dict[str, Any]) -> None:
    """Save a session of a locked event with all that follows: version, search, pool, entry in the journal."""
    session.version += 1
    session.save()
    search.index([session.event_id])
    seats.sync_session(session, by=by, at=at)
    record(event_type, subject=session, by=by, at=at, payload=session_payload(session, at=at), changes=changes)


@transaction.atomic
def delete_session(*, session_id: UUID, seen: Versions = None, by: Actor, at: datetime) -> None:
    """Delete a session that nobody can attend any more: a draft, a cancelled one, or a finished one.

    Raises:
        NotFound, Deleted: no such session.
        PreconditionFailed: it is of another version than the caller saw.
        WrongStage: it is public; cancel it first, so that people are told.
    """
    session = locked_session(session_id)
    conditional.check(session.version, seen)
    session.life.check(Verb.DELETE, at=at)
    session.deleted_at = at
    schedule.release([session.id])
    settle(session, SESSION_DELETED, by=by, at=at, changes={"deleted": [False, True]})


@transaction.atomic
def restore_session(*, session_id: UUID, by: Actor, at: datetime) -> Session:
    """Bring a deleted session back as it was. Idempotent.

    Raises:
        NotFound: no such session.
        Deleted: its event is deleted; restore that first.
        Invalid: its event has moved away from it.
        ScheduleClash: its room or a speaker was given away.
    """
    session = locked_session(session_id, or_deleted=True)
    if session.deleted_at is not None:
        session.deleted_at = None
        _reschedule(Wanted(session, _speaker_ids(session)), with_speakers=False)
        settle(session, SESSION_RESTORED, by=by, at=at, changes={"deleted": [True, False]})
    return session
