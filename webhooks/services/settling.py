"""Writing down what became of webhooks that were sent, and what that says of their endpoints."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom
from uuid import UUID

from django.db import connection, transaction

from journal.services import record
from kit.actor import SYSTEM
from kit.bulk import insert_values
from kit.ids import new_id
from kit.models import changed
from kit.retries import next_attempt
from webhooks.messages import ENDPOINT_DISABLED
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.rules import GIVE_UP_AFTER, Outcome, rest

_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this process may send until its lease ends."""

    id: UUID
    endpoint_id: UUID
    entry_id: UUID
    attempts: int
    lease_until: datetime
    # How many its endpoint had taken of this pass when it was sent.
    after: int = 0


type Settled = Sequence[tuple[Claimed, Outcome]]

_ATTEMPT = (
    "id", "delivery_id", "endpoint_id", "number", "at", "is_success", "status", "error", "response_head",
    "milliseconds",
)  # fmt: skip
# One that was asked for again meanwhile, or whose lease somebody else has, is theirs to say.
_SETTLE = """
    UPDATE webhooks_delivery AS d SET attempts = told.attempts, status = told.status, next_attempt_at = told.due_at
      FROM unnest(%s::uuid[], %s::timestamptz[], %s::integer[], %s::text[], %s::timestamptz[])
           AS told (id, lease_until, attempts, status, due_at)
     WHERE d.id = told.id AND d.next_attempt_at = told.lease_until
"""


@transaction.atomic
def settle(settled: Settled, *, at: datetime, taken: Mapping[UUID, int] | None = None) -> None:
    """Write down what became of each, and what that says of the endpoints.

    `taken` is how many each endpoint has taken of this pass.
    """
    insert_values(Attempt, _ATTEMPT, [
        (
            new_id(), one.id, one.endpoint_id, one.attempts + 1, at, outcome.is_success, outcome.status, outcome.error,
            outcome.head, outcome.milliseconds,
        ) for one, outcome in settled
    ])  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, [list(column) for column in zip(*_standings(settled, at=at), strict=True)])
    of_endpoint: dict[UUID, list[Outcome]] = defaultdict(list)
    for one, outcome in settled:
        # A failure that was on its way while the endpoint took others is slow, and not one behind them.
        if outcome.is_success or outcome.is_gone or (taken or {}).get(one.endpoint_id, 0) <= one.after:
            of_endpoint[one.endpoint_id].append(outcome)
    for endpoint in Endpoint.objects.select_for_update(no_key=True).filter(id__in=of_endpoint).order_by("id"):
        _judge(endpoint, of_endpoint[endpoint.id], at=at)


def _standings(settled: Settled, *, at: datetime) -> Iterable[tuple[UUID, datetime, int, str, datetime]]:
    """Tell where each delivery stands: whose lease it is, its attempts, its status, and when it is due."""
    for one, outcome in settled:
        tried = one.attempts + 1
        due = next_attempt(tried, at=at, drawn=_random.random(), retry_after=outcome.retry_after)
        if outcome.is_success:
            yield one.id, one.lease_until, tried, Delivery.Status.DELIVERED, at
        else:
            left = Delivery.Status.PENDING if due else Delivery.Status.FAILED
            yield one.id, one.lease_until, tried, left, due or at


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
