"""Reading endpoints, and what they were told."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from kit.errors import Deleted, NotFound
from kit.listing import Query, Row, Shape, Sort, shown
from kit.pagination import Stretch
from webhooks.models import Endpoint

MEASURED = timedelta(hours=24)


def endpoints() -> list[Endpoint]:
    """List the endpoints, the youngest first. They are few."""
    return list(Endpoint.objects.filter(deleted_at=None).order_by("-id"))


def endpoint(endpoint_id: UUID, *, for_update: bool = False) -> Endpoint:
    """Give an endpoint, locked for the rest of the transaction if asked.

    Raises:
        NotFound, Deleted: no such endpoint.
    """
    rows = Endpoint.objects.select_for_update(no_key=True) if for_update else Endpoint.objects.all()
    found = rows.filter(id=endpoint_id).first()
    if found is None:
        raise NotFound("No such endpoint")
    if found.deleted_at is not None:
        raise Deleted("The endpoint has been deleted")
    return found


_HEALTH = """
    SELECT attempts, successes, p95, pending, next_attempt_at
      FROM (SELECT count(*) AS attempts, count(*) FILTER (WHERE is_success) AS successes,
                   percentile_disc(0.95) WITHIN GROUP (ORDER BY milliseconds) AS p95
              FROM webhooks_attempt WHERE endpoint_id = %(id)s AND at > %(since)s) AS tried,
           (SELECT count(*) AS pending, min(next_attempt_at) AS next_attempt_at
              FROM webhooks_delivery WHERE endpoint_id = %(id)s AND status = 'pending') AS waiting
"""


def health(of: Endpoint, *, at: datetime) -> dict[str, Any]:
    """Tell how an endpoint fared in the last day, and what waits for it."""
    with connection.cursor() as cursor:
        cursor.execute(_HEALTH, {"id": of.id, "since": at - MEASURED})
        attempts, successes, p95, pending, due_at = cursor.fetchone()
    resting = of.resting_until if of.resting_until and of.resting_until > at else None
    return {
        "attempts": attempts, "success_rate": successes / attempts if attempts else None, "p95_milliseconds": p95,
        "pending": pending, "next_attempt_at": max(filter(None, (due_at, resting))) if due_at else None,
        "failures": of.failures, "failing_since": of.failing_since,
    }  # fmt: skip


_ATTEMPTS = Shape(
    table="webhooks_attempt",
    alias="a",
    inner="JOIN webhooks_delivery d ON d.id = a.delivery_id",
    outer="JOIN webhooks_delivery d ON d.id = a.delivery_id",
    columns={
        **{name: f"a.{name}" for name in ("id", "endpoint_id", "delivery_id", "number", "at", "is_success", "status")},
        **{name: f"a.{name}" for name in ("error", "response_head", "milliseconds")},
        "type": "d.type", "webhook_id": "d.entry_id", "delivery_status": "d.status",
        "next_attempt_at": "CASE WHEN d.status = 'pending' THEN d.next_attempt_at END", "deleted_at": "NULL",
    },
)  # fmt: skip
_CONDITIONS = {
    "endpoint_id": "a.endpoint_id = %(endpoint_id)s::uuid",
    "delivery_id": "a.delivery_id = %(delivery_id)s::uuid",
    "webhook_id": "d.entry_id = %(webhook_id)s::uuid",
    "is_success": "a.is_success = %(is_success)s::boolean",
    "type": "d.type = %(type)s::text",
    "since": "a.at >= %(since)s::timestamptz",
    "until": "a.at < %(until)s::timestamptz",
}


def attempts(filters: Mapping[str, Any], cut: Stretch, *, at: datetime) -> Row:
    """Cut a stretch of attempts, the newest first: one query."""
    query = Query(_ATTEMPTS, at, Sort("at", "a.id", "uuid", is_descending=True))
    query.keep(_CONDITIONS, filters)
    page, rows = query.cut(cut)
    return {"items": [shown(row) for row in rows], **page}
