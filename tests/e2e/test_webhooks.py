"""Webhooks through real processes: a receiver that fails, and a worker that is killed, and everything is heard."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from config.demo import PASSWORD
from tests.live import Platform, until
from tests.webhooks.receiver import Heard, Receiver, is_signed

pytestmark = pytest.mark.xdist_group("live")
ENTRIES = 400
# More than a worker that is asked to stop at once sends: three times what goes to one endpoint at a time.
STOPPED = 100


@pytest.fixture
def beat(platform: Platform, tmp_path: Path) -> Iterator[None]:
    """Have the sweep run, as it does beside every worker."""
    process = platform.start_beat(tmp_path)
    yield
    platform.kill(process)


@pytest.fixture
def worker(platform: Platform) -> Iterator[subprocess.Popen[bytes]]:
    """Have one worker and no other; leave one behind, whatever became of it."""
    platform.stop_workers()
    yield platform.start_worker()
    platform.stop_workers()
    platform.start_worker()


class Organization:
    """An admin of an organization over HTTP, with an endpoint that leads to a receiver of its own."""

    def __init__(self, platform: Platform, slug: str, receiver: Receiver) -> None:
        self.receiver = receiver
        self._client = httpx.Client(base_url=f"{platform.url}/api/v1", headers={"x-tenant": slug}, timeout=60)
        login = {"email": f"admin@{slug}.example", "password": PASSWORD}
        token = self.post("/auth/login", login)["access_token"]
        self._client.headers["authorization"] = f"Bearer {token}"
        made = self.post("/webhooks/endpoints", {"url": receiver.url, "event_types": ["event.created"]})
        self.endpoint, self.secret = f"/webhooks/endpoints/{made['id']}", made["secret"]

    def post(self, path: str, body: object) -> dict[str, str]:
        answer = self._client.post(path, json=body, headers={"idempotency-key": str(uuid4())}).raise_for_status()
        told: dict[str, str] = answer.json()
        return told

    def make_events(self, count: int) -> None:
        span = {"starts_at": "2099-01-01T00:00:00Z", "ends_at": "2099-01-02T00:00:00Z"}
        items = [{"name": f"Told {number}", "capacity": 1, **span} for number in range(count)]
        self.post("/events/bulk", {"mode": "atomic", "items": items})

    def attempts_that_failed(self) -> object:
        return self._client.get("/webhooks/attempts?is_success=false&limit=100").json()["items"]

    def close(self) -> None:
        self._client.delete(self.endpoint)
        self._client.close()
        self.receiver.close()


@pytest.mark.usefixtures("beat")
def test_everything_is_heard_whatever_fails_and_whoever_dies(
    platform: Platform, worker: subprocess.Popen[bytes]
) -> None:
    taken: set[str] = set()
    asked: set[str] = set()

    def flaky(heard: Heard) -> tuple[int, dict[str, str], bytes]:
        """Refuse every third at first, each in one of the ways that receivers have."""
        is_first, number = heard.id not in asked, len(asked)
        asked.add(heard.id)
        if is_first and number % 3 == 0:
            return [(500, {}, b"broken"), (429, {"Retry-After": "1"}, b""), (302, {"Location": "/"}, b"")][
                number // 3 % 3
            ]
        taken.add(heard.id)
        return 200, {}, b""

    acme = Organization(platform, "acme", Receiver(flaky))
    globex = Organization(platform, "globex", Receiver())
    try:
        acme.make_events(ENTRIES)
        assert until(lambda: len(taken) > ENTRIES / 10, seconds=60)
        platform.kill(worker)
        platform.end_leases("t_acme.webhooks_delivery", "status = 'pending'")
        globex.make_events(1)
        platform.start_worker()
        assert until(lambda: globex.receiver.heard, seconds=60)
        assert until(lambda: len(taken) == ENTRIES, seconds=180), acme.attempts_that_failed()
        assert len(asked) == ENTRIES
        assert all(is_signed(heard, acme.secret) for heard in acme.receiver.heard[-20:])
        assert {heard.body["type"] for heard in acme.receiver.heard} == {"event.created"}
        bodies = {(heard.id, heard.raw) for heard in acme.receiver.heard}
        assert len(bodies) == ENTRIES
    finally:
        acme.close()
        globex.close()


def test_a_worker_that_is_asked_to_stop_writes_down_what_it_hears(
    platform: Platform, worker: subprocess.Popen[bytes]
) -> None:
    def slow(_: Heard) -> tuple[int, dict[str, str], bytes]:
        time.sleep(2)
        return 200, {}, b""

    acme = Organization(platform, "acme", Receiver(slow))
    try:
        acme.make_events(STOPPED)
        assert until(lambda: acme.receiver.heard, seconds=60)
        worker.terminate()
        assert worker.wait(timeout=30) == 0
        heard = {one.id for one in acme.receiver.heard}
        assert 0 < len(heard) < STOPPED
        with platform.connect() as connection:
            told = connection.execute(
                "SELECT entry_id FROM t_acme.webhooks_delivery WHERE endpoint_id = %s AND status = 'delivered'",
                [acme.endpoint.rpartition("/")[2]],
            ).fetchall()
        assert {str(entry_id) for (entry_id,) in told} == heard
        platform.start_worker()
        assert until(lambda: len(acme.receiver.heard) >= STOPPED, seconds=60)
        assert len({one.id for one in acme.receiver.heard}) == len(acme.receiver.heard) == STOPPED
    finally:
        acme.close()
