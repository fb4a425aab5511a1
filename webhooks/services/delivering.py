"""Telling endpoints what they are due. Due attempts are claimed in a table, so any number of workers may do it at once.

A claim is a lease: whoever claims and dies leaves what it claimed to be found again when the lease ends, and an
endpoint that had heard it already hears it twice, under one id. No transaction is open while anything is sent.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any
from uuid import UUID

import httpx
from django.db import connection, transaction
from django.utils.timezone import now

from journal.models import Entry
from journal.services import record
from kit import egress
from kit.actor import SYSTEM
from webhooks.messages import ENDPOINT_DISABLED
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.rules import GIVE_UP_AFTER, THRESHOLD, Outcome, body_of, next_attempt, rest
from webhooks.services.fanning import send
from webhooks.services.sending import TOTAL_SECONDS, tell

_random = SystemRandom()
# How many one pass sends, all at the same time, and how many of them to one endpoint.
BATCH, EACH = 40, 20
# Longer than a pass takes, names that are slow to resolve included.
LEASE = timedelta(seconds=3 * TOTAL_SECONDS)
# Of retries that are due sooner, a task is sent for that moment; the sweep finds the others.
SOON = timedelta(seconds=60)

# The longest due first, of each endpoint a few, so that none keeps the others waiting; of one that fails a single one,
# to see whether it has come back. An endpoint with a limit of its own rests for a second after so many.
_CLAIM = """
    WITH due AS (
        SELECT d.id, e.id AS endpoint_id FROM webhooks_endpoint AS e CROSS JOIN LATERAL (
               SELECT id FROM webhooks_delivery
                WHERE endpoint_id = e.id AND status = 'pending' AND next_attempt_at <= %(at)s
                ORDER BY next_attempt_at
                LIMIT CASE WHEN e.failures >= %(threshold)s THEN 1 ELSE least(%(each)s, e.max_per_second) END
                  FOR NO KEY UPDATE SKIP LOCKED) AS d
         WHERE e.is_enabled AND e.deleted_at IS NULL AND (e.resting_until IS NULL OR e.resting_until <= %(at)s)
         LIMIT %(batch)s
    ), resting AS (
        UPDATE webhooks_endpoint SET resting_until = %(at)s + CASE WHEN failures >= %(threshold)s
               THEN %(lease)s::interval ELSE interval '1 second' END
         WHERE id IN (SELECT endpoint_id FROM due) AND (max_per_second IS NOT NULL OR failures >= %(threshold)s)
    )
    UPDATE webhooks_delivery AS d SET next_attempt_at = %(at)s + %(lease)s::interval FROM due
     WHERE d.id = due.id RETURNING d.id, d.endpoint_id, d.entry_id, d.attempts
