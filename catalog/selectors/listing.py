"""What the lists of events and of sessions have in common: who sees what, and until when it is so."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from identity.rules import Operation, may
from kit.actor import Actor
from kit.listing import Query, Row, keep_changed


def sees_drafts(reader: Actor) -> bool:
    """Tell whether the reader sees what is not published."""
    return may(reader, Operation.EVENTS_READ_DRAFTS)


def keep_staged(query: Query, filters: Mapping[str, Any], *, status: str, live: str) -> None:
    """Keep what lists of events and of sessions may both be asked for: by status, by time, by change."""
    alias = query.shape.alias
    if statuses := filters.get("status"):
        query.where(f"({status}) = ANY(%(statuses)s::text[])", statuses=[str(status) for status in statuses])
    if since := filters.get("from_"):
        query.where(f"{alias}.ends_at > %(since)s::timestamptz", since=since)
    if until := filters.get("to"):
        query.where(f"{alias}.starts_at < %(until)s::timestamptz", until=until)
    keep_changed(query, filters, live=live)


# A list by status may change with the clock though no row of it does: it is good for no longer than this.
STATUS_LASTS = timedelta(seconds=1)


def good_until(rows: list[Row], filters: Mapping[str, Any], *, at: datetime) -> datetime | None:
    """Tell until when the clock leaves a list of these rows as it is."""
    return at + STATUS_LASTS if filters.get("status") else next_change(rows, at=at)


def next_change(rows: list[Row], *, at: datetime) -> datetime | None:
    """Tell when the clock alone will change one of these rows: the next start or end."""
    moments = [row[name] for row in rows for name in ("starts_at", "ends_at") if name in row]
    return min((moment for moment in moments if moment > at), default=None)
