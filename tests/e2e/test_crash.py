"""A web server killed in the middle of registrations leaves everything or nothing of each."""

import threading
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from config.demo import PASSWORD
from tests.e2e.conftest import Platform

pytestmark = pytest.mark.xdist_group("live")


def headers(token: str = "") -> dict[str, str]:
    return {"x-tenant": "acme", "host": "localhost", **({"authorization": f"Bearer {token}"} if token else {})}


def organizer(platform: Platform) -> str:
    body = {"email": "organizer@acme.example", "password": PASSWORD}
    answer = httpx.post(f"{platform.url}/api/v1/auth/login", json=body, headers=headers())
    token: str = answer.json()["access_token"]
    return token


def published_event(platform: Platform, token: str) -> str:
    body: dict[str, Any] = {
        "name": f"Crash {uuid4()}", "capacity": 5_000,
        "starts_at": "2099-01-01T00:00:00Z", "ends_at": "2099-01-02T00:00:00Z",
    }  # fmt: skip
    event = httpx.post(f"{platform.url}/api/v1/events", json=body, headers=headers(token)).json()
    httpx.post(f"{platform.url}/api/v1/events/{event['id']}/publish", headers=headers(token)).raise_for_status()
    event_id: str = event["id"]
    return event_id


def register_until(stop: threading.Event, url: str, token: str, confirmed: list[str]) -> None:
    """Register strangers one after the other, noting each whose 201 arrived."""
    with httpx.Client(headers=headers(token), timeout=5) as client:
        while not stop.is_set():
            person = {"attendee": {"name": "Somebody", "email": f"{uuid4()}@example.com"}}
            try:
                answer = client.post(url, json=person)
            except httpx.TransportError:
                continue
            if answer.status_code == 201:
                confirmed.append(answer.json()["id"])


def counts(platform: Platform, event_id: str) -> tuple[int, int, int]:
    with platform.connect() as connection:
        row = connection.execute(
            "SELECT (SELECT seats_taken FROM t_acme.catalog_seatpool WHERE id = %(id)s),"
            " (SELECT count(*) FROM t_acme.attendance_registration WHERE event_id = %(id)s AND status = 'confirmed'),"
            " (SELECT count(*) FROM t_acme.journal_entry WHERE type = 'registration.confirmed'"
            "   AND payload ->> 'event_id' = %(id)s::text)",
            {"id": event_id},
        ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def test_killing_the_web_server_mid_registration_loses_and_doubles_nothing(platform: Platform) -> None:
    token = organizer(platform)
    event_id = published_event(platform, token)
    url = f"{platform.url}/api/v1/events/{event_id}/register"
    stop, confirmed = threading.Event(), list[str]()
    threads = [threading.Thread(target=register_until, args=(stop, url, token, confirmed)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        time.sleep(1)
        platform.kill_web()
        platform.start_web()
    time.sleep(0.5)
    stop.set()
    for thread in threads:
        thread.join()
    # What the killed server's backends were running may commit a moment later.
    time.sleep(0.5)
    taken, rows, told = counts(platform, event_id)
    assert taken == rows == told
    assert rows >= len(confirmed) > 100
    with platform.connect() as connection:
        kept = connection.execute(
            "SELECT count(*) FROM t_acme.attendance_registration WHERE id = ANY(%s)", (confirmed,)
        ).fetchone()
    assert kept == (len(confirmed),)


def test_the_worker_takes_the_journal_up(platform: Platform) -> None:
    """Recorded, announced over Valkey, dispatched by a real worker: the cursor reaches the entry."""
    token = organizer(platform)
    event_id = published_event(platform, token)
    deadline = time.monotonic() + 60
    query = (
        "SELECT (SELECT xid FROM t_acme.journal_cursor WHERE name = 'dispatcher') >="
        " (SELECT max(xid) FROM t_acme.journal_entry WHERE subject_id = %s)"
    )
    with platform.connect() as connection:
        while time.monotonic() < deadline:
            if connection.execute(query, (event_id,)).fetchone() == (True,):
                return
            # Another announcement: a writer elsewhere on the server may have held the horizon when the first came.
            published_event(platform, token)
            time.sleep(0.5)
    pytest.fail("the dispatcher never reached the entry")