"""


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: UUID
    endpoint_id: UUID
    entry_id: UUID
    attempts: int


def deliver(*, at: datetime | None = None) -> int:
    """Send a batch of what is due, and write down what became of it; tell how much it was.

    Bounded, so that no organization keeps the others waiting: if more is due, another task is sent for it. `at` is the
    present, unless a test says otherwise.
    """
    claimed = _claim(at=at or now())
    if not claimed:
        return 0
    endpoints = Endpoint.objects.in_bulk([one.endpoint_id for one in claimed])
    entries = Entry.objects.in_bulk([one.entry_id for one in claimed])
    with egress.client(seconds=TOTAL_SECONDS, connections=BATCH) as client, ThreadPoolExecutor(BATCH) as pool:

        def told(one: _Claimed) -> Outcome:
            return _told(client, entries[one.entry_id], endpoints[one.endpoint_id], at=at or now())

        outcomes = list(pool.map(told, claimed))
    _settle(claimed, outcomes, at=at or now())
    _go_on(at=at or now())
    return len(claimed)


def _claim(*, at: datetime) -> list[_Claimed]:
    with connection.cursor() as cursor:
        given: dict[str, Any] = {"at": at, "threshold": THRESHOLD, "each": EACH, "batch": BATCH, "lease": LEASE}
        cursor.execute(_CLAIM, given)
        return [_Claimed(*row) for row in cursor.fetchall()]


def _told(client: httpx.Client, entry: Entry, endpoint: Endpoint, *, at: datetime) -> Outcome:
    body = body_of(
        type_=entry.type, occurred_at=entry.occurred_at, subject_id=entry.subject_id, payload=entry.payload,
        thin=endpoint.payload == Endpoint.Payload.THIN,
    )  # fmt: skip
    return tell(client, endpoint, id_=entry.id, body=body, at=at)


@transaction.atomic
def _settle(claimed: list[_Claimed], outcomes: list[Outcome], *, at: datetime) -> None:
    """Write down what became of each, and what that says of the endpoints."""
    settled = dict(zip(claimed, outcomes, strict=True))
    Attempt.objects.bulk_create([
        Attempt(
            delivery_id=one.id, endpoint_id=one.endpoint_id, number=one.attempts + 1, at=at,
            is_success=outcome.is_success, status=outcome.status, error=outcome.error, response_head=outcome.head,
            milliseconds=outcome.milliseconds,
        ) for one, outcome in settled.items()
    ])  # fmt: skip
    deliveries = {one.id: one for one in Delivery.objects.filter(id__in=[one.id for one in claimed])}
    for one, outcome in settled.items():
        delivery = deliveries[one.id]
        delivery.attempts = one.attempts + 1
        due = None if outcome.is_success else next_attempt(delivery.attempts, outcome, at=at, drawn=_random.random())
        left = Delivery.Status.PENDING if due else Delivery.Status.FAILED
        delivery.status = Delivery.Status.DELIVERED if outcome.is_success else left
        delivery.next_attempt_at = due or at
    Delivery.objects.bulk_update(deliveries.values(), ["attempts", "status", "next_attempt_at"])
    wanted = {one.endpoint_id for one in claimed}
    for endpoint in Endpoint.objects.select_for_update(no_key=True).filter(id__in=wanted).order_by("id"):
        _judge(endpoint, [outcome for one, outcome in settled.items() if one.endpoint_id == endpoint.id], at=at)


def _judge(endpoint: Endpoint, outcomes: Sequence[Outcome], *, at: datetime) -> None:
    """Count an endpoint's failures; leave it alone for a while, or give it up."""
    # Whoever takes one of many is there, and nobody to leave alone.
    if any(outcome.is_success for outcome in outcomes):
        endpoint.failures, endpoint.failing_since = 0, None
    else:
        endpoint.failures += len(outcomes)
        endpoint.failing_since = endpoint.failing_since or at
    if any(outcome.is_gone for outcome in outcomes):
        _give_up(endpoint, "It answered that it is gone (410)", at=at)
    if endpoint.failing_since and at - endpoint.failing_since >= GIVE_UP_AFTER:
        _give_up(endpoint, f"It answered nothing but failures for {GIVE_UP_AFTER.days} days", at=at)
    resting = rest(endpoint.failures, at=at)
    if resting or endpoint.max_per_second is None:
        endpoint.resting_until = resting
    endpoint.save(update_fields=["failures", "failing_since", "resting_until", "is_enabled", "disabled_reason"])


def _give_up(endpoint: Endpoint, reason: str, *, at: datetime) -> None:
    if not endpoint.is_enabled:
        return
    endpoint.is_enabled, endpoint.disabled_reason = False, reason
    payload = {"url": endpoint.url, "description": endpoint.description, "reason": reason}
    record(ENDPOINT_DISABLED, subject=endpoint, by=SYSTEM, at=at, payload=payload)


def _due_at() -> datetime | None:
    """Tell when the next attempt to an endpoint that is served is due."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(greatest(next_attempt_at, resting_until)) FROM webhooks_endpoint AS e CROSS JOIN LATERAL ("
            " SELECT next_attempt_at FROM webhooks_delivery WHERE endpoint_id = e.id AND status = 'pending'"
            " ORDER BY next_attempt_at LIMIT 1) AS d WHERE is_enabled AND deleted_at IS NULL"
        )
        found: datetime | None = cursor.fetchone()[0]
    return found


def _go_on(*, at: datetime) -> None:
    """Send a task for whatever is due next, if that is soon."""
    due_at = _due_at()
    if due_at is None or due_at > at + SOON:
        return
    send(seconds=max((due_at - at).total_seconds(), 0))


def deliver_if_due() -> bool:
    """Enqueue a delivery if attempts are due: the sweep's part for one schema."""
    due_at = _due_at()
    if due_at is None or due_at > now():
        return False
    send()
    return True
