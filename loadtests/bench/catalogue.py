"""The catalogue's sides: lists, searches, and many events at once."""

import socket
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from random import Random
from secrets import token_hex
from typing import Any

import orjson
from django.db import connection
from django.utils.timezone import now

from catalog import selectors
from catalog.services import create_events
from catalog.services.bulk import Item
from kit.actor import ANONYMOUS, SYSTEM
from kit.many import MAX_ITEMS
from loadtests.bench.driver import Measured, Tail, drive, exchange, request
from loadtests.bench.stage import CONNECTIONS, LISTED, Stage

MANY = 10_000
SESSIONS = 2
# Drawn for names and descriptions; the same each time.
_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo")
VOCABULARY = [a + b + c for a in _SYLLABLES for b in _SYLLABLES for c in ("na", "ro", "l")]
_numbers = count(1)


def _event(drawn: Random) -> dict[str, Any]:
    starts_at = now() + timedelta(days=30 + drawn.random() * 300)
    return {
        "name": " ".join(drawn.sample(VOCABULARY, 3)), "description": " ".join(drawn.choices(VOCABULARY, k=40)),
        "place": drawn.choice(VOCABULARY), "starts_at": starts_at, "ends_at": starts_at + timedelta(hours=8),
        "capacity": 100,
    }  # fmt: skip


def _session(event: dict[str, Any]) -> dict[str, Any]:
    starts_at = event["starts_at"]
    return {"title": "Session", "starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1), "capacity": 50}


def plant_many() -> None:
    """Make many public events in the present schema."""
    drawn = Random(7)  # noqa: S311 - names, not secrets
    for _ in range(MANY // MAX_ITEMS):
        items = [Item(_event(drawn)) for _ in range(MAX_ITEMS)]
        create_events(items, is_atomic=True, by=SYSTEM, at=now())
    with connection.cursor() as cursor:
        # As publishing each would leave them.
        cursor.execute("UPDATE catalog_event SET stage = 'on_sale'")
        cursor.execute("UPDATE catalog_eventtext SET is_public = true")
        # What autovacuum would come to do within a minute.
        cursor.execute("VACUUM (ANALYZE) catalog_event, catalog_eventtext, catalog_seatpool")
    if not selectors.typed_ahead(VOCABULARY[0], reader=ANONYMOUS, at=now()):
        raise RuntimeError("the public finds nothing of what was planted")


def _list(stage: Stage, path: str, seconds: float, *, host: str = "", token: str = "") -> Measured:
    return stage.get(f"{path}?size={LISTED}", seconds, host=host, token=token)


def listed(stage: Stage, seconds: float) -> Measured:
    """Ask for a page of events as staff, who are served from the database."""
    stage.fill()
    return _list(stage, "/api/v1/events", seconds, token=stage.token())


def bare_list(stage: Stage, seconds: float) -> Measured:
    """Ask for the same of a view that runs the same SQL."""
    stage.fill()
    return _list(stage, "/bench/events", seconds, token=stage.token())


def ready_list(stage: Stage, seconds: float) -> Measured:
    """Ask for a page of events as the public, whose answers are ready."""
    stage.fill()
    return _list(stage, "/api/v1/events", seconds)


def ready_list_tail(stage: Stage, seconds: float) -> Measured:
    """Ask for a page as the public where there are many events."""
    return _tail(_list(stage, "/api/v1/events", seconds, host=stage.many(plant_many)))


def search_tail(stage: Stage, seconds: float) -> Measured:
    """Search many events for a word and the beginning of another, hardly ever the same."""
    host, drawn = stage.many(plant_many), Random(next(_numbers))  # noqa: S311 - as above

    def another() -> bytes:
        text = f"{drawn.choice(VOCABULARY)}%20{drawn.choice(VOCABULARY)[:4]}"
        return request("GET", f"/api/v1/events?search={text}&size={LISTED}", host=host)

    return _tail(drive(stage.port, another, expected=200, connections=CONNECTIONS, seconds=seconds))


def _tail(measured: Measured) -> Measured:
    return Tail(measured.seconds, measured.latencies, measured.wrong)


def bulk(stage: Stage, seconds: float) -> Measured:
    """Make a thousand events with their sessions in one call; give events a second."""
    drawn = Random(next(_numbers))  # noqa: S311 - as above

    def thousand(send: Callable[..., Any]) -> int:
        items = [_event(drawn) for _ in range(MAX_ITEMS)]
        body = orjson.dumps({"items": [{**event, "sessions": [_session(event)] * SESSIONS} for event in items]})
        send("/events/bulk", body, expected=200)
        return MAX_ITEMS

    return _one_by_one(stage, thousand, seconds)


def singly(stage: Stage, seconds: float) -> Measured:
    """Make the same with a call for each event and each session; give events a second."""
    drawn = Random(next(_numbers))  # noqa: S311 - as above

    def one(send: Callable[..., Any]) -> int:
        event = _event(drawn)
        made = send("/events", orjson.dumps(event), expected=201)
        for _ in range(SESSIONS):
            send(f"/events/{made['id']}/sessions", orjson.dumps(_session(event)), expected=201)
        return 1

    return _one_by_one(stage, one, seconds)


def _one_by_one(stage: Stage, make: Callable[[Callable[..., Any]], int], seconds: float) -> Measured:
    """Make events on one connection until the time is up. A thousand at once may take longer than that."""
    token, wrong, made = stage.token(), list[str](), 0
    with socket.create_connection(("127.0.0.1", stage.port), timeout=60) as connected:

        def send(path: str, body: bytes, *, expected: int) -> Any:
            what = request("POST", f"/api/v1{path}", host=stage.host, token=token, key=token_hex(16), body=body)
            status, answer = exchange(connected, what)
            if status != expected:
                wrong.append(f"{status}: {answer[:200]!r}")
            return orjson.loads(answer)

        make(send)
        started = time.perf_counter()
        while time.perf_counter() < started + seconds:
            made += make(send)
        took = time.perf_counter() - started
    return Measured(took, [took / made] * made, wrong)
