"""Mails through real processes: a worker is killed in the middle of hundreds, and nobody gets one twice."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from config.demo import PASSWORD
from tests.live import Platform, until
from tests.notifications.server import MailServer

pytestmark = pytest.mark.xdist_group("live")
PEOPLE = 150


@pytest.fixture
def server() -> Iterator[MailServer]:
    made = MailServer()
    yield made
    made.close()


@pytest.fixture
def mailing(platform: Platform, server: MailServer, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """Have the mail server known, and the sweep run; give what starts a worker."""
    before = dict(platform.env)
    kill_workers(platform)
    platform.env["EMAIL_URL"] = f"smtp://127.0.0.1:{server.port}"
    beat = platform.start_beat(tmp_path)
    yield platform.start_worker
    platform.kill(beat)
    kill_workers(platform)
    platform.env.clear()
    platform.env.update(before)
    platform.start_worker()


def kill_workers(platform: Platform) -> None:
    while platform.others:
        worker = platform.others.pop()
        if worker.poll() is None:
            platform.kill(worker)


def register(platform: Platform, emails: list[str]) -> None:
    """Register people for an event of globex, whose mails no other test waits for."""
    with httpx.Client(base_url=f"{platform.url}/api/v1", headers={"x-tenant": "globex"}, timeout=60) as client:

        def post(path: str, body: Any) -> Any:
            return client.post(path, json=body, headers={"idempotency-key": str(uuid4())}).raise_for_status().json()

        login = {"email": "organizer@globex.example", "password": PASSWORD}
        client.headers["authorization"] = f"Bearer {post('/auth/login', login)['access_token']}"
        span = {"starts_at": "2099-01-01T00:00:00Z", "ends_at": "2099-01-02T00:00:00Z"}
        event = post("/events", {"name": "Mailed", "capacity": len(emails), **span})
        post(f"/events/{event['id']}/publish", {})
        items = [{"event_id": event["id"], "attendee": {"name": "Guest", "email": email}} for email in emails]
        post("/registrations/bulk", {"items": items})


def test_nobody_gets_a_mail_twice_whoever_dies(
    platform: Platform, server: MailServer, mailing: Callable[[], Any]
) -> None:
    tag = uuid4().hex[:8]

    def slow(envelope: Any) -> str:
        if envelope.rcpt_tos[0].startswith(tag):
            time.sleep(0.02)
        return "250 taken"

    server.answers = slow
    register(platform, [f"{tag}-{number}@example.com" for number in range(PEOPLE)])

    def heard() -> Counter[str]:
        return Counter(message["To"] for message in server.heard if message["To"].startswith(tag))

    worker = mailing()
    assert until(lambda: len(heard()) > PEOPLE / 5, seconds=90)
    platform.kill(worker)
    platform.others.remove(worker)
    at_death = len(heard())
    platform.end_leases("t_globex.notifications_mail", "status <> 'sent'")
    mailing()
    with platform.connect() as connection:

        def settled() -> bool:
            waiting = "SELECT count(*) FROM t_globex.notifications_mail WHERE status IN ('pending', 'handed_over')"
            return connection.execute(waiting).fetchone() == (0,)

        assert until(settled, seconds=120)
        unsure = connection.execute(
            "SELECT count(*) FROM t_globex.notifications_mail WHERE status = 'unsure' AND recipient LIKE %s",
            [f"{tag}%"],
        ).fetchone()
    assert at_death < PEOPLE
    assert max(heard().values()) == 1
    assert unsure is not None
    assert PEOPLE - len(heard()) <= unsure[0] <= 1
