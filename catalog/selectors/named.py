"""Reading categories, venues, rooms and speakers as rows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from catalog.models import Category, Named, Room, Speaker, Venue
from catalog.rules import folded
from catalog.selectors.listing import sees_drafts
from catalog.selectors.statuses import SESSION_STAGE
from kit.actor import Actor
from kit.listing import Query, Row, Shape, Sort, asked_order, keep_changed, shown
from kit.pagination import Cut


def _shape(table: str, *names: str, outer: str = "", **columns: str) -> Shape:
    own = ("id", "name", *names, "version", "created_at", "updated_at", "deleted_at")
    return Shape(table, "x", "", outer, {**{name: f"x.{name}" for name in own}, **columns})


SHAPES: dict[type[Named], Shape] = {
    Category: _shape("catalog_category"),
    Venue: _shape("catalog_venue", "address", "latitude", "longitude"),
    Room: _shape(
        "catalog_room", "venue_id", "capacity", outer="LEFT JOIN catalog_venue v ON v.id = x.venue_id", venue="v.name"
    ),
    Speaker: _shape("catalog_speaker", "affiliation", "bio", "image_url"),
}
SORTS = {
    "name": Sort("name", "lower(x.name)", "text"),
    "created_at": Sort("created_at", "x.created_at", "timestamptz"),
    "updated_at": Sort("updated_at", "x.updated_at", "timestamptz"),
}
# A speaker is known to the public once a session of theirs is.
_SPEAKS = """
    EXISTS (SELECT FROM catalog_session_speakers l
              JOIN catalog_session s ON s.id = l.session_id AND s.deleted_at IS NULL
              JOIN catalog_event e ON e.id = s.event_id AND e.deleted_at IS NULL
             WHERE l.speaker_id = x.id AND {conditions})
"""


def _query(model: type[Named], filters: Mapping[str, Any], *, reader: Actor, at: datetime) -> Query:
    query = Query(SHAPES[model], at, asked_order(SORTS, filters, default="name"))
    sessions = []
    if model is Speaker and not sees_drafts(reader):
        sessions.append(f"{SESSION_STAGE} <> 'draft'")
    if event_id := filters.get("event_id"):
        sessions.append("s.event_id = %(event_id)s::uuid")
        query.params["event_id"] = event_id
    if sessions:
        query.where(_SPEAKS.format(conditions=" AND ".join(sessions)))
    if venue_id := filters.get("venue_id"):
        query.where("x.venue_id = %(venue_id)s::uuid", venue_id=venue_id)
    return query


def named_page(model: type[Named], filters: Mapping[str, Any], cut: Cut, *, reader: Actor, at: datetime) -> Row:
    """Cut a page or a stretch, by name: two queries a page, one a stretch."""
    query = _query(model, filters, reader=reader, at=at)
    keep_changed(query, filters, live="x.deleted_at IS NULL")
    page, rows = query.cut(cut)
    page["items"] = [shown(row) for row in rows]
    return page


def named(model: type[Named], row_id: UUID, *, reader: Actor, at: datetime) -> Row:
    """Find one: one query.

    Raises:
        NotFound: there is none that the reader may know of.
        Deleted: there was one.
    """
    return shown(_query(model, {}, reader=reader, at=at).one(model.__name__.lower(), row_id))


class Names:
    """Ids by name, for tables that people write: each kind is read once, when it is first asked for."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, list[UUID]]] = {}

    def category(self, name: str) -> UUID | str:
        """Find a category by its name or id, or say why it cannot be found."""
        return self._find("category", Category.objects.all(), name)

    def room(self, name: str) -> UUID | str:
        """Find a room by its name, with its venue's before it (`Ágora, Salón A`), or by its id; or say why not."""
        return self._find("room", Room.objects.select_related("venue"), name)

    def speaker(self, name: str) -> UUID | str:
        """Find a speaker by name or id, or say why not."""
        return self._find("speaker", Speaker.objects.all(), name)

    def _find(self, noun: str, rows: QuerySet[Any], name: str) -> UUID | str:
        known = self._known.get(noun)
        if known is None:
            known = self._known[noun] = {}
            for row in rows.filter(deleted_at=None):
                known.setdefault(folded(str(row)), []).append(row.pk)
                known[str(row.pk)] = [row.pk]
        found = known.get(name.lower()) or known.get(folded(name)) or []
        if len(found) == 1:
            return found[0]
        return (
            f"{len(found)} {noun}s are called {name!r}; name it by its id" if found else f"there is no {noun} {name!r}"
        )
