"""Writing sessions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from catalog import selectors
from catalog.messages import (
    SESSION_CANCELLED,
    SESSION_CREATED,
    SESSION_PUBLISHED,
    SESSION_UPDATED,
    AlreadyOver,
    WrongStage,
    ends_before_start,
    outside_event,
)
from catalog.models import Event, Room, Session, Speaker
from catalog.rules import Stage
from catalog.services import seats
from catalog.services.events import locked
from catalog.services.payloads import changed, session_payload
from journal.messages import EventType
from journal.services import record
from kit.actor import Actor
from kit.errors import Deleted, FieldError, Invalid, NotFound
from kit.ids import new_id


def _locked_session(session_id: UUID) -> Session:
    """Lock a session's event, then read the session.

    Raises:
        NotFound, Deleted: no such session.
    """
    event_id = Session.objects.filter(id=session_id).values_list("event_id", flat=True).first()
    if event_id is None:
        raise NotFound("No such session")
    event = locked(event_id)
    session = Session.objects.select_related("pool").get(id=session_id)
    session.event = event
    if session.deleted_at is not None:
        raise Deleted("The session has been deleted")
    return session


def _check(session: Session, event: Event) -> None:
    if session.ends_at <= session.starts_at:
        raise ends_before_start()
    if session.starts_at < event.starts_at or session.ends_at > event.ends_at:
        raise outside_event()
    if session.room_id and not Room.objects.filter(id=session.room_id, deleted_at=None).exists():
        raise Invalid("No such room", errors=[FieldError("#/room_id", "not_found", "there is no such room")])


def _set_speakers(session: Session, speaker_ids: list[UUID]) -> None:
    known = Speaker.objects.in_bulk(speaker_ids)
    errors = [
        FieldError(f"#/speaker_ids/{index}", "not_found", "there is no such speaker")
        for index, speaker_id in enumerate(speaker_ids)
        if speaker_id not in known or known[speaker_id].deleted_at is not None
    ]
    if errors:
        raise Invalid("No such speaker", errors=errors)
    session.speakers.set(known.values())


@transaction.atomic
def create_session(*, event_id: UUID, fields: dict[str, Any], by: Actor, at: datetime) -> Session:
    """Draft a session of an event. `fields` are those of `SessionIn`.

    Raises:
        NotFound, Deleted: no such event.
        WrongStage: the event is cancelled.
        Invalid: outside the event, or an unknown room or speaker.
    """
    event = locked(event_id)
    if event.cancelled_at:
        raise WrongStage("The event is cancelled")
    fields = dict(fields)
    capacity, speaker_ids = fields.pop("capacity"), fields.pop("speaker_ids", [])
    session = Session(id=new_id(), event=event, **fields)
    _check(session, event)
    session.pool = seats.new_pool(owner_id=session.id, event_id=event.id, capacity=capacity, closes_at=session.ends_at)
    session.save(force_insert=True)
    _set_speakers(session, speaker_ids)
    seats.sync_session(session, by=by, at=at)
    record(SESSION_CREATED, subject=session, by=by, at=at, payload=session_payload(session, at=at))
    return selectors.all_sessions().get(id=session.id)


@transaction.atomic
def update_session(*, session_id: UUID, changes: dict[str, Any], by: Actor, at: datetime) -> Session:
    """Change fields of a session; only those named.

    Raises:
        NotFound, Deleted: no such session.
        Invalid: outside the event, or an unknown room or speaker.
        CapacityBelowSeatsTaken: more seats are taken than the new capacity.
    """
    session = _locked_session(session_id)
    changes = dict(changes)
    capacity, speaker_ids = changes.pop("capacity", None), changes.pop("speaker_ids", None)
    different = changed(session, changes)
    if capacity is not None and capacity != session.pool.capacity:
        different["capacity"] = [session.pool.capacity, capacity]
        seats.set_capacity(session.pool, capacity)
    if speaker_ids is not None:
        before = sorted(str(speaker.pk) for speaker in session.speakers.all())
        if before != (after := sorted(str(speaker_id) for speaker_id in set(speaker_ids))):
            _set_speakers(session, speaker_ids)
            different["speaker_ids"] = [before, after]
    if different:
        _check(session, session.event)
        _settle(session, SESSION_UPDATED, by=by, at=at, changes=different)
    return selectors.all_sessions().get(id=session.id)


def _settle(session: Session, event_type: EventType, *, by: Actor, at: datetime, changes: dict[str, Any]) -> None:
    session.version = F("version") + 1
    session.save()
    seats.sync_session(session, by=by, at=at)
    record(event_type, subject=session, by=by, at=at, payload=session_payload(session, at=at), changes=changes)


@transaction.atomic
def publish_session(*, session_id: UUID, stage: Stage = Stage.ON_SALE, by: Actor, at: datetime) -> Session:
    """Open a session, as far as its event is open. Publishing again changes nothing.

    Raises:
        NotFound, Deleted: no such session.
        WrongStage: it would stand ahead of its event, is past this stage, or cancelled.
        AlreadyOver: it has ended.
    """
    session = _locked_session(session_id)
    if session.life.is_cancelled or Stage(session.stage).rank > stage.rank or stage is Stage.DRAFT:
        raise WrongStage(f"The session is {session.status(at=at)}; it cannot be published as {stage}")
    if stage.rank > Stage(session.event.stage).rank:
        raise WrongStage(f"The event is at {session.event.stage}; no session stands ahead of its event")
    if session.stage != stage:
        if session.ends_at <= at:
            raise AlreadyOver("The session has ended")
        before = session.stage
        session.stage = stage
        _settle(session, SESSION_PUBLISHED, by=by, at=at, changes={"stage": [before, stage.value]})
    return selectors.all_sessions().get(id=session.id)


@transaction.atomic
def cancel_session(*, session_id: UUID, by: Actor, at: datetime) -> Session:
    """Cancel a session, for good. Idempotent.

    Raises:
        NotFound, Deleted: no such session.
        AlreadyOver: it has ended.
    """
    session = _locked_session(session_id)
    if session.cancelled_at is None:
        if session.ends_at <= at and Stage(session.stage) is not Stage.DRAFT:
            raise AlreadyOver("The session has ended")
        session.cancelled_at = at
        _settle(session, SESSION_CANCELLED, by=by, at=at, changes={"cancelled": [False, True]})
    return selectors.all_sessions().get(id=session.id)
