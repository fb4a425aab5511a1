"""Events and sessions as tables of comma-separated values: what spreadsheets read and write."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from io import StringIO
from typing import Any, Literal

from catalog import selectors, services
from catalog.schemas.bulk import BulkEventIn, BulkSessionIn, HowIn, read_item, results
from catalog.services.bulk import MAX_ITEMS, Item
from kit.actor import Actor
from kit.errors import FieldError, Invalid, Malformed
from kit.pagination import Position, Stretch

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
    "events": frozenset({*COLUMNS["events"], *_SHOWN, "access_code", "client_ref"}),
    "sessions": frozenset({*COLUMNS["sessions"], *_SHOWN, "client_ref"}),
}
# A cell that begins so is a formula to a spreadsheet; an apostrophe in front makes it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
NAMES_SEPARATOR = ";"
EXPORT_ROWS = 500


class ImportIn(HowIn):
    """How to take a table in."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table, and the line of the file that it ends on."""

    number: int
    cells: dict[str, str]


def lines(text: str, kind: Kind) -> list[Line]:
    """Read a table. Commas or semicolons; the first line names the columns, in any order.

    Raises:
        Malformed: it is not a table.
        Invalid: it has unknown columns, no rows, or more than 1,000.
    """
    head = text.partition("\n")[0]
    reader = csv.reader(
        StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",", strict=True
    )
    try:
        names = [name.strip() for name in next(reader, [])]
        if unknown := [name for name in names if name not in _TAKEN[kind]]:
            why = f"is none of {', '.join(sorted(_TAKEN[kind]))}"
            raise Invalid.of([FieldError("#/lines/1", "unknown_column", f"{name!r} {why}") for name in unknown])
        found = [_line(reader.line_num, names, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise Malformed(f"Line {reader.line_num}: {error}") from error
    if not 0 < len(found) <= MAX_ITEMS:
        raise Invalid.of([FieldError("#/lines", "too_many" if found else "empty", f"give 1 to {MAX_ITEMS} rows")])
    return found


def _line(number: int, names: Sequence[str], row: Sequence[str]) -> Line:
    if len(row) > len(names):
        raise Malformed(f"Line {number} has {len(row)} cells, and the first line names {len(names)} columns")
    cells = {name: _unescaped(cell) for name, cell in zip(names, row, strict=False) if name not in _SHOWN}
    # An empty cell is a field left out, and so is one of blanks.
    return Line(number, {name: cell for name, cell in cells.items() if cell.strip()})


def _unescaped(cell: str) -> str:
    return cell[1:] if cell.startswith(tuple(f"'{sign}" for sign in _FORMULA)) else cell


def _escaped(cell: object) -> str:
    text = "" if cell is None else cell.isoformat() if isinstance(cell, datetime) else str(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(_FORMULA) else text


def export(kind: Kind, *, by: Actor, at: datetime) -> Iterator[str]:
    """Write every event or session that the reader may know of, line by line."""
    names = ("id", *COLUMNS[kind], "status", "seats_taken")
    yield _joined(names)
    read = selectors.events if kind == "events" else selectors.sessions
    after: Position | None = None
    while True:
        page, _ = read({"sort": "created_at"}, Stretch(EXPORT_ROWS, after), reader=by, at=at)
        for row in page["items"]:
            if kind == "sessions":
                row["speakers"] = NAMES_SEPARATOR.join(speaker["name"] for speaker in selectors.speakers_of([row]))
            yield _joined([_escaped(row[name]) for name in names])
        if not page["has_more"]:
            return
        after = Position.read(page["next"])


def _joined(cells: Sequence[str]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()


def take_in(text: str, kind: Kind, how: HowIn, *, by: Actor, at: datetime) -> tuple[HTTPStatus, dict[str, Any]]:
    """Draft what a table holds; tell what became of each line.

    Raises:
        Malformed, Invalid: the table cannot be read at all.
    """
    read = lines(text, kind)
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
