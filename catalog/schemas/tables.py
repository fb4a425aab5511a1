"""Events and sessions as tables of comma-separated values: what spreadsheets read and write."""

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal

from catalog import selectors, services
from catalog.schemas.bulk import BulkEventIn, BulkSessionIn, read_item
from catalog.services.bulk import Item
from kit.actor import Actor
from kit.errors import FieldError, Invalid
from kit.many import HowIn, results
from kit.pagination import every_row
from kit.tables import Line, lines, written

type Kind = Literal["events", "sessions"]

# Columns that an export shows and an import passes over.
_SHOWN = ("id", "status", "seats_taken")
COLUMNS: dict[Kind, tuple[str, ...]] = {
    "events": (
        "name", "starts_at", "ends_at", "capacity", "category", "place", "latitude", "longitude", "admission",
        "has_waitlist", "image_url", "resources", "description",
    ),
    "sessions": (
        "event_id", "title", "starts_at", "ends_at", "capacity", "room", "speakers", "presenter", "resources",
    ),
}  # fmt: skip
_TAKEN: dict[Kind, frozenset[str]] = {
    "events": frozenset({*COLUMNS["events"], "access_code", "client_ref"}),
    "sessions": frozenset({*COLUMNS["sessions"], "client_ref"}),
}
NAMES_SEPARATOR = ";"


def export(kind: Kind, *, by: Actor, at: datetime) -> Iterator[str]:
    """Write every event or session that the reader may know of, line by line."""
    names = ("id", *COLUMNS[kind], "status", "seats_taken")
    yield written(names)
    read = selectors.events if kind == "events" else selectors.sessions
    for row in every_row(lambda cut: read({"sort": "created_at"}, cut, reader=by, at=at)[0]):
        if kind == "sessions":
            row["speakers"] = NAMES_SEPARATOR.join(speaker["name"] for speaker in selectors.speakers_of([row]))
        yield written([row[name] for name in names])


def take_in(text: str, kind: Kind, how: HowIn, *, by: Actor, at: datetime) -> tuple[HTTPStatus, dict[str, Any]]:
    """Draft what a table holds; tell what became of each line.

    Raises:
        Malformed, Invalid: the table cannot be read at all.
    """
    read = lines(text, taken=_TAKEN[kind], passed_over=_SHOWN)
    names = selectors.Names()
    items = [_item(line, kind, names) for line in read]
    create = services.create_events if kind == "events" else services.create_sessions
    outcomes = create(items, is_atomic=how.is_atomic, is_dry=how.dry_run, by=by, at=at)
    return results(outcomes, [{"line": line.number} for line in read], is_dry=how.dry_run, place="#/lines/{line}")


def _item(line: Line, kind: Kind, names: selectors.Names) -> Item:
    """Read one line: names become ids, and the rest is read as JSON's strings are."""
    cells: dict[str, Any] = dict(line.cells)
    errors: list[FieldError] = []
    for column, field, find in (
        ("category", "category_id", names.category),
        ("room", "room_id", names.room),
        ("speakers", "speaker_ids", names.speaker),
    ):
        if column in cells:
            text = cells.pop(column)
            parts = text.split(NAMES_SEPARATOR) if column == "speakers" else [text]
            found = [find(part.strip()) for part in parts if part.strip()]
            errors += [FieldError(f"#/{column}", "not_found", one) for one in found if isinstance(one, str)]
            cells[field] = found if column == "speakers" else found[0]
    if errors:
        return Item(refusal=Invalid.of(errors))
    return read_item(cells, BulkEventIn if kind == "events" else BulkSessionIn)
