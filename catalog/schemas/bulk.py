"""Many events or sessions at once."""

from typing import Annotated, Any
from uuid import UUID

from ninja import Field
from pydantic import SkipValidation

from catalog.schemas.events import EventIn, SessionIn
from catalog.services.bulk import Item
from kit.errors import Refusal
from kit.many import MAX_ITEMS, BulkOut, ClientRef, HowIn, ResultOut, read


class BulkEventIn(EventIn):
    """An event with its sessions."""

    client_ref: ClientRef = ""
    sessions: Annotated[list[SessionIn], Field(max_length=200)] = []


class BulkSessionIn(SessionIn):
    """A session of an event that is there."""

    client_ref: ClientRef = ""
    event_id: UUID


class BulkEventsIn(HowIn):
    """Events to draft. Each is read by itself: what is wrong with one is told in its result."""

    items: Annotated[list[SkipValidation[BulkEventIn]], Field(min_length=1, max_length=MAX_ITEMS)]


class BulkSessionsIn(HowIn):
    """Sessions to draft. Each is read by itself: what is wrong with one is told in its result."""

    items: Annotated[list[SkipValidation[BulkSessionIn]], Field(min_length=1, max_length=MAX_ITEMS)]


class EventResultOut(ResultOut):
    """What became of an event, and of the sessions that came with it."""

    session_ids: list[UUID] = []


class BulkEventsOut(BulkOut):
    """What became of all, in the order they came."""

    results: list[EventResultOut]  # type: ignore[assignment] # more is told of each


def read_item(raw: Any, schema: type[BulkEventIn | BulkSessionIn]) -> Item:
    """Read one item, or say why it cannot be read."""
    item = read(raw, schema)
    if isinstance(item, Refusal):
        return Item(refusal=item)
    fields = item.model_dump(exclude={"client_ref", "sessions", "event_id"})
    if isinstance(item, BulkSessionIn):
        return Item(fields, event_id=item.event_id)
    return Item(fields, [session.model_dump() for session in item.sessions])
