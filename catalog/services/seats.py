"""Keeping seat pools true to what the catalogue offers."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from catalog.messages import CapacityBelowSeatsTaken
from catalog.models import Event, SeatPool, Session
from catalog.rules import Admission, Life, Stage
from kit.actor import Actor

# Told after a pool was opened or enlarged, in the same transaction: whoever keeps a queue lets people in.
# The catalogue stands below attendance and must not import it; settings name who listens.
type SeatsListener = Callable[..., object]


def set_capacity(pool: SeatPool, capacity: int) -> None:
    """Change how many seats there are. The database refuses to go below the seats taken.

    Raises:
        CapacityBelowSeatsTaken: more are taken than that.
    """
    try:
        with transaction.atomic():
            SeatPool.objects.filter(id=pool.id).update(capacity=capacity)
    except IntegrityError as error:
        raise CapacityBelowSeatsTaken(f"Seats are taken beyond {capacity}") from error


def sync(event: Event, *, by: Actor, at: datetime) -> None:
    """Bring the pools of an event and its sessions in line with their lives, then tell the listeners.

    Call at the end of every change of stage, dates, admission or capacity, inside its transaction.
    """
    _apply(event.pool_id, event, event.life, is_used=event.admission == Admission.EVENT)
    for session in Session.objects.filter(event=event).order_by("id"):
        session.event = event
        _apply_to_session(session)
    _tell(event, by=by, at=at)


def sync_session(session: Session, *, by: Actor, at: datetime) -> None:
    """Do as `sync` does, for a change that concerns one session alone."""
    _apply_to_session(session)
    _tell(session.event, by=by, at=at)


def _apply_to_session(session: Session) -> None:
    is_used = session.event.admission == Admission.SESSION and session.event.deleted_at is None
    _apply(session.pool_id, session, session.life, is_used=is_used)


def _tell(event: Event, *, by: Actor, at: datetime) -> None:
    for path in settings.SEATS_LISTENERS:
        listener: SeatsListener = import_string(path)
        listener(event_id=event.id, by=by, at=at)


def _apply(pool_id: UUID, owner: Event | Session, life: Life, *, is_used: bool) -> None:
    event = owner if isinstance(owner, Event) else owner.event
    SeatPool.objects.filter(id=pool_id).update(
        is_open=is_used and life.sells and owner.deleted_at is None,
        starts_at=owner.starts_at if isinstance(owner, Session) else None,
        closes_at=owner.ends_at,
        has_waitlist=event.has_waitlist,
        access_code=event.access_code if life.stage is Stage.PRESALE else None,
    )
