"""Counting seats: how many are left, and whether the counters are right."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.core.cache import cache

from catalog import selectors as catalogue
from catalog.selectors.statuses import IS_OFFERED
from kit.actor import Actor
from kit.listing import Row, fetched

# How old a shown availability may be.
CACHE_SECONDS = 1

_POOLS: Final = f"""
SELECT p.id, p.id <> p.event_id, p.capacity, p.seats_taken, p.waiting, p.is_open AND p.closes_at > %(at)s::timestamptz,
       (SELECT count(*) FROM attendance_checkin AS c
         WHERE c.event_id = p.event_id AND c.pool_id = p.id AND c.verdict = 'admitted' AND c.undone_at IS NULL)
  FROM catalog_seatpool AS p JOIN catalog_event AS e ON e.id = p.event_id
  LEFT JOIN catalog_session AS s ON s.id = p.id
 WHERE p.event_id = %(event_id)s::uuid
   AND CASE e.admission WHEN 'event' THEN p.id = e.id
       ELSE s.id IS NOT NULL AND {IS_OFFERED} END
 ORDER BY s.starts_at, p.id
"""  # noqa: S608 - of constants


def availability(event_id: UUID, *, reader: Actor, at: datetime) -> Row:
    """Count the seats of an event and, where they are its sessions', of each. Up to a second old; decides nothing.

    Raises:
        NotFound, Deleted: there is no event that the reader may know of.
    """
    key = f"availability:{event_id}:{catalogue.sees_drafts(reader)}"
    kept: Row | None = cache.get(key)
    if kept is None:
        catalogue.event(event_id, reader=reader, at=at)
        kept = _availability(event_id, at=at)
        cache.set(key, kept, CACHE_SECONDS)
    return kept


def _availability(event_id: UUID, *, at: datetime) -> Row:
    pools = [
        {"session_id": pool_id if is_session else None, **_counted(*counts)}
        for pool_id, is_session, *counts in fetched(_POOLS, {"event_id": event_id, "at": at})
    ]
    names = ("capacity", "taken", "left", "waitlisted", "checked_in")
    return {
        "event_id": event_id,
        "as_of": at,
        **{name: sum(pool[name] for pool in pools) for name in names},
        "is_open": any(pool["is_open"] for pool in pools),
        "sessions": [pool for pool in pools if pool["session_id"]],
    }


def _counted(capacity: int, taken: int, waiting: int, is_open: bool, came: int) -> Row:  # noqa: FBT001 - a column
    return {
        "capacity": capacity,
        "taken": taken,
        "left": capacity - taken,
        "waitlisted": waiting,
        "checked_in": came,
        "is_open": is_open,
    }


@dataclass(frozen=True, slots=True)
class Drift:
    """A pool whose counters differ from its rows. Each pair: what is counted, and what is there."""

    pool_id: UUID
    seats_taken: tuple[int, int]
    waiting: tuple[int, int]
    # The last number given, and the highest on a row.
    waitlist_tail: tuple[int, int]


_DRIFT: Final = """
SELECT p.id, p.seats_taken, held.seats, p.waiting, held.waiting, p.waitlist_tail, held.tail
  FROM catalog_seatpool AS p LEFT JOIN LATERAL (
       SELECT count(*) FILTER (WHERE r.status = 'confirmed') AS seats,
              count(*) FILTER (WHERE r.status = 'waitlisted') AS waiting,
              coalesce(max(r.waitlist_number), 0) AS tail
         FROM attendance_registration AS r WHERE r.event_id = p.event_id AND r.pool_id = p.id AND r.deleted_at IS NULL
  ) AS held ON true
 WHERE p.seats_taken <> held.seats OR p.waiting <> held.waiting OR p.waitlist_tail < held.tail
    OR p.seats_taken > p.capacity
 ORDER BY p.id
"""


def drift() -> list[Drift]:
    """Compare every counter with its rows, in one snapshot: what differs was lost or doubled."""
    return [
        Drift(pool_id, (taken, seats), (waiting, queued), (tail, last))
        for pool_id, taken, seats, waiting, queued, tail, last in fetched(_DRIFT, {})
    ]
