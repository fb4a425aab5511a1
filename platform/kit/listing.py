"""Lists straight from SQL: a page by number, or a stretch after a cursor, of whatever the conditions leave.

The statements are written by hand because the ORM spends more on composing them than PostgreSQL on running them;
what callers say only ever arrives as parameters.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.datetime import TimestamptzLoader

from kit.errors import Deleted, NotFound
from kit.pagination import Cut, Page, Position, bad_cursor
from kit.scope import connection

type Row = dict[str, Any]

# Members of a row that are no columns of its shape: take them out with `shown` before it is shown.
SORT_VALUE, TOTAL = "sort_value", "total_found"
# What is told of a deleted row, unless its list says otherwise.
TOMBSTONE = ("id", "version", "updated_at", "deleted_at")


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: an SQL expression of the type that `cast` names, then the id."""

    name: str
    expression: str
    cast: str
    is_descending: bool = False

    @property
    def direction(self) -> str:
        """The SQL word."""
        return "DESC" if self.is_descending else "ASC"


def both_ways(*sorts: Sort) -> dict[str, Sort]:
    """Offer each order by its name, and turned round by its name behind a minus."""
    turned = [replace(sort, name=f"-{sort.name}", is_descending=True) for sort in sorts]
    return {sort.name: sort for sort in (*sorts, *turned)}


