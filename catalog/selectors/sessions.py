"""Reading sessions as rows, as far as the reader may know."""

from collections.abc import Collection, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson

from catalog.selectors.listing import good_until, keep_staged, sees_drafts
from catalog.selectors.statuses import SESSION_STAGE, SESSION_STATUS
from kit.actor import Actor
from kit.listing import TOMBSTONE, Query, Row, Shape, Sort, asked_order, both_ways, shown
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
SORTS = both_ways(*(Sort(name, f"s.{name}", "timestamptz") for name in ("starts_at", "created_at", "updated_at")))


def _public(query: Query, reader: Actor) -> None:
    if not sees_drafts(reader):
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
    keep_staged(query, filters, status=SESSION_STATUS, live="s.deleted_at IS NULL AND e.deleted_at IS NULL")


def sessions(filters: Mapping[str, Any], cut: Cut, *, reader: Actor, at: datetime) -> tuple[Row, datetime | None]:
    """Cut a page or a stretch of the sessions that the reader may know of, and tell until when it is good.

    Two queries a page, one a stretch. With `updated_since`, deleted sessions appear as tombstones.
    """
    query = Query(SESSIONS, at, asked_order(SORTS, filters, default="starts_at"))
    _public(query, reader)
    _filter(query, filters)
    page, rows = query.cut(cut)
    until = good_until(rows, filters, at=at)
    page["items"] = [_shown(row) for row in rows]
    return page, until


def _shown(row: Row) -> Row:
    row["speakers"] = orjson.loads(row["speakers"])
    row["room"] = row["room"] or None
    return shown(row, tombstone=("event_id", *TOMBSTONE))


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
    return _shown(query.one("session", session_id))


def speakers_of(rows: list[Row]) -> list[Row]:
    """List whoever speaks at the sessions, each once, by name."""
    listed = [speaker for row in rows for speaker in row["speakers"]]
    return sorted({speaker["id"]: speaker for speaker in listed}.values(), key=itemgetter("name", "id"))
