"""Webhooks through real processes: a receiver that fails, and a worker that is killed, and everything is heard."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from config.demo import PASSWORD
from tests.live import Platform
from tests.webhooks.receiver import Heard, Receiver, is_signed

pytestmark = pytest.mark.xdist_group("live")
ENTRIES = 400


@pytest.fixture
def beat(platform: Platform, tmp_path: Path) -> Iterator[None]:
    """Have the sweep run, as it does beside every worker."""
    process = platform.spawn("-m", "celery", "-A", "config.celery", "beat", "-l", "error", "-s", str(tmp_path / "beat"))
    yield
    platform.kill(process)


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


def _until(is_so: Callable[[], object], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.usefixtures("beat")
def test_everything_is_heard_whatever_fails_and_whoever_dies(platform: Platform) -> None:
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

    worker = platform.start_worker()
    acme = Organization(platform, "acme", Receiver(flaky))
    globex = Organization(platform, "globex", Receiver())
    try:
        acme.make_events(ENTRIES)
        assert _until(lambda: len(taken) > ENTRIES / 10, seconds=60)
        platform.kill(worker)
        # What the dead worker had claimed is found again when its lease has ended: here, at once.
        with platform.connect() as connection:
            connection.execute("UPDATE t_acme.webhooks_delivery SET next_attempt_at = now() WHERE status = 'pending'")
        globex.make_events(1)
        platform.start_worker()
        assert _until(lambda: globex.receiver.heard, seconds=60)
        assert _until(lambda: len(taken) == ENTRIES, seconds=180), acme.attempts_that_failed()
        assert len(asked) == ENTRIES
        assert all(is_signed(heard, acme.secret) for heard in acme.receiver.heard[-20:])
        assert {heard.body["type"] for heard in acme.receiver.heard} == {"event.created"}
        bodies = {(heard.id, heard.raw) for heard in acme.receiver.heard}
        assert len(bodies) == ENTRIES
    finally:
        acme.close()
        globex.close()
