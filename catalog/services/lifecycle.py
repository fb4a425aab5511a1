"""The verbs of the life of events and sessions. The table of `catalog.rules` says where each may be said."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from catalog.messages import (
    EVENT_CANCELLED,
    EVENT_PUBLISHED,
    EVENT_RESUMED,
    EVENT_SUSPENDED,
    SESSION_CANCELLED,
    SESSION_PUBLISHED,
    SESSION_RESUMED,
    SESSION_SUSPENDED,
    access_code_needed,
)
from catalog.models import Event, Session
from catalog.rules import Stage
from catalog.services import events, schedule, sessions
from catalog.services.locking import locked
from catalog.services.payloads import session_payload
from journal.messages import EventType
from journal.services import Fact, record_all
from kit.actor import Actor


@transaction.atomic
def publish_event(*, event_id: UUID, stage: Stage = Stage.ON_SALE, by: Actor, at: datetime) -> Event:
    """Open an event to the public, or to a later stage. Its sessions of the same stage come along.

    Publishing again with the same stage changes nothing.

    Raises:
        NotFound, Deleted: no such event.
        WrongStage: it is past this stage, suspended, or cancelled.
        AlreadyOver: it has ended.
        Invalid: a presale without an access code.
    """
    event = locked(Event, event_id)
    life = event.life.published(stage, at=at)
    if stage is Stage.PRESALE and not event.access_code:
        raise access_code_needed()
    if life != event.life:
        changes = {"stage": [event.stage, stage.value]}
        moved = list(Session.objects.filter(event=event, deleted_at=None, cancelled_at=None, stage=event.stage))
        event.stage = stage
        for session in moved:
            session.stage = stage
        _save_all(event, moved, SESSION_PUBLISHED, changes, by=by, at=at)
        events.settle(event, EVENT_PUBLISHED, by=by, at=at, changes=changes)
    return event


def suspend_event(*, event_id: UUID, by: Actor, at: datetime) -> Event:
    """Stop registrations until resumed. Idempotent.

    Raises:
        NotFound, Deleted: no such event.
        WrongStage: it is a draft, or cancelled.
        AlreadyOver: it has ended.
    """
    return _suspend_event(event_id, wanted=True, by=by, at=at)


def resume_event(*, event_id: UUID, by: Actor, at: datetime) -> Event:
    """Let a suspended event go on where it stood. Idempotent.

    Raises:
        NotFound, Deleted: no such event.
        WrongStage: it is a draft, or cancelled.
        AlreadyOver: it has ended.
    """
    return _suspend_event(event_id, wanted=False, by=by, at=at)


@transaction.atomic
def _suspend_event(event_id: UUID, *, wanted: bool, by: Actor, at: datetime) -> Event:
    event = locked(Event, event_id)
    if event.life.suspended(wanted=wanted, at=at) != event.life:
        event.suspended_at = at if wanted else None
        event_type = EVENT_SUSPENDED if wanted else EVENT_RESUMED
        events.settle(event, event_type, by=by, at=at, changes={"suspended": [not wanted, wanted]})
    return event


@transaction.atomic
def cancel_event(*, event_id: UUID, by: Actor, at: datetime) -> Event:
    """Cancel an event and its sessions, for good. Their rooms and speakers are free again. Idempotent.

    Raises:
        NotFound, Deleted: no such event.
        AlreadyOver: it has ended.
    """
    event = locked(Event, event_id)
    if event.life.cancelled(at=at) != event.life:
        event.cancelled_at = at
        changes = {"cancelled": [False, True]}
        moved = list(Session.objects.filter(event=event, deleted_at=None, cancelled_at=None))
        for session in moved:
            session.cancelled_at = at
        schedule.release([session.id for session in moved])
        _save_all(event, moved, SESSION_CANCELLED, changes, by=by, at=at)
        events.settle(event, EVENT_CANCELLED, by=by, at=at, changes=changes)
    return event


def _save_all(
    event: Event, moved: list[Session], event_type: EventType, changes: dict[str, Any], *, by: Actor, at: datetime
) -> None:
    """Save the sessions that went with their event, each with an entry of its own; settling it does their pools."""
    for session in moved:
        session.event = event
        session.version += 1
        session.updated_at = at
    Session.objects.bulk_update(moved, ["stage", "cancelled_at", "version", "updated_at"])
    record_all([Fact(event_type, session, session_payload(session, at=at), changes) for session in moved], by=by, at=at)


@transaction.atomic
def publish_session(*, session_id: UUID, stage: Stage = Stage.ON_SALE, by: Actor, at: datetime) -> Session:
    """Open a session, as far as its event is open. Publishing again changes nothing.

    Raises:
        NotFound, Deleted: no such session.
        WrongStage: it would stand ahead of its event, is past this stage, suspended, or cancelled.
        AlreadyOver: it has ended.
    """
    session = sessions.locked_session(session_id)
    life = session.own_life.published(stage, event=session.event.life, at=at)
    if life != session.own_life:
        changes = {"stage": [session.stage, stage.value]}
        session.stage = stage
        sessions.settle(session, SESSION_PUBLISHED, by=by, at=at, changes=changes)
    return session


def suspend_session(*, session_id: UUID, by: Actor, at: datetime) -> Session:
    """Stop registrations for a session until resumed. Idempotent.

    Raises:
        NotFound, Deleted: no such session.
        WrongStage: it is a draft, or cancelled.
        AlreadyOver: it has ended.
    """
    return _suspend_session(session_id, wanted=True, by=by, at=at)


def resume_session(*, session_id: UUID, by: Actor, at: datetime) -> Session:
    """Let a suspended session go on, as far as its event does. Idempotent.

    Raises:
        NotFound, Deleted: no such session.
        WrongStage: it is a draft, or cancelled.
        AlreadyOver: it has ended.
    """
    return _suspend_session(session_id, wanted=False, by=by, at=at)


@transaction.atomic
def _suspend_session(session_id: UUID, *, wanted: bool, by: Actor, at: datetime) -> Session:
    session = sessions.locked_session(session_id)
    life = session.own_life.suspended(wanted=wanted, event=session.event.life, at=at)
    if life != session.own_life:
        session.suspended_at = at if wanted else None
        event_type = SESSION_SUSPENDED if wanted else SESSION_RESUMED
        sessions.settle(session, event_type, by=by, at=at, changes={"suspended": [not wanted, wanted]})
    return session


@transaction.atomic
def cancel_session(*, session_id: UUID, by: Actor, at: datetime) -> Session:
    """Cancel a session, for good. Its room and speakers are free again. Idempotent.

    Raises:
        NotFound, Deleted: no such session.
        AlreadyOver: it has ended.
    """
    session = sessions.locked_session(session_id)
    life = session.own_life.cancelled(event=session.event.life, at=at)
    if life != session.own_life:
        session.cancelled_at = at
        schedule.release([session.id])
        sessions.settle(session, SESSION_CANCELLED, by=by, at=at, changes={"cancelled": [False, True]})
    return session
