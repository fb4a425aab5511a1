"""Many registrations at once, as JSON and as tables."""

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from ninja import Field
from pydantic import SkipValidation

from attendance import selectors, services
from attendance.rules import RegistrationStatus
from attendance.schemas.registrations import AttendeeIn, RegistrationsIn, WishIn
from attendance.services import Attendee, Item
from kit.actor import Actor
from kit.errors import Refusal
from kit.many import MAX_ITEMS, BulkOut, ClientRef, HowIn, ResultOut, client_ref, read, results
from kit.pagination import every_row
from kit.tables import lines, written

_TAKEN = ("event_id", "session_id", "name", "email", "role_text", "access_code", "client_ref")
COLUMNS = (
    "id", "event_id", "session_id", "name", "email", "role_text", "status", "waitlist_position", "code", "source",
    "checked_in_at", "cancel_reason", "created_at", "updated_at", "cancelled_at",
)  # fmt: skip


class SeatIn(WishIn):
    """Where a seat is asked for."""

    client_ref: ClientRef = ""
    event_id: UUID
    session_id: UUID | None = None


class BulkRegistrationIn(SeatIn):
    """Somebody to register."""

    attendee: AttendeeIn


class LineIn(SeatIn, AttendeeIn):
    """The same as a line of a table."""


class BulkRegistrationsIn(HowIn):
    """People to register. Each is read by itself: what is wrong with one is told in its result."""

    items: Annotated[list[SkipValidation[BulkRegistrationIn]], Field(min_length=1, max_length=MAX_ITEMS)]


class RegistrationResultOut(ResultOut):
    """What became of somebody: with `created`, whether it is a seat or a place on the waitlist."""

    registration_status: RegistrationStatus | None = None
    waitlist_position: int | None = None


class BulkRegistrationsOut(BulkOut):
    """What became of all, in the order they came."""

    results: list[RegistrationResultOut]  # type: ignore[assignment] # more is told of each


def _item(raw: Any, schema: type[BulkRegistrationIn | LineIn]) -> Item | Refusal:
    one = read(raw, schema)
    if isinstance(one, Refusal):
        return one
    who = one.attendee if isinstance(one, BulkRegistrationIn) else one
    source = "bulk" if isinstance(one, BulkRegistrationIn) else "import"
    attendee = Attendee(who.name, who.email, role_text=one.role_text, source=source, access_code=one.access_code)
    return Item(one.event_id, one.session_id, attendee)


def register(payload: BulkRegistrationsIn, *, by: Actor, at: datetime) -> tuple[HTTPStatus, dict[str, Any]]:
    """Register people; tell what became of each."""
    items = [_item(raw, BulkRegistrationIn) for raw in payload.items]
    outcomes = services.register_many(items, is_atomic=payload.is_atomic, is_dry=payload.dry_run, by=by, at=at)
    return results(outcomes, [client_ref(raw) for raw in payload.items], is_dry=payload.dry_run)


def take_in(text: str, how: HowIn, *, by: Actor, at: datetime) -> tuple[HTTPStatus, dict[str, Any]]:
    """Register whom a table holds; tell what became of each line.

    Raises:
        Malformed, Invalid: the table cannot be read at all.
    """
    found = lines(text, taken=_TAKEN, passed_over=[name for name in COLUMNS if name not in _TAKEN])
    items = [_item(line.cells, LineIn) for line in found]
    is_atomic, is_dry = how.is_atomic, how.dry_run
    outcomes = services.register_many(items, is_atomic=is_atomic, is_dry=is_dry, by=by, at=at)
    labels = [{"line": line.number, **client_ref(line.cells)} for line in found]
    return results(outcomes, labels, is_dry=is_dry, place="#/lines/{line}")


def export(query: RegistrationsIn, *, by: Actor, at: datetime) -> Iterator[str]:
    """Write every registration that the reader may see and asks for, oldest first, line by line."""
    yield written(COLUMNS)
    filters = {**query.filters(), "sort": "created_at"}
    for row in every_row(lambda cut: selectors.registrations(filters, cut, reader=by, at=at)):
        cells = {**row, **row["attendee"]}
        yield written([cells[name] for name in COLUMNS])
