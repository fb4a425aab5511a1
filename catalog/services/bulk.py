"""Many events or sessions in one call: what becomes of each is told in the order they came."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from catalog.services import drafting
from catalog.services.drafting import Draft, Fields
from catalog.services.locking import locked_events
from kit.actor import Actor
from kit.errors import FieldError, Invalid, Refusal
from kit.many import Outcome

MAX_SESSIONS = 5_000


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to make, or why its fields cannot be read. `fields` are those of `EventIn` or `SessionIn`."""

    fields: Fields = field(default_factory=dict)
    sessions: Sequence[Fields] = ()
    event_id: UUID | None = None
    refusal: Refusal | None = None


def create_events(
    items: Sequence[Item], *, is_atomic: bool, is_dry: bool = False, by: Actor, at: datetime
) -> list[Outcome]:
    """Draft events with their sessions: all or none if `is_atomic`, else the sound ones. A dry run writes nothing.

    Raises:
        Invalid: more sessions than one transaction should hold.
    """
    if sum(len(item.sessions) for item in items) > MAX_SESSIONS:
        why = f"give at most {MAX_SESSIONS} sessions in one call"
        raise Invalid.of([FieldError("#/items", "too_many_sessions", why)])
    drafts = [item.refusal or drafting.event_draft(item.fields, item.sessions, by=by, at=at) for item in items]
    return _write(drafts, is_atomic=is_atomic, is_dry=is_dry, by=by, at=at)


@transaction.atomic
def create_sessions(
    items: Sequence[Item], *, is_atomic: bool, is_dry: bool = False, by: Actor, at: datetime
) -> list[Outcome]:
    """Draft sessions of events that are there, as `create_events` does."""
    events = locked_events([item.event_id for item in items if item.refusal is None and item.event_id])
    drafts: list[Draft | Refusal] = []
    for item in items:
        event = item.refusal or events[item.event_id]  # type: ignore[index] # an item without refusal has one
        drafts.append(event if isinstance(event, Refusal) else drafting.session_draft(event, item.fields, at=at))
    return _write(drafts, is_atomic=is_atomic, is_dry=is_dry, by=by, at=at)


def _write(
    drafts: Sequence[Draft | Refusal], *, is_atomic: bool, is_dry: bool, by: Actor, at: datetime
) -> list[Outcome]:
    readable = [draft for draft in drafts if isinstance(draft, Draft)]
    # What cannot be read stands against all, too; the others are checked all the same, and their faults told.
    is_hopeless = is_atomic and len(readable) < len(drafts)
    drafting.write(readable, is_atomic=is_atomic, is_dry=is_dry or is_hopeless, by=by, at=at)
    is_lost = is_atomic and any(isinstance(draft, Refusal) or draft.refusal for draft in drafts)
    return [_outcome(draft, is_lost=is_lost) for draft in drafts]


def _outcome(draft: Draft | Refusal, *, is_lost: bool) -> Outcome:
    if isinstance(draft, Refusal):
        return Outcome(refusal=draft)
    if draft.refusal or is_lost:
        return Outcome(refusal=draft.refusal)
    session_ids = [wanted.session.id for wanted in draft.sessions]
    if not draft.is_new:
        return Outcome(session_ids[0])
    return Outcome(draft.event.id, more={"session_ids": session_ids} if session_ids else {})
