"""Telling endpoints what they are due. Due attempts are claimed in a table, so any number of workers may do it at once.

A claim is a lease: whoever claims and dies leaves what it claimed to be found again when the lease ends, and an
endpoint that had heard it already hears it twice, under one id. No transaction is open while anything is sent.
"""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog
from django.db import connection
from django.utils.timezone import now

from kit.egress import Client
from kit.listing import fetched
from kit.sweeps import Look
from kit.tasks import SOON, enqueue_if_due
from kit.turns import Turn, turn
from webhooks.models import Endpoint
from webhooks.rules import THRESHOLD, Outcome, body_of
from webhooks.services.fanning import DELIVER
from webhooks.services.sending import TOTAL_SECONDS, Addressee, addressee, tell
from webhooks.services.settling import Claimed, settle

log = structlog.get_logger()

# How many of an organization's are sent at the same time by one pass, and how many of them to one endpoint.
BATCH, EACH = 40, 20
# For how long a pass claims more. It ends when the last of what it claimed is answered.
PASS_SECONDS = 5.0
# How many passes of one organization a process has at once: one claims, the others wait for what is slow.
PASSES = 3
# What is answered at nearly the same time is written down together.
GATHER_SECONDS = 0.02
# While it waits for answers, a pass looks so often for what has become due.
LOOK_SECONDS = 0.5
# Longer than an exchange takes, names that are slow to resolve included.
LEASE = timedelta(seconds=3 * TOTAL_SECONDS)

# The longest due first, of each endpoint by turns, so that none keeps the others waiting; of one that fails a single
# one, to see whether it has come back. An endpoint with a limit of its own rests for a second after so many.
_CLAIM = """
    WITH due AS (
        SELECT d.id, e.id AS endpoint_id, d.entry_id FROM webhooks_endpoint AS e CROSS JOIN LATERAL (
               SELECT id, entry_id, next_attempt_at FROM webhooks_delivery
                WHERE endpoint_id = e.id AND status = 'pending' AND next_attempt_at <= %(at)s
                ORDER BY next_attempt_at
                LIMIT CASE WHEN e.failures >= %(threshold)s THEN 1 ELSE least(%(each)s, e.max_per_second) END
                  FOR NO KEY UPDATE SKIP LOCKED) AS d
         WHERE e.is_enabled AND e.deleted_at IS NULL AND (e.resting_until IS NULL OR e.resting_until <= %(at)s)
           AND e.id <> ALL(%(busy)s::uuid[])
         ORDER BY row_number() OVER (PARTITION BY e.id ORDER BY d.next_attempt_at)
         LIMIT %(limit)s
    ), resting AS (
        UPDATE webhooks_endpoint SET resting_until = %(at)s + CASE WHEN failures >= %(threshold)s
               THEN %(lease)s::interval ELSE interval '1 second' END
         WHERE id IN (SELECT id FROM webhooks_endpoint WHERE id IN (SELECT endpoint_id FROM due)
                         AND (max_per_second IS NOT NULL OR failures >= %(threshold)s) ORDER BY id FOR NO KEY UPDATE)
    )
    UPDATE webhooks_delivery AS d SET next_attempt_at = %(at)s + %(lease)s::interval
      FROM due JOIN webhooks_endpoint AS e ON e.id = due.endpoint_id JOIN journal_entry AS j ON j.id = due.entry_id
     WHERE d.id = due.id
    RETURNING d.id, e.id, d.attempts, d.next_attempt_at, e.url, e.secret, e.previous_secret, e.previous_until,
              j.id, j.type, j.occurred_at, j.subject_id, j.payload, e.payload
"""

_DUE = """
    SELECT min(greatest(next_attempt_at, resting_until)) FROM webhooks_endpoint AS e CROSS JOIN LATERAL (
           SELECT next_attempt_at FROM webhooks_delivery WHERE endpoint_id = e.id AND status = 'pending'
            ORDER BY next_attempt_at LIMIT 1) AS d
     WHERE is_enabled AND deleted_at IS NULL
"""


