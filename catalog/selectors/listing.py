"""Lists straight from SQL: a page by number, or a stretch after a cursor, of whatever the conditions leave.

The statements are written by hand because the ORM spends more on composing them than PostgreSQL on running them;
what callers say only ever arrives as parameters.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kit.pagination import Cut, Page, Position, bad_cursor
from kit.scope import connection

type Row = dict[str, Any]


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


@dataclass(frozen=True, slots=True)
class Shape:
    """What a list selects: `inner` is its FROM, `outer` what each row of a page is joined with, `columns` by name."""

    inner: str
    alias: str
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
    joins: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Know the present."""
        self.params["at"] = self.at

    def where(self, condition: str, **params: Any) -> None:
        """Keep only what meets the condition, too."""
        self.conditions.append(condition)
        self.params.update(params)

    def cut(self, cut: Cut) -> tuple[Row, list[Row]]:
        """Give the frame of a page or stretch, without its items, and the rows.

        Raises:
            Malformed: the cursor is of another order.
        """
        if isinstance(cut, Page):
            rows = self.page(cut)
            return {"total": self._total(), "page": cut.number, "size": cut.size}, rows
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
            here = f"({sort.expression}, {self.shape.alias}.id)"
            there = f"(%(after_value)s::{sort.cast}, %(after_id)s::uuid)"
            value = after.moment() if sort.cast == "timestamptz" else after.value
            self.where(f"{here} {comes_after} {there}", after_value=value, after_id=after.id)
        self.params["limit"] = limit + 1
        rows = self._rows(f"ORDER BY {self._order} LIMIT %(limit)s", keep_sort=True)
        has_more = len(rows) > limit
        rows = rows[:limit]
        values = [row.pop("sort_value") for row in rows]
        return rows, Position(sort.name, str(values[-1]), rows[-1]["id"]) if has_more else None

    def all(self) -> list[Row]:
        """Take every row."""
        return self._rows(f"ORDER BY {self._order}")

    @property
    def _order(self) -> str:
        return f"sort_value {self.sort.direction}, id {self.sort.direction}"

    @property
    def _from(self) -> str:
        where = f"WHERE {' AND '.join(self.conditions)}" if self.conditions else ""
        return f"FROM {self.shape.inner} {' '.join(self.joins)} {where}"

    def _rows(self, cut: str, *, keep_sort: bool = False) -> list[Row]:
        shape, names = self.shape, list(self.shape.columns)
        # The page is cut first, so that seats and speakers are looked up for its rows alone.
        statement = (
            f"SELECT {shape.selected}, sort_value"  # noqa: S608 - constants; values are parameters
            f" FROM (SELECT {shape.alias}.*, {self.sort.expression} AS sort_value {self._from} {cut}) AS {shape.alias}"
            f" {shape.outer} ORDER BY sort_value {self.sort.direction}, {shape.alias}.id {self.sort.direction}"
        )
        if keep_sort:
            names.append("sort_value")
        return [dict(zip(names, row, strict=False)) for row in self._run(statement)]

    def _run(self, statement: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, self.params)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found


def next_change(rows: list[Row], *, at: datetime) -> datetime | None:
    """Tell when the clock alone will change one of these rows: the next start or end."""
    moments = [row[name] for row in rows for name in ("starts_at", "ends_at") if name in row]
    return min((moment for moment in moments if moment > at), default=None)
