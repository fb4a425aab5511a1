"""Reading sessions as rows, as far as the reader may know."""

from collections.abc import Collection, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson

from catalog.selectors.listing import STATUS_LASTS, Query, Row, Shape, Sort, next_change, shown
from catalog.selectors.statuses import SESSION_STAGE, SESSION_STATUS
from identity.rules import Operation, permits
from kit.actor import Actor
from kit.errors import Deleted, NotFound
from kit.pagination import Cut

SESSIONS = Shape(
    table="catalog_session",
    alias="s",
    inner="JOIN catalog_event e ON e.id = s.event_id",
    outer="""
        JOIN catalog_event e ON e.id = s.event_id
        JOIN catalog_seatpool p ON p.id = s.id
        LEFT JOIN catalog_room r ON r.id = s.room_id
        LEFT JOIN catalog_venue v ON v.id = r.venue_id
        CROSS JOIN LATERAL (
            SELECT coalesce(json_agg(json_build_object('id', k.id, 'name', k.name, 'affiliation', k.affiliation)
                                     ORDER BY k.name, k.id), '[]'::json)::text AS listed
              FROM catalog_session_speakers l JOIN catalog_speaker k ON k.id = l.speaker_id
             WHERE l.session_id = s.id
        ) AS speakers
    """,
    columns={
        **{
            name: f"s.{name}"
            for name in ("id", "event_id", "title", "starts_at", "ends_at", "presenter", "resources", "room_id")
        },
        "room": "concat_ws(', ', v.name, r.name)",
        "status": SESSION_STATUS,
        "speakers": "speakers.listed",
        "capacity": "p.capacity",
        "seats_taken": "p.seats_taken",
        "seats_left": "p.capacity - p.seats_taken",
        "version": "s.version",
        "created_at": "s.created_at",
        "updated_at": "s.updated_at",
        "deleted_at": "coalesce(s.deleted_at, e.deleted_at)",
    },
)
TOMBSTONE = ("id", "event_id", "version", "updated_at", "deleted_at")
SORTS = {
    name: Sort(name, f"s.{name}", cast)
    for name, cast in (("starts_at", "timestamptz"), ("created_at", "timestamptz"), ("updated_at", "timestamptz"))
}
SORTS |= {f"-{name}": Sort(f"-{name}", sort.expression, sort.cast, is_descending=True) for name, sort in SORTS.items()}


def _public(query: Query, reader: Actor) -> None:
    if not permits(reader.role, Operation.EVENTS_READ_DRAFTS):
        query.where(f"{SESSION_STAGE} <> 'draft'")


def _filter(query: Query, filters: Mapping[str, Any]) -> None:
    if event_id := filters.get("event_id"):
        query.where("s.event_id = %(event_id)s::uuid", event_id=event_id)
    if room_id := filters.get("room_id"):
        query.where("s.room_id = %(room_id)s::uuid", room_id=room_id)
    if speaker_id := filters.get("speaker_id"):
        query.where(
            "s.id IN (SELECT session_id FROM catalog_session_speakers WHERE speaker_id = %(speaker_id)s::uuid)",
            speaker_id=speaker_id,
        )
    if statuses := filters.get("status"):
        query.where(f"({SESSION_STATUS}) = ANY(%(statuses)s::text[])", statuses=[str(status) for status in statuses])
    if since := filters.get("from_"):
        query.where("s.ends_at > %(since)s::timestamptz", since=since)
    if until := filters.get("to"):
        query.where("s.starts_at < %(until)s::timestamptz", until=until)
    if changed := filters.get("updated_since"):
        query.where("s.updated_at >= %(changed)s::timestamptz", changed=changed)
    else:
        query.where("s.deleted_at IS NULL AND e.deleted_at IS NULL")


def sessions(filters: Mapping[str, Any], cut: Cut, *, reader: Actor, at: datetime) -> tuple[Row, datetime | None]:
    """Cut a page or a stretch of the sessions that the reader may know of, and tell until when it is good.

    Two queries a page, one a stretch. With `updated_since`, deleted sessions appear as tombstones.
    """
    by_default = "updated_at" if filters.get("updated_since") else "starts_at"
    query = Query(SESSIONS, at, SORTS[filters.get("sort") or by_default])
    _public(query, reader)
    _filter(query, filters)
    page, rows = query.cut(cut)
    until = at + STATUS_LASTS if filters.get("status") else next_change(rows, at=at)
    page["items"] = [_shown(row) for row in rows]
    return page, until


def _shown(row: Row) -> Row:
    row["speakers"] = orjson.loads(row["speakers"])
    row["room"] = row["room"] or None
    return shown(row, tombstone=TOMBSTONE)


def by_event(event_ids: Collection[UUID], *, reader: Actor, at: datetime) -> dict[UUID, list[Row]]:
    """Give the sessions of events by their event: one query."""
    query = Query(SESSIONS, at, SORTS["starts_at"])
    _public(query, reader)
    query.where("s.event_id = ANY(%(event_ids)s::uuid[]) AND s.deleted_at IS NULL", event_ids=list(event_ids))
    found: dict[UUID, list[Row]] = {}
    for row in query.all():
        found.setdefault(row["event_id"], []).append(_shown(row))
    return found


def session(session_id: UUID, *, reader: Actor, at: datetime) -> Row:
    """Find a session: one query.

    Raises:
        NotFound: there is none that the reader may know of.
        Deleted: there was one, or its event was deleted.
    """
    query = Query(SESSIONS, at, SORTS["starts_at"])
    _public(query, reader)
    query.where("s.id = %(id)s::uuid", id=session_id)
    found = query.all()
    if not found:
        raise NotFound("No such session")
    if found[0]["deleted_at"] is not None:
        raise Deleted("The session has been deleted")
    return _shown(found[0])


def speakers_of(rows: list[Row]) -> list[Row]:
    """List whoever speaks at the sessions, each once, by name."""
    listed = [speaker for row in rows for speaker in row["speakers"]]
    return sorted({speaker["id"]: speaker for speaker in listed}.values(), key=itemgetter("name", "id"))
