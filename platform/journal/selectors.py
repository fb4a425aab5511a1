"""Reading the journal without skipping what commits late."""

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields import BigIntegerField

from journal.models import Cursor, Entry

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


def is_behind(name: str) -> bool:
    """Tell whether the reader has settled entries before it."""
    cursor = Cursor.objects.filter(name=name).first() or Cursor(name=name)
    return after(cursor).exists()
