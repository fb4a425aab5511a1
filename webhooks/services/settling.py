"""Writing down what became of webhooks that were sent, and what that says of their endpoints."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from journal.services import record
from kit.actor import SYSTEM
from kit.ids import new_id
from kit.listing import fetched
from kit.models import changed
from kit.retries import next_attempt
from kit.scope import one_statement
from webhooks.messages import ENDPOINT_DISABLED
from webhooks.models import Delivery, Endpoint
from webhooks.rules import GIVE_UP_AFTER, Outcome, rest

_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this process may send until its lease ends."""

    id: UUID
    endpoint_id: UUID
    attempts: int
    lease_until: datetime
    # How many its endpoint had taken of this pass when it was sent.
    after: int = 0


type Settled = Sequence[tuple[Claimed, Outcome]]

# Attempts, and where that leaves deliveries: one that was asked for again meanwhile, or whose lease somebody else has,
# is theirs to say. Tells which of the endpoints had been failing.
_WRITE = """
    WITH told AS (
        SELECT * FROM json_to_recordset(%(told)s::json) AS told(
            id uuid, delivery_id uuid, endpoint_id uuid, lease_until timestamptz, number int, is_success bool,
            answered int, error text, head text, milliseconds int, status text, due_at timestamptz)
    ), tried AS (
        INSERT INTO webhooks_attempt
               (id, delivery_id, endpoint_id, number, at, is_success, status, error, response_head, milliseconds)
        SELECT id, delivery_id, endpoint_id, number, %(at)s, is_success, answered, error, head, milliseconds FROM told
    ), standing AS (
        UPDATE webhooks_delivery AS d SET attempts = number, status = told.status, next_attempt_at = due_at FROM told
         WHERE d.id = delivery_id AND d.next_attempt_at = lease_until
    )
    SELECT id FROM webhooks_endpoint WHERE id IN (SELECT endpoint_id FROM told) AND failures > 0
"""


def settle(settled: Settled, *, at: datetime, taken: Mapping[UUID, int] | None = None) -> None:
    """Write down what became of each, and what that says of the endpoints.

    `taken` is how many each endpoint has taken of this pass.
    """
    of_endpoint: dict[UUID, list[Outcome]] = defaultdict(list)
    for one, outcome in settled:
        # A failure that was on its way while the endpoint took others is slow, and not one behind them.
        if outcome.is_success or outcome.is_gone or (taken or {}).get(one.endpoint_id, 0) <= one.after:
            of_endpoint[one.endpoint_id].append(outcome)
    # Of those that take everything, and did before, there is nothing more to say: most of the time, one statement does.
    judged = {id_ for id_, outcomes in of_endpoint.items() if not all(outcome.is_success for outcome in outcomes)}
    with transaction.atomic() if judged else one_statement():
        rows = orjson.dumps([_told(one, outcome, at=at) for one, outcome in settled]).decode()
        judged.update(id_ for (id_,) in fetched(_WRITE, {"told": rows, "at": at}) if id_ in of_endpoint)
        if judged:
            _judge_all({id_: of_endpoint[id_] for id_ in judged}, at=at)


def _told(one: Claimed, outcome: Outcome, *, at: datetime) -> dict[str, Any]:
    """Tell of an attempt, and where it leaves the delivery: its status, and when it is due."""
    number = one.attempts + 1
    due = next_attempt(number, at=at, drawn=_random.random(), retry_after=outcome.retry_after)
    left = Delivery.Status.PENDING if due else Delivery.Status.FAILED
    return {
        "id": new_id(), "delivery_id": one.id, "endpoint_id": one.endpoint_id, "lease_until": one.lease_until,
        "number": number, "is_success": outcome.is_success, "answered": outcome.status, "error": outcome.error,
        "head": outcome.head, "milliseconds": outcome.milliseconds,
        "status": Delivery.Status.DELIVERED if outcome.is_success else left,
        "due_at": at if outcome.is_success else due or at,
    }  # fmt: skip


@transaction.atomic
def _judge_all(of_endpoint: Mapping[UUID, Sequence[Outcome]], *, at: datetime) -> None:
    for endpoint in Endpoint.objects.select_for_update(no_key=True).filter(id__in=of_endpoint).order_by("id"):
        _judge(endpoint, of_endpoint[endpoint.id], at=at)


def _judge(endpoint: Endpoint, outcomes: Sequence[Outcome], *, at: datetime) -> None:
    """Count an endpoint's failures; leave it alone for a while, or give it up."""
    # Whoever takes one of many is there, and nobody to leave alone.
    is_there = any(outcome.is_success for outcome in outcomes)
    failures = 0 if is_there else endpoint.failures + len(outcomes)
    failing_since = None if is_there else endpoint.failing_since or at
    reason = ""
    if any(outcome.is_gone for outcome in outcomes):
        reason = "It answered that it is gone (410)"
    if failing_since and at - failing_since >= GIVE_UP_AFTER:
        reason = f"It answered nothing but failures for {GIVE_UP_AFTER.days} days"
    fields = {"failures": failures, "failing_since": failing_since}
    resting = rest(failures, failing_since, at=at)
    if resting or endpoint.max_per_second is None:
        fields["resting_until"] = resting
    if different := changed(endpoint, fields):
        endpoint.save(update_fields=[*different])
    if reason and endpoint.is_enabled:
        _give_up(endpoint, reason, at=at)


def _give_up(endpoint: Endpoint, reason: str, *, at: datetime) -> None:
    endpoint.is_enabled, endpoint.disabled_reason = False, reason
    endpoint.save(update_fields=["is_enabled", "disabled_reason"])
    payload = {"url": endpoint.url, "description": endpoint.description, "reason": reason}
    record(ENDPOINT_DISABLED, subject=endpoint, by=SYSTEM, at=at, payload=payload)
