"""`make run`: the whole platform as one process tree, and a table of what to open."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import httpx

from config.demo import OPERATOR_EMAIL, PASSWORD
from dev.embedded import services
from dev.places import ROOT, STATE, is_free, state, stop
from dev.processes import Child, spawn

NAME = "run"
READY_SECONDS = 60
# What the environment may say otherwise. Mails are written to a folder.
_DEFAULTS = {"DEBUG": "1", "EMAIL_URL": f"filemail:///{STATE}/{NAME}/mails"}


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked
    """Somebody asked the platform to stop."""


def _interrupt(*_: object) -> NoReturn:
    raise Stopped


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what is going on, and how long it took."""
    print(f"  {what} ...", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f" {time.monotonic() - started:.1f} s", flush=True)


def manage(*arguments: str, env: dict[str, str]) -> None:
    """Run a command of manage.py quietly; leave with what it said if it fails."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        stop(f"`manage.py {' '.join(arguments)}` failed:\n{(done.stderr or done.stdout)[-2_000:]}")


def start(env: dict[str, str], children: list[Child]) -> None:
    """Start web, workers and beat, in the order in which they are stopped last to first."""
    folder = state(NAME)
    celery = [sys.executable, "-m", "celery", "-A", "config.celery"]
    commands = {
        "web": [sys.executable, "-m", "config.web"],
        "worker": [*celery, "worker", "-l", "info", "-Q", "default", "-c", "2", "-n", "worker@%h"],
        "webhooks": [
            *celery,
            "worker",
            "-l",
            "info",
            "-Q",
            "webhooks",
            "-P",
            "threads",
            "-c",
            "16",
            "-n",
            "webhooks@%h",
        ],
        "mail": [*celery, "worker", "-l", "info", "-Q", "mail", "-P", "threads", "-c", "4", "-n", "mail@%h"],
        "beat": [*celery, "beat", "-l", "info", "-s", str(folder / "beat"), "--pidfile="],
    }
    for name, command in commands.items():
        children.append(spawn(name, command, log=folder / "logs" / f"{name}.log", env=env, cwd=ROOT))


def wait_until_ready(url: str, children: list[Child]) -> None:
    """Wait until the web answers that all parts do."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        fail_if_ended(children)
        try:
            if httpx.get(f"{url}/ready", timeout=2).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    stop(f"\nThe platform was not ready after {READY_SECONDS} s:\n{children[0].last_words()}")


def fail_if_ended(children: list[Child]) -> None:
    """Leave if a process ended by itself, with the end of its log."""
    for child in children:
        if child.process.poll() is not None:
            stop(
                f"\nThe {child.name} process ended by itself (status {child.process.returncode}):\n{child.last_words()}"
            )


def access_token(url: str, organization: str) -> str:
    """Log the demonstration's organizer in, as any client would."""
    answer = httpx.post(
        f"{url}/api/v1/auth/login",
        json={"email": f"organizer@{organization}.example", "password": PASSWORD},
        headers={"X-Tenant": organization},
        timeout=10,
    )
    token: str = answer.raise_for_status().json()["access_token"]
    return token


def table(port: int, token: str) -> str:
    """Write down what to open and use."""
    base, api = f"localhost:{port}", f"http://localhost:{port}/api/v1"
    day = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%d")
    body = f'{{"name":"Launch night","starts_at":"{day}T18:00:00Z","ends_at":"{day}T22:00:00Z","capacity":50}}'
    bearer = f"-H 'X-Tenant: acme' -H 'Authorization: Bearer {token}'"
    return f"""
Aforo is running. Ctrl-C stops it; the data stays (`make reset` wipes it).

  organizations    acme    http://acme.{base}      (Spanish, America/Bogota)
                   globex  http://globex.{base}    (English, Europe/Berlin)
  admin panels     http://acme.{base}/admin/    http://globex.{base}/admin/
  API docs         http://acme.{base}/api/v1/docs
  mails            http://acme.{base}/dev/mails/    http://globex.{base}/dev/mails/
  operator         http://{base}/admin/    {OPERATOR_EMAIL}
  logins           admin@, organizer@, coordinator@, scanner@, attendee@ + acme.example or globex.example
  password         {PASSWORD}    (of all of them)
  logs             {state(NAME) / "logs"}

  access token of organizer@acme.example, valid 15 minutes:
  {token}

  curl -s -H 'X-Tenant: acme' '{api}/events?size=3'
  curl -s {bearer} {api}/users/me
  curl -s {bearer} -H 'Content-Type: application/json' -d '{body}' {api}/events
"""


def remember(env: dict[str, str], port: int) -> None:
    """Let `make smoke` and manage.py find the running platform."""
    file = state(NAME) / "env.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"DATABASE_URL": env["DATABASE_URL"], "REDIS_URL": env["REDIS_URL"], "PORT": port}))


def serve(env: dict[str, str], port: int, children: list[Child]) -> None:
    """Migrate, seed, start, tell, and watch until asked to stop."""
    with step("migrating"):
        manage("migrate_schemas", env=env)
    with step("planting the demonstration data (the first time takes a while)"):
        manage("seed", env=env)
    with step("starting web, workers and beat"):
        start(env, children)
        wait_until_ready(f"http://127.0.0.1:{port}", children)
    remember(env, port)
    print(table(port, access_token(f"http://127.0.0.1:{port}", "acme")), flush=True)
    while True:
        time.sleep(0.5)
        fail_if_ended(children)


def main() -> None:
    """Run until Ctrl-C, SIGTERM or SIGHUP."""
    port = int(os.environ.get("PORT", "8000"))
    if not is_free(port):
        stop(f"Port {port} is taken; choose another one: PORT={port + 1} make run")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    print("Starting Aforo:", flush=True)
    children: list[Child] = []
    try:
        with ExitStack() as stack:
            with step("starting PostgreSQL and Valkey"):
                urls = stack.enter_context(services(NAME, durable=True))
            try:
                serve({**_DEFAULTS, **os.environ, "PORT": str(port), "SITE_PORT": str(port), **urls}, port, children)
            finally:
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(number, signal.SIG_IGN)
                for child in reversed(children):
                    child.stop(by=signal.SIGTERM, within=20)
    except Stopped:
        print("\nStopped.", flush=True)


if __name__ == "__main__":
    main()
