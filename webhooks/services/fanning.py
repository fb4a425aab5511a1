"""From entries to deliveries: which endpoints are to be told what, now or again."""

from collections.abc import Iterable
from datetime import datetime
from itertools import batched
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.timezone import now

from journal import selectors as journal
from journal.messages import public_types
from journal.models import Entry
from journal.services import record
from kit.actor import Actor
from kit.errors import NotFound
from kit.tasks import enqueue_after_commit
from webhooks import selectors
from webhooks.messages import ENDPOINT_REPLAYED
from webhooks.models import Delivery, Endpoint
from webhooks.rules import event_of, is_for

DELIVER = "webhooks.deliver"
BATCH = 500


def fan_out(entries: list[Entry]) -> None:
    """Write down which endpoints are to be told of these entries.

    A consumer of the journal: it runs in the transaction that moves the dispatcher's cursor, so each entry is fanned
    out once, whatever dies.
    """
    endpoints = list(Endpoint.objects.filter(is_enabled=True, deleted_at=None))
    if not endpoints:
        return
    at = now()
    # Of what happened before it was added, an endpoint is told when it asks: ids are in the order of their time.
    made = [
        one
        for endpoint in endpoints
        for one in _deliveries(endpoint, [entry for entry in entries if entry.id > endpoint.id], at=at)
    ]
    Delivery.objects.bulk_create(made, ignore_conflicts=True)
    if made:
        enqueue_after_commit(DELIVER)


def _deliveries(endpoint: Endpoint, entries: Iterable[Entry], *, at: datetime) -> list[Delivery]:
    types, event_ids, public = set(endpoint.event_types), set(endpoint.event_ids), public_types()
    return [
        Delivery(endpoint=endpoint, entry_id=entry.id, type=entry.type, next_attempt_at=at)
        for entry in entries
        if entry.type in public
        and is_for(
            types, event_ids, type_=entry.type,
            event_id=event_of(entry.subject_type, entry.subject_id, entry.payload),
        )
    ]  # fmt: skip


_FORGET = (
    """DELETE FROM webhooks_attempt AS a USING webhooks_delivery AS d
        WHERE d.id = a.delivery_id AND d.created_at < %(before)s AND d.status <> 'pending'""",
    "DELETE FROM webhooks_delivery WHERE created_at < %(before)s AND status <> 'pending'",
)


def forget_old(*, at: datetime) -> int:
    """Delete the deliveries of what the feed tells no more, with their attempts, but not what waits; tell how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _FORGET:
            cursor.execute(statement, {"before": at - journal.FEED_FOR})
        return int(cursor.rowcount)


def replay(
    *, endpoint_id: UUID, since: datetime, until: datetime | None, only_failed: bool, by: Actor, at: datetime
) -> int:
    """Send an endpoint again what happened in a stretch of time, or what of it failed; tell how much that is.

    Each is sent under the id that it had. What waits to be sent anyway is left as it is.

    Raises:
        NotFound, Deleted: no such endpoint.
    """
    since = max(since, at - journal.FEED_FOR)
    with transaction.atomic():
        endpoint = selectors.endpoint(endpoint_id, for_update=True)
        entries = journal.settled().filter(occurred_at__gte=since, occurred_at__lt=until or at)
        count = _again(endpoint, since=since, until=until or at, only_failed=only_failed, at=at)
        if not only_failed:
            count += sum(
                _missing(endpoint, batch, at=at) for batch in batched(entries.iterator(chunk_size=BATCH), BATCH)
            )
        payload = {"url": endpoint.url, "since": since.isoformat(), "count": count}
        record(ENDPOINT_REPLAYED, subject=endpoint, by=by, at=at, payload=payload)
        enqueue_after_commit(DELIVER)
    return count


_AGAIN = """
    UPDATE webhooks_delivery AS d SET status = 'pending', attempts = 0, next_attempt_at = %(at)s
      FROM journal_entry AS j
     WHERE j.id = d.entry_id AND d.endpoint_id = %(endpoint)s
       AND j.occurred_at >= %(since)s AND j.occurred_at < %(until)s
       AND (d.status = 'failed' OR (NOT %(only_failed)s AND d.status = 'delivered'))
"""


def _again(endpoint: Endpoint, *, since: datetime, until: datetime, only_failed: bool, at: datetime) -> int:
    with connection.cursor() as cursor:
        given: dict[str, Any] = {
            "endpoint": endpoint.id,
            "since": since,
            "until": until,
            "only_failed": only_failed,
            "at": at,
        }
        cursor.execute(_AGAIN, given)
        return int(cursor.rowcount)


def _missing(endpoint: Endpoint, entries: Iterable[Entry], *, at: datetime) -> int:
    """Add what an endpoint was not told, as when it was disabled."""
    wanted = _deliveries(endpoint, entries, at=at)
    known = set(
        endpoint.deliveries.filter(entry_id__in=[one.entry_id for one in wanted]).values_list("entry_id", flat=True)
    )
    made = [one for one in wanted if one.entry_id not in known]
    Delivery.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def replay_one(*, delivery_id: UUID, at: datetime) -> Delivery:
    """Send one again, from the beginning of its schedule.

    Raises:
        NotFound: no such delivery, or its endpoint is deleted.
    """
    with transaction.atomic():
        found = Delivery.objects.select_for_update(no_key=True, of=("self",)).filter(
            id=delivery_id, endpoint__deleted_at=None
        )
        delivery = found.first()
        if delivery is None:
            raise NotFound("No such delivery")
        delivery.status, delivery.attempts, delivery.next_attempt_at = Delivery.Status.PENDING, 0, at
        delivery.save(update_fields=["status", "attempts", "next_attempt_at"])
        enqueue_after_commit(DELIVER)
    return delivery
