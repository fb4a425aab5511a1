"""Reading the journal without skipping what commits late."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields import BigIntegerField

from journal.models import Cursor, Entry
from kit.listing import Query, Row, Shape, Sort, shown
from kit.pagination import Stretch

# The reader that hands entries to their consumers.
DISPATCHER = "dispatcher"
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
_CASTS = {"actor_id": "uuid", "subject_id": "uuid", "ip": "inet"}


def trail(filters: Mapping[str, Any], cut: Stretch, *, at: datetime) -> Row:
    """Cut a stretch of the audit trail, the newest first: one query."""
    query = Query(_TRAIL, at, Sort("occurred_at", "j.id", "uuid", is_descending=True))
    for name in ("type", "actor_kind", "actor_id", "subject_type", "subject_id", "request_id", "ip"):
        if (value := filters.get(name)) is not None:
            query.where(f"j.{name} = %({name})s::{_CASTS.get(name, 'text')}", **{name: value})
    if since := filters.get("since"):
        query.where("j.occurred_at >= %(since)s::timestamptz", since=since)
    if until := filters.get("until"):
        query.where("j.occurred_at < %(until)s::timestamptz", until=until)
    page, rows = query.cut(cut)
    for row in rows:
        row["payload"], row["changes"] = orjson.loads(row["payload"]), orjson.loads(row["changes"])
    return {"items": [shown(row) for row in rows], **page}


def lag(name: str, *, at: datetime) -> float:
    """Tell for how many seconds the oldest settled entry before a reader has waited; 0 if none does."""
    cursor = Cursor.objects.filter(name=name).first() or Cursor(name=name)
    oldest = after(cursor).values_list("occurred_at", flat=True).first()
    return max((at - oldest).total_seconds(), 0.001) if oldest else 0.0


def is_behind(name: str) -> bool:
    """Tell whether the reader has settled entries before it."""
    cursor = Cursor.objects.filter(name=name).first() or Cursor(name=name)
    return after(cursor).exists()
