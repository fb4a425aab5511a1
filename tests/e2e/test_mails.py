"""Mails through real processes: a worker is killed in the middle of hundreds, and nobody gets one twice."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.live import Platform
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
    beat = platform.spawn("-m", "celery", "-A", "config.celery", "beat", "-l", "error", "-s", str(tmp_path / "beat"))
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


def until(is_so: Callable[[], object], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.1)
    return False


def test_nobody_gets_a_mail_twice_whoever_dies(
    platform: Platform, server: MailServer, mailing: Callable[[], Any]
) -> None:
    def slow(_: Any) -> str:
        time.sleep(0.02)
        return "250 taken"

    server.answers = slow
    token = platform.token()
    event = platform.event(token, capacity=PEOPLE)
    tag = uuid4().hex[:8]
    items = [
        {"event_id": event["id"], "attendee": {"name": f"Guest {n}", "email": f"{tag}-{n}@example.com"}}
        for n in range(PEOPLE)
    ]
    platform.api("POST", "/registrations/bulk", {"items": items}, token=token).raise_for_status()

    def heard() -> Counter[str]:
        return Counter(message["To"] for message in server.heard if message["To"].startswith(tag))

    worker = mailing()
    assert until(lambda: len(heard()) > PEOPLE / 5, seconds=90)
    platform.kill(worker)
    platform.others.remove(worker)
    at_death = len(heard())
    # What the dead worker had claimed is found again when its lease has ended: here, at once.
    with platform.connect() as connection:
        connection.execute("UPDATE t_acme.notifications_mail SET next_attempt_at = now() WHERE status <> 'sent'")
        mailing()

        def settled() -> bool:
            waiting = "SELECT count(*) FROM t_acme.notifications_mail WHERE status IN ('pending', 'handed_over')"
            return connection.execute(waiting).fetchone() == (0,)

        assert until(settled, seconds=120)
        unsure = connection.execute(
            "SELECT count(*) FROM t_acme.notifications_mail WHERE status = 'unsure' AND recipient LIKE %s", [f"{tag}%"]
        ).fetchone()
    assert at_death < PEOPLE
    assert max(heard().values()) == 1
    assert unsure is not None
    assert PEOPLE - len(heard()) <= unsure[0] <= 1
