"""The platform as processes: web, workers, beat, on a database of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "loadtests" / "results"
READY_SECONDS, STOP_SECONDS = 60, 20
# Of the Valkey that is given, a database that nobody else uses: it is emptied.
VALKEY_DATABASE = 11

_CELERY = ("-m", "celery", "-A", "config.celery")
COMMANDS = {
    "web": ("-m", "config.web"),
    "worker": (*_CELERY, "worker", "-l", "error", "-Q", "default", "-c", "2", "-n", "worker@%h"),
    "webhooks": (
        *_CELERY, "worker", "-l", "error", "-Q", "webhooks", "-P", "threads", "-c", "16", "-n", "webhooks@%h",
    ),
    "beat": (*_CELERY, "beat", "-l", "error", "-s", str(RESULTS / "beat"), "--pidfile="),
}  # fmt: skip


@contextmanager
def database(given: str) -> Iterator[str]:
    """Have an empty database beside the given one for the length of a block; give its address."""
    name = f"{urlsplit(given).path.strip('/')}_storm"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlsplit(given)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(drop)


def valkey(given: str) -> str:
    """Give the address of the database that is the storm's."""
    return urlsplit(given)._replace(path=f"/{VALKEY_DATABASE}").geturl()


class Platform:
    """Processes in sessions of their own, which inherit the environment; what they say goes to a log."""

    def __init__(self, url: str) -> None:
        """Take the address where the web will answer."""
        self.url = url
        self._log = RESULTS / "storm.log"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Start processes, by the names of `COMMANDS`."""
        with self._log.open("ab") as log:
            for name in names:
                self._processes[name] = subprocess.Popen(  # noqa: S603 - as written above
                    [sys.executable, *COMMANDS[name]], cwd=ROOT, stdout=log, stderr=log, start_new_session=True
                )

    def kill(self, name: str) -> None:
        """Kill a process with all that it started, as a machine that dies would."""
        process = self._processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def wait_until_ready(self) -> None:
        """Wait until the web answers that all parts do.

        Raises:
            RuntimeError: it does not.
        """
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/ready").is_success:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"the platform was not ready within {READY_SECONDS} s; see {self._log}")

    def stop(self) -> None:
        """End all of them."""
        for process in self._processes.values():
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(deadline - time.monotonic(), 0))
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def running(port: int) -> Iterator[Platform]:
    """Have the platform run for the length of a block."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "storm.log").unlink(missing_ok=True)
    platform = Platform(f"http://127.0.0.1:{port}")
    try:
        platform.start(*COMMANDS)
        platform.wait_until_ready()
        yield platform
    finally:
        platform.stop()
