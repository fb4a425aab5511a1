"""Reading events as rows, as far as the reader may know."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog.rules import folded, search_words
from catalog.selectors import sessions
from catalog.selectors.listing import good_until, keep_staged, sees_drafts
from catalog.selectors.statuses import EVENT_STATUS, IS_OFFERED
from kit.actor import Actor
from kit.listing import Query, Row, Shape, Sort, asked_order, both_ways, shown
from kit.pagination import Cut, Page

# The event's own seats, or those of the sessions that are offered with it, as its admission says.
SEATS = f"""
    CROSS JOIN LATERAL (
        SELECT p.capacity, p.seats_taken FROM catalog_seatpool p WHERE p.id = e.id AND e.admission = 'event'
        UNION ALL
        SELECT coalesce(sum(p.capacity), 0)::int, coalesce(sum(p.seats_taken), 0)::int
          FROM catalog_session s JOIN catalog_seatpool p ON p.id = s.id
         WHERE e.admission = 'session' AND s.event_id = e.id AND {IS_OFFERED}
        HAVING e.admission = 'session'
    ) AS seats
"""  # noqa: S608 - of constants
EVENTS = Shape(
    table="catalog_event",
    alias="e",
    inner="",
    outer=f"LEFT JOIN catalog_category c ON c.id = e.category_id {SEATS}",
    columns={
        **{
            name: f"e.{name}"
            for name in (
                "id", "name", "description", "place", "latitude", "longitude", "image_url", "resources", "starts_at",
                "ends_at", "admission", "has_waitlist", "category_id", "created_by_id",
            )
        },
        "category": "c.name",
        "status": EVENT_STATUS,
        "capacity": "seats.capacity",
        "seats_taken": "seats.seats_taken",
        "seats_left": "seats.capacity - seats.seats_taken",
        "version": "e.version",
        "created_at": "e.created_at",
        "updated_at": "e.updated_at",
        "deleted_at": "e.deleted_at",
    },
)  # fmt: skip

TYPED = Shape(
    table="catalog_event",
    alias="e",
    inner="",
    outer="",
    columns={
        **{name: f"e.{name}" for name in ("id", "name", "place", "starts_at", "ends_at")},
        "status": EVENT_STATUS,
        "deleted_at": "e.deleted_at",
    },
)
SORTS = both_ways(
    Sort("starts_at", "e.starts_at", "timestamptz"),
    Sort("created_at", "e.created_at", "timestamptz"),
    Sort("updated_at", "e.updated_at", "timestamptz"),
    Sort("name", "t.name_key", "text"),
)
_TEXT = "JOIN catalog_eventtext t ON t.event_id = e.id"
TYPED_AHEAD = 10
# What else may narrow a search: the texts alone do not tell.
_NARROWING = ("category", "status", "from_", "to", "place", "has_seats", "updated_since")


def _public(query: Query, reader: Actor) -> None:
    if not sees_drafts(reader):
        query.where("e.stage <> 'draft'")


def _match(query: Query, text: str, *, is_ranked: bool) -> None:
    """Keep what holds every word of the text, as it stands, as either language inflects it, or as a beginning.

    The best comes first if it is ranked; equal ranks stand by id, so by age.
    """
    parts = []
    for number, word in enumerate(search_words(text)):
        query.params |= {f"prefix{number}": f"{word}:*", f"word{number}": word}
        parts.append(
            f"(to_tsquery('simple', %(prefix{number})s) || plainto_tsquery('spanish', %(word{number})s)"
            f" || plainto_tsquery('english', %(word{number})s))"
        )
    # A search of nothing but signs finds nothing. The subquery is run once, where a bare expression would be
    # evaluated for each row of a plan that was made for any parameters.
    sought = f"(SELECT {' && '.join(parts)})" if parts else "''::tsquery"
    query.where(f"t.vector @@ {sought}")
    if is_ranked:
        query.sort = Sort("rank", f"ts_rank(t.vector, {sought})", "real", is_descending=True)
        query.counts_along = True


def _look_in_texts(query: Query, reader: Actor) -> None:
    """Look for events where their texts are, which say themselves who may find them."""
    query.source, query.key = "catalog_eventtext t", "t.event_id"
    query.where("t.is_listed" if sees_drafts(reader) else "t.is_public")


def _filter(query: Query, filters: Mapping[str, Any]) -> None:
    if category := filters.get("category"):
        is_id = isinstance(category, UUID)
        query.where(
            "e.category_id = %(category)s::uuid" if is_id else
            "e.category_id IN (SELECT id FROM catalog_category WHERE lower(name) = lower(%(category)s::text))",
            category=category,
        )  # fmt: skip
    if place := filters.get("place"):
        words = folded(place).split()
        query.where(
            "t.vector @@ to_tsquery('simple', %(place)s)", place=" & ".join(f"{word}:*C" for word in words) or "''"
        )
    if (has_seats := filters.get("has_seats")) is not None:
        query.joins.append(SEATS)
        query.where(f"seats.seats_taken {'<' if has_seats else '>='} seats.capacity")
    keep_staged(query, filters, status=EVENT_STATUS, live="e.deleted_at IS NULL")


def events(filters: Mapping[str, Any], cut: Cut, *, reader: Actor, at: datetime) -> tuple[Row, datetime | None]:
    """Cut a page or a stretch of the events that the reader may know of, and tell until when the clock leaves it alone.

    Two queries a page, one a stretch; one more if sessions or speakers are expanded. With `updated_since`, deleted
    events appear as tombstones: id, version, and when.
    """
    search = filters.get("search")
    query = Query(EVENTS, at, asked_order(SORTS, filters, default="starts_at"))
    is_ranked = isinstance(cut, Page) and not filters.get("sort")
    if search and is_ranked and all(filters.get(name) in (None, "", []) for name in _NARROWING):
        _look_in_texts(query, reader)
    else:
        _public(query, reader)
        _filter(query, filters)
        if search or filters.get("place") or "name_key" in query.sort.expression:
            query.joins.insert(0, _TEXT)
    if search:
        _match(query, search, is_ranked=is_ranked)
    page, rows = query.cut(cut)
    until = good_until(rows, filters, at=at)
    _expand([row for row in rows if row["deleted_at"] is None], filters.get("expand") or (), reader=reader, at=at)
    page["items"] = [shown(row) for row in rows]
    return page, until


def _expand(rows: list[Row], wanted: Collection[str], *, reader: Actor, at: datetime) -> None:
    if not wanted or not rows:
        return
    of_event = sessions.by_event([row["id"] for row in rows], reader=reader, at=at)
    for row in rows:
        held = of_event.get(row["id"], [])
        if "sessions" in wanted:
            row["sessions"] = held
        if "speakers" in wanted:
            row["speakers"] = sessions.speakers_of(held)


def event(event_id: UUID, *, reader: Actor, at: datetime, expand: Collection[str] = ()) -> Row:
    """Find an event: one query, one more for what is expanded.

    Raises:
        NotFound: there is none that the reader may know of.
        Deleted: there was one.
    """
    query = Query(EVENTS, at, SORTS["starts_at"])
    _public(query, reader)
    row = query.one("event", event_id)
    _expand([row], expand, reader=reader, at=at)
    return shown(row)


def sessions_of(filters: Mapping[str, Any], cut: Cut, *, reader: Actor, at: datetime) -> tuple[Row, datetime | None]:
    """Do as `sessions` does for one event, named by `event_id`; one query more if there are none.

    Raises:
        NotFound: there is no event that the reader may know of.
        Deleted: there was one.
    """
    found = sessions.sessions(filters, cut, reader=reader, at=at)
    if not found[0]["items"]:
        event(filters["event_id"], reader=reader, at=at)
    return found


def typed_ahead(text: str, *, reader: Actor, at: datetime) -> list[Row]:
    """Find the few events that somebody who types the text may mean, best first: one query."""
    query = Query(TYPED, at, SORTS["starts_at"])
    _look_in_texts(query, reader)
    _match(query, text, is_ranked=True)
    return [shown(row) for row in query.page(Page(1, TYPED_AHEAD))]