def deliver(*, at: datetime | None = None) -> int:
    """Send what is due, and write down what became of it; tell how much it was.

    Bounded, so that no organization keeps the others waiting: if more is due, another task is sent for it. Where this
    process is at it already, nothing is done: whoever is at it goes on. `at` is the present, unless a test says
    otherwise.
    """
    count = 0
    with turn(DELIVER, of=PASSES) as mine:
        if mine:
            count = _pass(mine, lambda: at or now())
    if mine:
        # After the turn has ended: what became due since is found here, or its own task finds a turn.
        enqueue_if_due(DELIVER, _due_at(), at=at or now(), within=SOON)
    return count


def _pass(mine: Turn, present: Callable[[], datetime]) -> int:
    """Claim, send and write down, each as soon as there is anything, until nothing is due or time is over."""
    count, until, is_handed_on = 0, time.monotonic() + PASS_SECONDS, False
    sending: dict[Future[Outcome], Claimed] = {}
    taken: Counter[UUID] = Counter()
    with Client(seconds=TOTAL_SECONDS) as client, ThreadPoolExecutor(BATCH) as pool:
        while True:
            mine.is_open = time.monotonic() < until
            if mine.is_open:
                for one, letter in _claim(list(sending.values()), at=present()):
                    task = pool.submit(_send, client, letter, present)
                    sending[task] = replace(one, after=taken[one.endpoint_id])
                    count += 1
            if not sending:
                return count
            if not (mine.is_open or is_handed_on):
                # Another pass claims, while this one waits for what is slow.
                is_handed_on = _hand_on()
            if wait(sending, LOOK_SECONDS, FIRST_COMPLETED).done:
                answered = [(sending.pop(one), one.result()) for one in wait(sending, GATHER_SECONDS).done]
                taken.update(one.endpoint_id for one, outcome in answered if outcome.is_success)
                settle(answered, at=present(), taken=taken)


def _hand_on() -> bool:
    """Have another task look, if anything is due; tell whether that is done. Never fails: answers are still to come."""
    try:
        return deliver_if_due()
    except Exception as error:  # noqa: BLE001 - the broker's client raises many kinds, and the sweep makes up for it
        log.warning("hand_on_failed", error=repr(error))
        return True


@dataclass(frozen=True, slots=True)
class _Letter:
    """What an endpoint is told of an entry; `payload` is JSON."""

    to: Addressee
    entry_id: UUID
    type: str
    occurred_at: datetime
    subject_id: UUID | None
    payload: str
    form: str


def _claim(sending: list[Claimed], *, at: datetime) -> list[tuple[Claimed, _Letter]]:
    """Claim what is due and has room beside what is being sent."""
    room, of_endpoint = BATCH - len(sending), Counter(one.endpoint_id for one in sending)
    if not room:
        return []
    given: dict[str, Any] = {
        "at": at, "threshold": THRESHOLD, "each": EACH, "limit": room, "lease": LEASE,
        "busy": [endpoint for endpoint, count in of_endpoint.items() if count >= EACH],
    }  # fmt: skip
    claimed, known = [], dict[UUID, Addressee]()
    for row in fetched(_CLAIM, given):
        one = Claimed(*row[:4])
        to = known.get(one.endpoint_id) or known.setdefault(one.endpoint_id, addressee(*row[4:8], at=at))
        claimed.append((one, _Letter(to, *row[8:])))
    return claimed


def _send(client: Client, letter: _Letter, present: Callable[[], datetime]) -> Outcome:
    """Tell an endpoint. Runs on a thread of its own, and touches no database."""
    body = body_of(
        type_=letter.type, occurred_at=letter.occurred_at, subject_id=letter.subject_id,
        payload=orjson.loads(letter.payload), thin=letter.form == Endpoint.Payload.THIN,
    )  # fmt: skip
    return tell(client, letter.to, id_=letter.entry_id, body=body, at=present())


def _due_at() -> datetime | None:
    """Tell when the next attempt to an endpoint that is served is due."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE)
        found: datetime | None = cursor.fetchone()[0]
    return found


def deliver_if_due() -> bool:
    """Enqueue a delivery if attempts are due: the sweep's part for one schema."""
    return enqueue_if_due(DELIVER, _due_at(), at=now())


# What waits for an endpoint that rests is looked at closely each time: that is less to plan for all the others.
_WAITING = """EXISTS (SELECT FROM webhooks_delivery WHERE status = 'pending'
                       AND next_attempt_at <= statement_timestamp())"""
LOOK = Look(_WAITING, deliver_if_due)