def asked_order(sorts: Mapping[str, Sort], filters: Mapping[str, Any], *, default: str) -> Sort:
    """Give the order asked for; else that of the changes where they are asked for, else the default."""
    return sorts[filters.get("sort") or ("updated_at" if filters.get("updated_since") else default)]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a list selects from a table: `inner` is joined to look for rows, `outer` to show those of a page."""

    table: str
    alias: str
    inner: str
    outer: str
    columns: dict[str, str]

    @property
    def selected(self) -> str:
        """The select list."""
        return ", ".join(f"{expression} AS {name}" for name, expression in self.columns.items())


@dataclass(slots=True)
class Query:
    """A list being asked for. `params` always hold `at`, the present."""

    shape: Shape
    at: datetime
    sort: Sort
    # Whether to count in the statement that finds: cheaper where all that is found must be looked at anyway.
    counts_along: bool = False
    # Where ids are looked for, if elsewhere than in the shape's own table: a FROM, and its id.
    source: str = ""
    key: str = ""
    joins: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Know the present, and where to look."""
        self.params["at"] = self.at
        self.source = self.source or f"{self.shape.table} {self.shape.alias} {self.shape.inner}"
        self.key = self.key or f"{self.shape.alias}.id"

    def where(self, condition: str, **params: Any) -> None:
        """Keep only what meets the condition, too."""
        self.conditions.append(condition)
        self.params.update(params)

    def keep(self, conditions: Mapping[str, str], filters: Mapping[str, Any]) -> None:
        """Keep only what meets the conditions of the filters that are given."""
        for name, condition in conditions.items():
            if (value := filters.get(name)) is not None:
                self.where(condition, **{name: value})

    def cut(self, cut: Cut) -> tuple[Row, list[Row]]:
        """Give the frame of a page or stretch, without its items, and the rows.

        Raises:
            Malformed: the cursor is of another order.
        """
        if isinstance(cut, Page):
            rows = self.page(cut)
            total = rows[0][TOTAL] if rows and TOTAL in rows[0] else self._total()
            return {"total": total, "page": cut.number, "size": cut.size}, rows
        rows, following = self._stretch(cut.limit, cut.after)
        return {"next": str(following) if following else None, "has_more": following is not None}, rows

    def page(self, cut: Page) -> list[Row]:
        """Cut a numbered page."""
        self.params |= {"limit": cut.size, "offset": (cut.number - 1) * cut.size}
        return self._rows(f"ORDER BY {self._order} LIMIT %(limit)s OFFSET %(offset)s")

    def _total(self) -> int:
        return int(self._run(f"SELECT count(*) {self._from}")[0][0])

    def _stretch(self, limit: int, after: Position | None) -> tuple[list[Row], Position | None]:
        sort = self.sort
        if after is not None:
            if after.sort != sort.name:
                raise bad_cursor()
            comes_after = "<" if sort.is_descending else ">"
            here = f"({sort.expression}, {self.key})"
            there = f"(%(after_value)s::{sort.cast}, %(after_id)s::uuid)"
            value = after.moment() if sort.cast == "timestamptz" else after.value
            self.where(f"{here} {comes_after} {there}", after_value=value, after_id=after.id)
        self.params["limit"] = limit + 1
        rows = self._rows(f"ORDER BY {self._order} LIMIT %(limit)s")
        has_more = len(rows) > limit
        rows = rows[:limit]
        return rows, Position(sort.name, str(rows[-1][SORT_VALUE]), rows[-1]["id"]) if has_more else None

    def all(self) -> list[Row]:
        """Take every row."""
        return self._rows(f"ORDER BY {self._order}")

    def one(self, noun: str, row_id: UUID) -> Row:
        """Take the row of an id.

        Raises:
            NotFound: there is none that meets the conditions.
            Deleted: there was one.
        """
        self.where(f"{self.key} = %(id)s::uuid", id=row_id)
        found = self.all()
        if not found:
            raise NotFound(f"No such {noun}")
        if found[0]["deleted_at"] is not None:
            raise Deleted(f"The {noun} has been deleted")
        return found[0]

    @property
    def _order(self) -> str:
        return f"{SORT_VALUE} {self.sort.direction}, {self.key} {self.sort.direction}"

    @property
    def _from(self) -> str:
        where = f"WHERE {' AND '.join(self.conditions)}" if self.conditions else ""
        return f"FROM {self.source} {' '.join(self.joins)} {where}"

    def _rows(self, cut: str) -> list[Row]:
        shape, alias, direction = self.shape, self.shape.alias, self.sort.direction
        of_page = {SORT_VALUE: self.sort.expression, **({TOTAL: "count(*) OVER ()"} if self.counts_along else {})}
        sought = ", ".join(f"{expression} AS {name}" for name, expression in of_page.items())
        selected = ", ".join([shape.selected, *(f"page.{name}" for name in of_page)])
        # The page is cut first, of ids alone: whatever else a row shows is looked up for those of the page.
        # All parts are constants; values are parameters.
        statement = (
            f"SELECT {selected} FROM (SELECT {self.key} AS id, {sought} {self._from} {cut}) AS page"  # noqa: S608 - as said
            f" JOIN {shape.table} {alias} ON {alias}.id = page.id {shape.outer}"
            f" ORDER BY page.{SORT_VALUE} {direction}, page.id {direction}"
        )
        names = [*shape.columns, *of_page]
        return [dict(zip(names, row, strict=True)) for row in self._run(statement)]

    def _run(self, statement: str) -> list[tuple[Any, ...]]:
        return fetched(statement, self.params)


def fetched(statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement and give its rows."""
    with connection.cursor() as cursor:
        # Django reads times in Python, row by row; psycopg's own reader gives the same and is compiled.
        cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        cursor.execute(statement, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def keep_changed(query: Query, filters: Mapping[str, Any], *, live: str) -> None:
    """Keep what changed since the moment asked for, deleted or not; if none is, keep what is `live`."""
    if changed := filters.get("updated_since"):
        query.where(f"{query.shape.alias}.updated_at >= %(changed)s::timestamptz", changed=changed)
    else:
        query.where(live)


def shown(row: Row, *, tombstone: Collection[str] = TOMBSTONE) -> Row:
    """Give a row as readers see it; of what was deleted, the members named alone."""
    if row["deleted_at"] is not None:
        return {name: row[name] for name in tombstone}
    for name in ("deleted_at", SORT_VALUE, TOTAL):
        row.pop(name, None)
    return row
