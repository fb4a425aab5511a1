"""The real thing: granian and a Celery worker as processes, on a database of their own, with the demonstration data."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkstemp
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from config.demo import PASSWORD
from dev.places import free_port
from kit.middleware import is_bulk

ROOT = Path(settings.ROOT)
# Shorter than outside tests.
BODY_SECONDS = 4


@dataclass
class Platform:
    """Processes on a database. `url` is where the web answers."""

    port: int
    env: dict[str, str]
    web: subprocess.Popen[bytes] | None = None
    others: list[subprocess.Popen[bytes]] = field(default_factory=list)
    log: Path = field(default_factory=lambda: Path(mkstemp(prefix="aforo-live-", suffix=".log")[1]))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def spawn(self, *command: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
            )

    def start_web(self) -> None:
        """Start the web server and wait until it answers."""
        self.web = self.spawn("-m", "config.web")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/ready").status_code == 200:
                    return
            time.sleep(0.1)
        pytest.fail("the web server did not become ready within 30 s")

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start a Celery worker for every queue."""
        pool = ("-P", "threads", "-c", "8")
        worker = self.spawn("-m", "celery", "-A", "config.celery", "worker", *pool, "-l", "error")
        self.others.append(worker)
        return worker

    def start_beat(self, folder: Path) -> subprocess.Popen[bytes]:
        """Start what has the sweep run, as it does beside every worker."""
        return self.spawn("-m", "celery", "-A", "config.celery", "beat", "-l", "error", "-s", str(folder / "beat"))

    def kill_web(self) -> None:
        """Kill the server and its workers at once, as a crash would."""
        assert self.web is not None
        self.kill(self.web)

    @staticmethod
    def kill(process: subprocess.Popen[bytes]) -> None:
        """Kill a process and its children at once."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop_workers(self) -> None:
        """Have all workers end, at once if they take long."""
        for process in self.others:
            self._stop(process)
        self.others.clear()

    def stop(self) -> None:
        if self.web is not None:
            self._stop(self.web)
        self.stop_workers()

    @staticmethod
    def _stop(process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.env["DATABASE_URL"], autocommit=True)

    def end_leases(self, table: str, which: str) -> None:
        """Have what somebody dead had claimed found again at once, when all that they had begun has ended."""
        with self.connect() as connection, connection.transaction():
            connection.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
            connection.execute(f"UPDATE {table} SET next_attempt_at = now() WHERE {which}")  # noqa: S608 - of tests

    def manage(self, *command: str) -> str:
        """Run a management command; give what it says."""
        run = [sys.executable, "manage.py", *command]
        return subprocess.run(run, cwd=ROOT, env=self.env, check=True, capture_output=True, text=True).stdout

    def api(self, method: str, path: str, body: Any = None, *, token: str = "", key: str = "") -> httpx.Response:
        """Call acme's REST API."""
        headers = {"x-tenant": "acme", "host": "localhost"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        if key or is_bulk(path):
            headers["idempotency-key"] = key or str(uuid4())
        return httpx.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=30)

    def token(self, role: str = "organizer") -> str:
        """Log a member of acme in."""
        answer = self.api("POST", "/auth/login", {"email": f"{role}@acme.example", "password": PASSWORD})
        token: str = answer.json()["access_token"]
        return token

    def event(self, token: str, *, sessions: int = 0, **fields: Any) -> dict[str, Any]:
        """Publish an event of acme, with as many sessions at one time, which then admit."""
        span = {"starts_at": "2099-01-01T00:00:00Z", "ends_at": "2099-01-02T00:00:00Z"}
        body = {"name": f"Live {uuid4()}", "capacity": 5_000, "admission": "session" if sessions else "event", **span}
        event: dict[str, Any] = self.api("POST", "/events", {**body, **fields}, token=token).json()
        for number in range(sessions):
            session = {"title": f"Session {number}", "capacity": fields.get("capacity", 5_000), **span}
            self.api("POST", f"/events/{event['id']}/sessions", session, token=token).raise_for_status()
        published = self.api("POST", f"/events/{event['id']}/publish", {}, token=token).raise_for_status()
        return {**published.json(), "sessions": self.sessions(event["id"])}

    def sessions(self, event_id: str) -> list[str]:
        """Give the ids of an event's sessions."""
        return [one["id"] for one in self.api("GET", f"/sessions?event_id={event_id}").json()["items"]]


def _url(database: str) -> str:
    at = settings.DATABASES["default"]
    password = f":{at['PASSWORD']}" if at["PASSWORD"] else ""
    return f"postgres://{at['USER']}{password}@{at['HOST']}:{at['PORT']}/{database}"


@contextmanager
def _database(name: str) -> Iterator[None]:
    with psycopg.connect(_url("postgres"), autocommit=True) as connection:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield
        connection.execute(drop)


def environment(database_url: str) -> dict[str, str]:
    """Give the environment of the processes: the product's settings, and the races' controls beside its routes."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")]),
        "DJANGO_SETTINGS_MODULE": "tests.live_settings",
        "DEBUG": "1",
        "DATABASE_URL": database_url,
        "REDIS_URL": settings.REDIS_URL,
        "PORT": str(free_port()),
        "EMAIL_URL": "dummymail://",
        "BODY_SECONDS": str(BODY_SECONDS),
        # Receivers of webhooks are here.
        "EGRESS_NETWORKS": "127.0.0.0/8",
    }


def until(is_so: Callable[[], object], *, seconds: float) -> bool:
    """Wait until something is so; tell whether it has come to that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.1)
    return False


@contextmanager
def running(env: dict[str, str]) -> Iterator[Platform]:
    """Migrate and seed a database, and have web and worker run on it."""
    platform = Platform(int(env["PORT"]), env)
    for command in ("migrate_schemas", "seed"):
        platform.manage(command)
    try:
        platform.start_web()
        platform.start_worker()
        yield platform
    finally:
        platform.stop()
        platform.log.unlink()


@pytest.fixture(scope="session")
def platform(worker_id: str) -> Iterator[Platform]:
    """A migrated and seeded platform with web and worker."""
    name = f"{settings.E2E_DATABASE}_{worker_id}"
    with _database(name), running(environment(_url(name))) as platform:
        yield platform


@pytest.fixture
def live_platform(platform: Platform) -> str:
    """Give the address of the running platform."""
    return platform.url
