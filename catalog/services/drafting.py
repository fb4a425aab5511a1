"""Drafting events and sessions, one or a thousand: the same checks, and one statement a table."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from catalog.messages import EVENT_CREATED, SESSION_CREATED, WrongStage, ends_before_start, outside_event, unknown
from catalog.models import Category, Event, SeatPool, Session
from catalog.services import schedule, search
from catalog.services.payloads import event_payload, session_payload
from catalog.services.schedule import Wanted
from journal.services import Fact, record_all
from kit.actor import Actor
from kit.bulk import insert_all
from kit.errors import FieldError, Invalid, Refusal
from kit.ids import new_id

type Fields = dict[str, Any]


@dataclass(slots=True)
class Draft:
    """What is to be made: an event with sessions, or sessions of an event that is there.

    Afterwards `refusal` tells why it was not made, if it was not.
    """

    event: Event
    is_new: bool
    sessions: list[Wanted] = field(default_factory=list)
    # Of whatever is new: the event's own, and its sessions'.
    pools: list[SeatPool] = field(default_factory=list)
    refusal: Refusal | None = None
    # Whether pointers lead into a list of sessions, or the body is the session itself.
    is_nested: bool = False

    def pointer(self, number: int, name: str) -> str:
        """Point at a field of a session."""
        return f"sessions/{number}/{name}" if self.is_nested else name


def event_draft(fields: Fields, sessions: Sequence[Fields] = (), *, by: Actor, at: datetime) -> Draft:
    """Plan an event. `fields` are those of `EventIn`, each of `sessions` those of `SessionIn`."""
    fields = dict(fields)
    capacity = fields.pop("capacity")
    event = Event(id=new_id(), created_by_id=by.user_id, created_at=at, updated_at=at, **fields)
    event.pool_id = event.id
    draft = Draft(event, is_new=True, pools=[_pool(event, event, capacity)], is_nested=True)
    for one in sessions:
        _add(draft, one, at=at)
    return draft


def session_draft(event: Event, fields: Fields, *, at: datetime) -> Draft:
    """Plan a session of an event that is there and locked."""
    draft = Draft(event, is_new=False)
    _add(draft, fields, at=at)
    return draft


def _add(draft: Draft, fields: Fields, *, at: datetime) -> None:
    fields = dict(fields)
    capacity, speaker_ids = fields.pop("capacity"), fields.pop("speaker_ids", [])
    session = Session(id=new_id(), event=draft.event, created_at=at, updated_at=at, **fields)
    session.pool_id = session.id
    draft.sessions.append(Wanted(session, speaker_ids))
    draft.pools.append(_pool(session, draft.event, capacity))


@transaction.atomic
def write(drafts: Sequence[Draft], *, is_atomic: bool = True, is_dry: bool = False, by: Actor, at: datetime) -> None:
    """Check drafts and write those that are sound; if `is_atomic`, all of them or none. A dry run writes nothing.

    Each draft's `refusal` says what was wrong with it.
    """
    sound = [draft for draft in drafts if draft.refusal is None]
    known = _known(sound)
    for draft in sound:
        draft.refusal = _fault(draft, known)
    sound = _booked([draft for draft in sound if draft.refusal is None], is_atomic=is_atomic)
    if is_atomic and len(sound) < len(drafts):
        transaction.set_rollback(True)
        return
    _insert(sound, by=by, at=at)
    if is_dry:
        transaction.set_rollback(True)


def _known(drafts: Sequence[Draft]) -> set[UUID]:
    """Look up whatever the drafts name: three queries at most. Rooms and speakers are locked."""
    known = schedule.locked_for(wanted for draft in drafts for wanted in draft.sessions)
    return known | live_categories(
        {draft.event.category_id for draft in drafts if draft.is_new and draft.event.category_id}
    )


def live_categories(ids: Collection[UUID]) -> set[UUID]:
    """Give those categories of the ids that exist."""
    found = Category.objects.filter(id__in=ids, deleted_at=None)
    return set(found.values_list("id", flat=True)) if ids else set()


def _fault(draft: Draft, known: set[UUID]) -> Refusal | None:
    event = draft.event
    errors: list[FieldError] = []
    if draft.is_new:
        errors += check_event(event, known)
    elif event.cancelled_at:
        return WrongStage("The event is cancelled")
    for number, wanted in enumerate(draft.sessions):
        errors += [
            FieldError(f"#/{draft.pointer(number, error.pointer[2:])}", error.code, error.detail)
            for error in check_session(wanted, known)
        ]
    return Invalid.of(errors) if errors else None


def check_event(event: Event, known: set[UUID]) -> Iterable[FieldError]:
    """Name what is wrong with an event's own fields. `known` holds the ids that exist."""
    if event.ends_at <= event.starts_at:
        yield ends_before_start()
    if event.category_id and event.category_id not in known:
        yield unknown("category_id", "category")


def check_session(wanted: Wanted, known: set[UUID]) -> Iterable[FieldError]:
    """Name what is wrong with a session's own fields, its event given."""
    session, event = wanted.session, wanted.session.event
    if session.ends_at <= session.starts_at:
        yield ends_before_start()
    elif session.starts_at < event.starts_at or session.ends_at > event.ends_at:
        yield outside_event()
    if session.room_id and session.room_id not in known:
        yield unknown("room_id", "room")
    for index, speaker_id in enumerate(wanted.speaker_ids):
        if speaker_id not in known:
            yield unknown(f"speaker_ids/{index}", "speaker")


def _booked(drafts: list[Draft], *, is_atomic: bool) -> list[Draft]:
    """Hold rooms and speakers; drop and refuse the drafts that cannot have them."""
    while drafts and (clashes := schedule.hold([draft.sessions for draft in drafts])):
        is_alone = len(drafts) == 1 and len(drafts[0].sessions) == 1
        for draft in drafts:
            against = [clash for wanted in draft.sessions for clash in clashes.get(wanted.session.id, [])]
            if against:
                draft.refusal = schedule.clash(against, offer=draft.sessions[0] if is_alone else None)
        drafts = [draft for draft in drafts if draft.refusal is None]
        if is_atomic:
            break
    return drafts


def _insert(drafts: Sequence[Draft], *, by: Actor, at: datetime) -> None:
    events = [draft.event for draft in drafts if draft.is_new]
    sessions = [wanted.session for draft in drafts for wanted in draft.sessions]
    insert_all([pool for draft in drafts for pool in draft.pools])
    insert_all(events)
    insert_all(sessions)
    links = Session.speakers.through
    insert_all(
        [
            links(session_id=wanted.session.id, speaker_id=speaker_id)
            for draft in drafts
            for wanted in draft.sessions
            for speaker_id in dict.fromkeys(wanted.speaker_ids)
        ]
    )
    search.index({draft.event.id for draft in drafts})
    record_all(
        [Fact(EVENT_CREATED, event, event_payload(event, at=at)) for event in events]
        + [Fact(SESSION_CREATED, session, session_payload(session, at=at)) for session in sessions],
        by=by,
        at=at,
    )


def _pool(owner: Event | Session, event: Event, capacity: int) -> SeatPool:
    """Make a draft's pool: closed."""
    return SeatPool(
        id=owner.id, event_id=event.id, capacity=capacity, has_waitlist=event.has_waitlist, closes_at=owner.ends_at,
        starts_at=owner.starts_at if isinstance(owner, Session) else None,
    )  # fmt: skip
