"""Writing events."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from catalog import selectors
from catalog.messages import (
    EVENT_CANCELLED,
    EVENT_CREATED,
    EVENT_DELETED,
    EVENT_PUBLISHED,
    EVENT_RESUMED,
    EVENT_SUSPENDED,
    EVENT_UPDATED,
    SESSION_CANCELLED,
    AlreadyOver,
    WrongStage,
    access_code_needed,
    ends_before_start,
    sessions_left_outside,
)
from catalog.models import Category, Event, Session
from catalog.rules import Stage
from catalog.services import seats
from catalog.services.payloads import changed, event_payload, session_payload
from identity.models import User
from identity.rules import Role
from journal.messages import EventType
from journal.services import record
from kit.actor import Actor
from kit.errors import Deleted, FieldError, Invalid, NotFound
from kit.ids import new_id


def locked(event_id: UUID) -> Event:
    """Lock an event for the rest of the transaction: every write of the catalogue begins here.

    Locks are taken in one order: event, then pools, then registrations. They leave the key alone (`no_key`):
    a registration's foreign key to the event takes a shared lock on that after the pool's, and a full lock
    here would close a circle with it.

    Raises:
        NotFound: no such event.
        Deleted: there was one.
    """
    event = Event.objects.select_for_update(no_key=True).filter(id=event_id).first()
    if event is None:
        raise NotFound("No such event")
    if event.deleted_at is not None:
        raise Deleted("The event has been deleted")
    return event


def _check(event: Event) -> None:
    if event.ends_at <= event.starts_at:
        raise ends_before_start()
    if event.category_id and not Category.objects.filter(id=event.category_id, deleted_at=None).exists():
        why = "there is no such category"
        raise Invalid(why.capitalize(), errors=[FieldError("#/category_id", "not_found", why)])


@transaction.atomic
def create_event(*, fields: dict[str, Any], by: Actor, at: datetime) -> Event:
    """Draft an event. `fields` are those of `EventIn`.

    Raises:
        Invalid: the dates are the wrong way round, or the category is unknown.
    """
    fields = dict(fields)
    capacity = fields.pop("capacity")
    event = Event(id=new_id(), created_by_id=by.id, **fields)
    _check(event)
    event.pool = seats.new_pool(owner_id=event.id, event_id=event.id, capacity=capacity, closes_at=event.ends_at)
    event.save(force_insert=True)
    seats.sync(event, by=by, at=at)
    record(EVENT_CREATED, subject=event, by=by, at=at, payload=event_payload(event, at=at))
    return selectors.event_of(event.id)


@transaction.atomic
def update_event(*, event_id: UUID, changes: dict[str, Any], by: Actor, at: datetime) -> Event:
    """Change fields of an event; only those named. Raising the capacity lets the waitlist in.

    Raises:
        NotFound, Deleted: no such event.
        Invalid: the dates would not hold its sessions, or a value is unknown.
        CapacityBelowSeatsTaken: more seats are taken than the new capacity.
        WrongStage: the admission of a published event cannot change.
    """
    event = locked(event_id)
    changes = dict(changes)
    capacity = changes.pop("capacity", None)
    if changes.get("admission", event.admission) != event.admission and Stage(event.stage) is not Stage.DRAFT:
        raise WrongStage("People may have registered: the admission is settled with publication")
    before = changed(event, changes)
    if capacity is not None and capacity != event.pool.capacity:
        before["capacity"] = [event.pool.capacity, capacity]
        seats.set_capacity(event.pool, capacity)
    if not before:
        return selectors.event_of(event.id)
    _check(event)
    outside = Session.objects.filter(event=event, deleted_at=None)
    if outside.filter(starts_at__lt=event.starts_at).exists() or outside.filter(ends_at__gt=event.ends_at).exists():
        raise sessions_left_outside()
    if event.stage == Stage.PRESALE and not event.access_code:
        raise access_code_needed()
    _save(event)
    seats.sync(event, by=by, at=at)
    record(EVENT_UPDATED, subject=event, by=by, at=at, payload=event_payload(event, at=at), changes=before)
    return selectors.event_of(event.id)


def _save(event: Event) -> None:
    event.version = F("version") + 1
    event.save()
    event.refresh_from_db(fields=["version"])


@transaction.atomic
def publish_event(*, event_id: UUID, stage: Stage = Stage.ON_SALE, by: Actor, at: datetime) -> Event:
    """Open an event to the public, or to a later stage. Its draft sessions come along.

    Publishing again with the same stage changes nothing.

    Raises:
        NotFound, Deleted: no such event.
        WrongStage: it is past this stage, suspended, or cancelled.
        AlreadyOver: it has ended.
        Invalid: a presale without an access code.
    """
    event = locked(event_id)
    if event.cancelled_at or event.suspended_at or Stage(event.stage).rank > stage.rank or stage is Stage.DRAFT:
        raise WrongStage(f"The event is {event.status(at=at)}; it cannot be published as {stage}")
    if event.stage != stage:
        if event.ends_at <= at:
            raise AlreadyOver("The event has ended")
        if stage is Stage.PRESALE and not event.access_code:
            raise access_code_needed()
        held_back = Session.objects.filter(event=event, deleted_at=None, cancelled_at=None, stage=event.stage)
        held_back.update(stage=stage, version=F("version") + 1, updated_at=at)
        before = event.stage
        event.stage = stage
        _settle(event, EVENT_PUBLISHED, by=by, at=at, changes={"stage": [before, stage.value]})
    return selectors.event_of(event.id)


def _settle(event: Event, event_type: EventType, *, by: Actor, at: datetime, changes: dict[str, Any]) -> None:
    _save(event)
    seats.sync(event, by=by, at=at)
    record(event_type, subject=event, by=by, at=at, payload=event_payload(event, at=at), changes=changes)


def suspend_event(*, event_id: UUID, by: Actor, at: datetime) -> Event:
    """Stop registrations until resumed. Idempotent.

    Raises:
        NotFound, Deleted: no such event.
        WrongStage: it is cancelled.
    """
    return _set_suspended(True, EVENT_SUSPENDED, event_id=event_id, by=by, at=at)


def resume_event(*, event_id: UUID, by: Actor, at: datetime) -> Event:
    """Let a suspended event go on where it stood. Idempotent.

    Raises:
        NotFound, Deleted: no such event.
        WrongStage: it is cancelled.
    """
    return _set_suspended(False, EVENT_RESUMED, event_id=event_id, by=by, at=at)


@transaction.atomic
def _set_suspended(wanted: bool, event_type: EventType, *, event_id: UUID, by: Actor, at: datetime) -> Event:  # noqa: FBT001 - it is what the call is about
    event = locked(event_id)
    if event.cancelled_at:
        raise WrongStage("The event is cancelled")
    if (event.suspended_at is not None) != wanted:
        event.suspended_at = at if wanted else None
        _settle(event, event_type, by=by, at=at, changes={"suspended": [not wanted, wanted]})
    return selectors.event_of(event.id)


@transaction.atomic
def cancel_event(*, event_id: UUID, by: Actor, at: datetime) -> Event:
    """Cancel an event and its sessions, for good. Idempotent.

    Raises:
        NotFound, Deleted: no such event.
        AlreadyOver: it has ended.
    """
    event = locked(event_id)
    if event.cancelled_at is None:
        if event.ends_at <= at and Stage(event.stage) is not Stage.DRAFT:
            raise AlreadyOver("The event has ended")
        for session in Session.objects.filter(event=event, deleted_at=None, cancelled_at=None).order_by("id"):
            session.cancelled_at = at
            session.event = event
            session.version += 1
            session.save()
            record(SESSION_CANCELLED, subject=session, by=by, at=at, payload=session_payload(session, at=at))
        event.cancelled_at = at
        _settle(event, EVENT_CANCELLED, by=by, at=at, changes={"cancelled": [False, True]})
    return selectors.event_of(event.id)


@transaction.atomic
def delete_event(*, event_id: UUID, by: Actor, at: datetime) -> None:
    """Delete an event that nobody can attend any more: a draft, a cancelled one, or a finished one.

    Raises:
        NotFound, Deleted: no such event.
        WrongStage: it is public; cancel it first, so that people are told.
    """
    event = locked(event_id)
    if event.status(at=at) not in {"draft", "cancelled", "finished"}:
        raise WrongStage("The event is public; cancel it first, so that everyone registered is told")
    event.deleted_at = at
    _settle(event, EVENT_DELETED, by=by, at=at, changes={"deleted": [False, True]})


@transaction.atomic
def assign_coordinators(*, event_id: UUID, user_ids: list[UUID], by: Actor, at: datetime) -> Event:
    """Say who looks after an event: these users and no others. Idempotent.

    Raises:
        NotFound, Deleted: no such event.
        Invalid: somebody is not a coordinator here.
    """
    event = locked(event_id)
    known = User.objects.filter(id__in=user_ids, role=Role.COORDINATOR, is_active=True).in_bulk()
    errors = [
        FieldError(f"#/user_ids/{index}", "not_found", "there is no such coordinator")
        for index, user_id in enumerate(user_ids)
        if user_id not in known
    ]
    if errors:
        raise Invalid("No such coordinator", errors=errors)
    before = sorted(str(user.pk) for user in event.coordinators.all())
    after = sorted(str(user_id) for user_id in known)
    if before != after:
        event.coordinators.set(known.values())
        _settle(event, EVENT_UPDATED, by=by, at=at, changes={"coordinators": [before, after]})
    return selectors.event_of(event.id)
