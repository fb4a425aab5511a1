"""Tables of comma-separated values: what spreadsheets read and write."""

import csv
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO

from django.http import HttpRequest, StreamingHttpResponse

from kit.errors import FieldError, Invalid, Malformed, MediaType
from kit.many import MAX_ITEMS

CSV = "text/csv"
# A cell that begins so is a formula to a spreadsheet; an apostrophe in front makes it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table, and the line of the file that it ends on."""

    number: int
    cells: dict[str, str]


def text_of(request: HttpRequest) -> str:
    """Give the table that a request brings.

    Raises:
        MediaType: it is declared as something else.
        Malformed: it is not UTF-8, or holds a NUL character.
    """
    if request.content_type != CSV:
        raise MediaType(f"The body is declared as {request.content_type or 'nothing'}; send {CSV}, in UTF-8")
    try:
        text = request.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed("The table is not UTF-8; save it as such") from error
    if "\x00" in text:
        raise Malformed("Text must not hold the NUL character")
    return text


def lines(text: str, *, taken: Collection[str], passed_over: Collection[str] = ()) -> list[Line]:
    """Read a table. Commas or semicolons; the first line names the columns, in any order.

    Raises:
        Malformed: it is not a table.
        Invalid: it has other columns than those `taken` and `passed_over`, no rows, or more than 1,000.
    """
    head = text.partition("\n")[0]
    reader = csv.reader(
        StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",", strict=True
    )
    try:
        names = [name.strip() for name in next(reader, [])]
        if unknown := [name for name in names if name not in {*taken, *passed_over}]:
            there_are = ", ".join(sorted({*taken, *passed_over}))
            raise Invalid.of(
                [FieldError("#/lines/1", "unknown_column", f"{name!r} is none of {there_are}") for name in unknown]
            )
        found = [_line(reader.line_num, names, row, passed_over) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise Malformed(f"Line {reader.line_num}: {error}") from error
    if not 0 < len(found) <= MAX_ITEMS:
        raise Invalid.of([FieldError("#/lines", "too_many" if found else "empty", f"give 1 to {MAX_ITEMS} rows")])
    return found


def _line(number: int, names: Sequence[str], row: Sequence[str], passed_over: Collection[str]) -> Line:
    if len(row) > len(names):
        raise Malformed(f"Line {number} has {len(row)} cells, and the first line names {len(names)} columns")
    cells = {name: _unescaped(cell) for name, cell in zip(names, row, strict=False) if name not in passed_over}
    # An empty cell is a field left out, and so is one of blanks.
    return Line(number, {name: cell for name, cell in cells.items() if cell.strip()})


def _unescaped(cell: str) -> str:
    return cell[1:] if cell.startswith(tuple(f"'{sign}" for sign in _FORMULA)) else cell


def download(lines: Iterator[str], name: str) -> StreamingHttpResponse:
    """Answer with a table, line by line, as a file of the name."""
    response = StreamingHttpResponse(lines, content_type=f"{CSV}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def written(cells: Sequence[object]) -> str:
    """Write a row as a line."""
    buffer = StringIO()
    csv.writer(buffer).writerow([_escaped(cell) for cell in cells])
    return buffer.getvalue()


def _escaped(cell: object) -> str:
    text = "" if cell is None else cell.isoformat() if isinstance(cell, datetime) else str(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(_FORMULA) else text
