"""The real thing: granian and a Celery worker as processes, on a database of their own, with the demonstration data."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from django.conf import settings
from psycopg import sql

ROOT = Path(settings.ROOT)


@dataclass
class Platform:
    """Processes on a database. `url` is where the web answers."""

    database: str
    port: int
    env: dict[str, str]
    web: subprocess.Popen[bytes] | None = None
    others: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def spawn(self, *command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=self.env, stdout=subprocess.DEVNULL, start_new_session=True
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

    def kill_web(self) -> None:
        """Kill the server and its workers at once, as a crash would."""
        assert self.web is not None
        os.killpg(self.web.pid, signal.SIGKILL)
        self.web.wait()

    def stop(self) -> None:
        for process in (self.web, *self.others):
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(timeout=15)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(_url(self.database), autocommit=True)


def _url(database: str) -> str:
    at = settings.DATABASES["default"]
    password = f":{at['PASSWORD']}" if at["PASSWORD"] else ""
    return f"postgres://{at['USER']}{password}@{at['HOST']}:{at['PORT']}/{database}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _database(name: str) -> Iterator[None]:
    with psycopg.connect(_url("postgres"), autocommit=True) as connection:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield
        connection.execute(drop)


@pytest.fixture(scope="session")
def platform(worker_id: str) -> Iterator[Platform]:
    """A migrated and seeded platform with web and worker."""
    name = f"{settings.E2E_DATABASE}_{worker_id}"
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")]),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "1",
        "DATABASE_URL": _url(name),
        "REDIS_URL": settings.REDIS_URL,
        "PORT": str(port := _free_port()),
    }
    running = Platform(name, port, env)
    with _database(name):
        for command in ("migrate_schemas", "seed"):
            subprocess.run(
                [sys.executable, "manage.py", command], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL
            )
        try:
            running.start_web()
            running.others.append(
                running.spawn("-m", "celery", "-A", "config.celery", "worker", "-c", "1", "-l", "error")
            )
            yield running
        finally:
            running.stop()


@pytest.fixture
def live_platform(platform: Platform) -> str:
    """Give the address of the running platform."""
    return platform.url
