"""Reading the journal without skipping what commits late."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields import BigIntegerField

from journal.messages import public_types
from journal.models import Cursor, Entry
from kit.listing import Query, Row, Shape, Sort, fetched, shown
from kit.pagination import Position, Stretch, bad_cursor

# The reader that hands entries to their consumers, and the one that seals them.
DISPATCHER, SEALER = "dispatcher", "sealer"
# How far back the feed goes.
FEED_FOR = timedelta(days=30)
_FEED = "journal"
HORIZON = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


def settled() -> QuerySet[Entry]:
    """Select the entries that no running transaction can still come before, in their final order.

    A transaction that began earlier may commit later. Every entry below the snapshot's oldest running
    transaction is decided, so a reader that stays below it and remembers (xid, id) misses nothing.
    """
    return Entry.objects.filter(xid__lt=RawSQL(HORIZON, [], output_field=BigIntegerField())).order_by("xid", "id")


def after(cursor: Cursor) -> QuerySet[Entry]:
    """Select the settled entries that the reader has not seen."""
    if cursor.entry_id is None:
        return settled()
    return settled().filter(Q(xid__gt=cursor.xid) | Q(xid=cursor.xid, id__gt=cursor.entry_id))


def up_to(cursor: Cursor, *, xid: int, id_: UUID) -> QuerySet[Entry]:
    """Select the entries behind the cursor up to one of them, in their final order; all of them were settled once."""
    until = Q(xid__lt=xid) | Q(xid=xid, id__lte=id_)
    behind = Q() if cursor.entry_id is None else Q(xid__gt=cursor.xid) | Q(xid=cursor.xid, id__gt=cursor.entry_id)
    return Entry.objects.filter(until, behind).order_by("xid", "id")


_TRAIL = Shape(
    table="journal_entry",
    alias="j",
    inner="",
    outer="",
    columns={
        **{name: f"j.{name}" for name in ("id", "occurred_at", "type", "version", "subject_type", "subject_id")},
        **{name: f"j.{name}" for name in ("payload", "changes", "actor_kind", "actor_id", "actor_label", "request_id")},
        "ip": "host(j.ip)",
        "deleted_at": "NULL",
    },
)
_CONDITIONS = {
    **{name: f"j.{name} = %({name})s::text" for name in ("type", "actor_kind", "subject_type", "request_id")},
    **{name: f"j.{name} = %({name})s::uuid" for name in ("actor_id", "subject_id")},
    "ip": "j.ip = %(ip)s::inet",
    "since": "j.occurred_at >= %(since)s::timestamptz",
    "until": "j.occurred_at < %(until)s::timestamptz",
}


def trail(filters: Mapping[str, Any], cut: Stretch, *, at: datetime) -> Row:
    """Cut a stretch of the audit trail, the newest first: one query."""
    query = Query(_TRAIL, at, Sort("occurred_at", "j.id", "uuid", is_descending=True))
    query.keep(_CONDITIONS, filters)
    page, rows = query.cut(cut)
    for row in rows:
        row["payload"], row["changes"] = orjson.loads(row["payload"]), orjson.loads(row["changes"])
    return {"items": [shown(row) for row in rows], **page}


_ENTRIES = """
    SELECT id, xid, type, version, occurred_at, subject_type, subject_id, payload FROM journal_entry
     WHERE xid < {horizon} AND (xid, id) > (%(xid)s::bigint, %(id)s::uuid)
       AND type = ANY(%(types)s::text[]) AND occurred_at > %(since)s::timestamptz
     ORDER BY xid, id LIMIT %(limit)s
"""
_BEGINNING = UUID(int=0)


def feed(types: list[str], cut: Stretch, *, at: datetime) -> Row:
    """Cut a stretch of what happened, the oldest first, behind a cursor: what webhooks say, under the same ids.

    Nothing is skipped that commits late: a stretch ends before the oldest transaction that still runs. `next` is
    always there: whoever has read all there is asks with it again later.

    Raises:
        Malformed: the cursor is not of the feed.
    """
    here = cut.after
    if here is not None and (here.sort != _FEED or not here.value.isdecimal()):
        raise bad_cursor()
    public = [name for name in public_types() if not types or name in types]
    given = {
        "xid": here.value if here else 0, "id": here.id if here else _BEGINNING, "types": public,
        "since": at - FEED_FOR, "limit": cut.limit + 1,
    }  # fmt: skip
    rows = fetched(_ENTRIES.format(horizon=HORIZON), given)
    kept = rows[: cut.limit]
    last = Position(_FEED, str(kept[-1][1]), kept[-1][0]) if kept else here or Position(_FEED, "0", _BEGINNING)
    names = ("id", "type", "version", "timestamp", "subject_type", "subject_id")
    return {
        "items": [
            {**dict(zip(names, (row[0], *row[2:7]), strict=True)), "data": {"id": row[6], **orjson.loads(row[7])}}
            for row in kept
        ],
        "next": str(last),
        "has_more": len(rows) > cut.limit,
    }  # fmt: skip


def lag(name: str, *, at: datetime) -> float:
    """Tell for how many seconds the oldest settled entry before a reader has waited; 0 if none does."""
    cursor = Cursor.objects.filter(name=name).first() or Cursor(name=name)
    oldest = after(cursor).values_list("occurred_at", flat=True).first()
    return max((at - oldest).total_seconds(), 0.001) if oldest else 0.0


def is_behind(name: str) -> bool:
    """Tell whether the reader has settled entries before it."""
    cursor = Cursor.objects.filter(name=name).first() or Cursor(name=name)
    return after(cursor).exists()


# The newest entry lies before the dispatcher or the sealer, settled or not: a condition in SQL.
UNREAD = f"""(
    SELECT 2 > (SELECT count(*) FROM journal_cursor AS c WHERE c.name IN ('{DISPATCHER}', '{SEALER}')
                   AND (c.xid, c.entry_id) >= (newest.xid, newest.id))
      FROM (SELECT xid, id FROM journal_entry ORDER BY xid DESC, id DESC LIMIT 1) AS newest)
"""  # noqa: S608 - of constants
