"""Writing events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from catalog.messages import (
    EVENT_DELETED,
    EVENT_RESTORED,
    EVENT_UPDATED,
    WrongStage,
    access_code_needed,
    sessions_left_outside,
)
from catalog.models import Event, Session
from catalog.rules import Stage, Verb
from catalog.services import drafting, schedule, search, seats
from catalog.services.locking import locked
from catalog.services.payloads import changed, event_payload
from catalog.services.schedule import Wanted
from identity.models import User
from identity.rules import Role
from journal.messages import EventType
from journal.services import record
from kit import conditional
from kit.actor import Actor
from kit.conditional import Versions
from kit.errors import FieldError, Invalid


def create_event(*, fields: dict[str, Any], by: Actor, at: datetime) -> Event:
    """Draft an event. `fields` are those of `EventIn`.

    Raises:
        Invalid: the dates are the wrong way round, or the category is unknown.
    """
    draft = drafting.event_draft(fields, by=by, at=at)
    drafting.write([draft], by=by, at=at)
    if draft.refusal:
        raise draft.refusal
    return draft.event


@transaction.atomic
def update_event(*, event_id: UUID, changes: dict[str, Any], seen: Versions = None, by: Actor, at: datetime) -> Event:
    """Change fields of an event; only those named. Raising the capacity lets the waitlist in.

    Raises:
        NotFound, Deleted: no such event.
        PreconditionFailed: it is of another version than the caller saw.
        Invalid: the dates would not hold its sessions, or a value is unknown.
        CapacityBelowSeatsTaken: more seats are taken than the new capacity.
        WrongStage: the admission of a published event cannot change.
    """
    event = locked(Event, event_id)
    conditional.check(event.version, seen)
    changes = dict(changes)
    capacity = changes.pop("capacity", None)
    if changes.get("admission", event.admission) != event.admission and Stage(event.stage) is not Stage.DRAFT:
        raise WrongStage("People may have registered: the admission is settled with publication")
    different = changed(event, changes)
    if capacity is not None and capacity != event.pool.capacity:
        different["capacity"] = [event.pool.capacity, capacity]
        seats.set_capacity(event.pool, capacity)
    if different:
        _check(event)
        settle(event, EVENT_UPDATED, by=by, at=at, changes=different)
    return event


def _check(event: Event) -> None:
    known = drafting.live_categories({event.category_id} if event.category_id else set())
    if errors := list(drafting.check_event(event, known)):
        raise Invalid.of(errors)
    held = Session.objects.filter(event=event, deleted_at=None)
    if held.filter(Q(starts_at__lt=event.starts_at) | Q(ends_at__gt=event.ends_at)).exists():
        raise sessions_left_outside()
    if event.stage == Stage.PRESALE and not event.access_code:
        raise access_code_needed()


def settle(event: Event, event_type: EventType, *, by: Actor, at: datetime, changes: dict[str, Any]) -> None:
    """Save a locked event with all that follows: its version, its text, its pools, its entry in the journal."""
    event.version += 1
    event.save()
    search.index([event.id])
    seats.sync(event, by=by, at=at)
    record(event_type, subject=event, by=by, at=at, payload=event_payload(event, at=at), changes=changes)


@transaction.atomic
def delete_event(*, event_id: UUID, seen: Versions = None, by: Actor, at: datetime) -> None:
    """Delete an event that nobody can attend any more: a draft, a cancelled one, or a finished one.

    Its sessions go with it and come back with it; their rooms and speakers are free meanwhile.

    Raises:
        NotFound, Deleted: no such event.
        PreconditionFailed: it is of another version than the caller saw.
        WrongStage: it is public; cancel it first, so that people are told.
    """
    event = locked(Event, event_id)
    conditional.check(event.version, seen)
    event.life.check(Verb.DELETE, at=at)
    event.deleted_at = at
    schedule.release(_touched_sessions(event, at=at))
    settle(event, EVENT_DELETED, by=by, at=at, changes={"deleted": [False, True]})


@transaction.atomic
def restore_event(*, event_id: UUID, by: Actor, at: datetime) -> Event:
    """Bring a deleted event back as it was. Idempotent.

    Raises:
        NotFound: no such event.
        ScheduleClash: a room or speaker of its sessions was given away.
    """
    event = locked(Event, event_id, or_deleted=True)
    if event.deleted_at is None:
        return event
    event.deleted_at = None
    _touched_sessions(event, at=at)
    sessions = Session.objects.filter(event=event, deleted_at=None, cancelled_at=None).prefetch_related("speakers")
    wanted = [Wanted(session, [speaker.id for speaker in session.speakers.all()]) for session in sessions]
    for one in wanted:
        one.session.event = event
    schedule.locked_for(wanted)
    if clashes := schedule.hold([wanted]):
        raise schedule.clash([clash for against in clashes.values() for clash in against])
    settle(event, EVENT_RESTORED, by=by, at=at, changes={"deleted": [True, False]})
    return event


def _touched_sessions(event: Event, *, at: datetime) -> Sequence[UUID]:
    """Say that an event's sessions changed with it, for readers who ask what did."""
    Session.objects.filter(event=event).update(updated_at=at)
    return list(Session.objects.filter(event=event).values_list("id", flat=True))


@transaction.atomic
def assign_coordinators(*, event_id: UUID, user_ids: list[UUID], by: Actor, at: datetime) -> Event:
    """Say who looks after an event: these users and no others. Idempotent.

    Raises:
        NotFound, Deleted: no such event.
        Invalid: somebody is not a coordinator here.
    """
    event = locked(Event, event_id)
    known = User.objects.filter(id__in=user_ids, role=Role.COORDINATOR, is_active=True).in_bulk()
    errors = [
        FieldError(f"#/user_ids/{index}", "not_found", "there is no such coordinator")
        for index, user_id in enumerate(user_ids)
        if user_id not in known
    ]
    if errors:
        raise Invalid.of(errors)
    before = sorted(str(user.pk) for user in event.coordinators.all())
    after = sorted(str(user_id) for user_id in known)
    if before != after:
        event.coordinators.set(known.values())
        settle(event, EVENT_UPDATED, by=by, at=at, changes={"coordinators": [before, after]})
    return event
