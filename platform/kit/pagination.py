"""Pages: by number where users know them, by keyset cursor where a list grows without bound."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from ninja import Field

from kit.errors import FieldError, Invalid, Malformed
from kit.schemas import In, Out

MAX_SIZE = 100
MAX_PAGE = 10_000
PAGE_SIZE = 20
STRETCH = 50
# Of what is read to its end.
EXPORTED = 500

type Size = Annotated[int, Field(ge=1, le=MAX_SIZE)]
type Number = Annotated[int, Field(ge=1, le=MAX_PAGE)]


class CutIn(In):
    """Which part of a list: `page` and `size` for a numbered page and a total, or `limit` and `after` for a stretch."""

    page: Number | None = None
    size: Size | None = None
    limit: Size | None = None
    after: Annotated[str, Field(max_length=1_000)] | None = None

    def cut(self) -> "Cut":
        """Tell the two apart.

        Raises:
            Invalid: both are asked for.
            Malformed: the cursor is not one of ours.
        """
        if self.limit is None and self.after is None:
            return Page(self.page or 1, self.size or PAGE_SIZE)
        if self.page is not None or self.size is not None:
            why = "ask for `page` and `size`, or for `limit` and `after`"
            raise Invalid(why.capitalize(), errors=[FieldError("?page", "page_and_cursor", why)])
        return Stretch(self.limit or STRETCH, Position.read(self.after) if self.after else None)

    def filters(self) -> dict[str, Any]:
        """Give what else was asked for, by the names of the fields."""
        return self.model_dump(exclude=set(CutIn.model_fields))


class StretchIn(In):
    """Which part of a list that has no numbered pages."""

    limit: Size = STRETCH
    after: Annotated[str, Field(max_length=1_000)] | None = None

    def cut(self) -> "Stretch":
        """Give the stretch asked for.

        Raises:
            Malformed: the cursor is not one of ours.
        """
        return Stretch(self.limit, Position.read(self.after) if self.after else None)

    def filters(self) -> dict[str, Any]:
        """Give what else was asked for, by the names of the fields."""
        return self.model_dump(exclude=set(StretchIn.model_fields))


class StretchOut[Item](Out):
    """One stretch of a list; pass `next` as `after` for the one behind it."""

    items: list[Item]
    next: str | None
    has_more: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A numbered page, from 1."""

    number: int
    size: int


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two rows: the last one's value in the order named, and its id."""

    sort: str
    value: str
    id: UUID

    def __str__(self) -> str:
        return urlsafe_b64encode(orjson.dumps([self.sort, self.value, self.id])).decode().rstrip("=")

    @classmethod
    def read(cls, cursor: str) -> "Position":
        """Read a cursor.

        Raises:
            Malformed: it is not one of ours.
        """
        try:
            sort, value, row_id = orjson.loads(urlsafe_b64decode(cursor + "=="))
            if "\x00" in value:
                raise bad_cursor()
            return cls(str(sort), str(value), UUID(row_id))
        except (ValueError, TypeError, AttributeError) as error:
            raise bad_cursor() from error

    def moment(self) -> datetime:
        """Give the value as a time.

        Raises:
            Malformed: it is none.
        """
        try:
            return datetime.fromisoformat(self.value)
        except ValueError as error:
            raise bad_cursor() from error


@dataclass(frozen=True, slots=True)
class Stretch:
    """So many rows behind a position, or from the beginning."""

    limit: int
    after: Position | None


type Cut = Page | Stretch


def every_row(read: Callable[[Stretch], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Read a list to its end, stretch by stretch; `read` gives the one asked for, as lists answer."""
    after: Position | None = None
    while True:
        page = read(Stretch(EXPORTED, after))
        yield from page["items"]
        if not page["has_more"]:
            return
        after = Position.read(page["next"])


def bad_cursor() -> Malformed:
    """Refuse a cursor that is not one of ours."""
    why = "pass `next` of the page before, unchanged, with the same `sort`"
    return Malformed("The cursor is not one of ours", errors=[FieldError("?after", "bad_cursor", why)])
