"""Webhooks' sides: what one process of the worker sends, and a bare loop to the same receiver."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from django.utils.timezone import now

from attendance.messages import REGISTRATION_CONFIRMED
from journal.models import Entry
from kit import scope
from kit.actor import SYSTEM
from kit.ids import new_id
from loadtests.bench.driver import WARM_UP_SECONDS, Measured
from loadtests.bench.stage import ROOT, Stage
from webhooks.models import Delivery, Endpoint
from webhooks.rules import body_of
from webhooks.services import Made, add_endpoint, deliver
from webhooks.services.sending import Addressee, Message, headers

# More than are sent in a second: the table is full until the end.
DUE_A_SECOND = 1_000
_BATCH = 1_000


@contextmanager
def _receiver() -> Iterator[str]:
    """Have a receiver in a process of its own answer 200; give its address."""
    command = [sys.executable, "-m", "loadtests.receiver"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603 - ours
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - they are pipes
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/hook"
        process.stdin.close()


def _endpoint(url: str) -> Made:
    return add_endpoint(fields={"url": url, "event_types": [REGISTRATION_CONFIRMED.name]}, by=SYSTEM, at=now())


def _entries(number: int) -> list[Entry]:
    """Write entries as registrations do."""
    payload = {
        "event_id": str(new_id()), "session_id": str(new_id()), "status": "confirmed",
        "attendee": {"name": "Somebody", "email": "somebody@example.com"},
    }  # fmt: skip
    return Entry.objects.bulk_create(
        [
            Entry(
                type=REGISTRATION_CONFIRMED.name, occurred_at=now(), subject_type="registration", subject_id=new_id(),
                payload=payload, actor_kind=SYSTEM.kind, actor_label=SYSTEM.label,
            ) for _ in range(number)
        ],
        batch_size=_BATCH,
    )  # fmt: skip


def _fall_due(endpoint: Endpoint, number: int) -> None:
    """Have an endpoint be due so many entries."""
    due = [
        Delivery(endpoint=endpoint, entry_id=entry.id, type=entry.type, next_attempt_at=now())
        for entry in _entries(number)
    ]
    Delivery.objects.bulk_create(due, batch_size=_BATCH)


def delivered(stage: Stage, seconds: float) -> Measured:
    """Deliver a full table of what one endpoint is due, in this process, as a task of the worker does.

    One pass behind the other, each as long as it lasts: the time is what it takes, and not what was asked for.
    """
    with _receiver() as url, scope.entered(stage.organization.schema_name):
        endpoint = _endpoint(url).endpoint
        _fall_due(endpoint, round(DUE_A_SECOND * seconds))
        started, count = time.perf_counter(), 0
        while sent := deliver():
            count += sent
        took = time.perf_counter() - started
        missing = endpoint.deliveries.exclude(status=Delivery.Status.DELIVERED).count()
    return Measured(took, [took / count] * count, [f"{missing} were not delivered"] if missing else [])


def posted(stage: Stage, seconds: float) -> Measured:
    """Post one of the same again and again on a kept connection."""
    with _receiver() as url, scope.entered(stage.organization.schema_name):
        made, (entry,) = _endpoint(url), _entries(1)
        body = body_of(
            type_=entry.type, occurred_at=entry.occurred_at, subject_id=entry.subject_id, payload=entry.payload,
            thin=False,
        )  # fmt: skip
        told = headers(Message(str(entry.id), Addressee(url, (made.secret,)), body), at=now())
        measured = Measured(seconds)
        warm_at = time.perf_counter() + WARM_UP_SECONDS
        with httpx.Client() as client:
            while (sent_at := time.perf_counter()) < warm_at + seconds:
                answer = client.post(url, content=body, headers=told)
                if answer.status_code != httpx.codes.OK:
                    measured.wrong.append(f"{answer.status_code}")
                elif sent_at >= warm_at:
                    measured.latencies.append(time.perf_counter() - sent_at)
    return measured
