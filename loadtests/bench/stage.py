"""What the bench plays on: an organization of its own, a server, and the seats that a round fills."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils.timezone import now

from attendance.services.tickets import token_of
from catalog.services import create_event, create_session, publish_event, publish_session
from dev.places import free_port
from identity import tokens
from identity.models import User
from identity.rules import Role
from identity.services import create_user
from kit import scope
from kit.actor import SYSTEM
from loadtests.bench import pgbench
from loadtests.bench.driver import Measured, drive, request
from tenants.models import Organization
from tenants.rules import CUSTOM, MAX_LIMIT, PLANS
from tenants.services import Owner, create_organization, update_organization

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "loadtests" / "results"
CONNECTIONS = 16
START_SECONDS = 30
STOP_SECONDS = 30
CAPACITY = 1_000_000
LISTED = 20
FILLED_ROWS = 10_000
GROWN_ROWS = 100_000
TICKETS = 100_000


@dataclass(frozen=True, slots=True)
class Seats:
    """An event that admits by session, and its open sessions."""

    event_id: UUID
    session_ids: list[UUID]

    def paths(self, prefix: str = "/api/v1") -> list[str]:
        """Address each session's registration."""
        return [f"{prefix}/events/{self.event_id}/sessions/{session_id}/register" for session_id in self.session_ids]


@dataclass
class Stage:
    """A running server and an organization on it."""

    organizations: list[Organization]
    port: int
    servers: list[subprocess.Popen[bytes]]
    _idle: list[Organization] = field(default_factory=list)

    @property
    def organization(self) -> Organization:
        """The organization that most rows play in."""
        return self.organizations[0]

    @property
    def host(self) -> str:
        """The organization's host."""
        return f"{self.organization.slug}.{settings.BASE_DOMAIN}"

    @cached_property
    def unrecorded(self) -> int:
        """Have another server, whose registrations write no entry; give its port."""
        port = free_port()
        self.servers.append(_serve(port, UNRECORDED="1"))
        _warm_up(self, port)
        return port

    def token(self) -> str:
        """Sign an organizer's access token: one for each stretch of load, because it lasts minutes only."""
        with scope.entered(self.organization.schema_name):
            return tokens.access_token(User.objects.get(role=Role.ORGANIZER), at=now())

    def get(self, path: str, seconds: float, *, host: str = "", token: str = "") -> Measured:
        """Ask for one address as fast as answers come."""
        what = request("GET", path, host=host or self.host, token=token)
        return drive(self.port, lambda: what, expected=200, connections=CONNECTIONS, seconds=seconds)

    def new_event(self, *, admission: str = "event", starts_in: timedelta = timedelta(days=30)) -> UUID:
        """Publish an event."""
        at = now()
        fields: dict[str, Any] = {
            "name": "Bench", "description": "x" * 400, "place": "Somewhere", "capacity": CAPACITY,
            "starts_at": at + starts_in, "ends_at": at + timedelta(days=31), "admission": admission,
        }  # fmt: skip
        with scope.entered(self.organization.schema_name):
            event = create_event(fields=fields, by=SYSTEM, at=at)
            return publish_event(event_id=event.id, by=SYSTEM, at=at).id

    def new_seats(self, sessions: int = 1) -> Seats:
        """Open an event's sessions, with nobody registered."""
        event_id, at = self.new_event(admission="session"), now()
        fields: dict[str, Any] = {
            "title": "Bench", "capacity": CAPACITY,
            "starts_at": at + timedelta(days=30, hours=1), "ends_at": at + timedelta(days=30, hours=2),
        }  # fmt: skip
        with scope.entered(self.organization.schema_name):
            made = [create_session(event_id=event_id, fields=fields, by=SYSTEM, at=at) for _ in range(sessions)]
            opened = [publish_session(session_id=session.id, by=SYSTEM, at=at).id for session in made]
        return Seats(event_id, opened)

    def fill(self) -> list[UUID]:
        """Have a page of events to read. Made once: reading changes nothing."""
        return self._events

    @cached_property
    def _events(self) -> list[UUID]:
        return [self.new_event() for _ in range(LISTED)]

    def crowd(self) -> tuple[str, str]:
        """Have an organization on the free plan, once; give its host and an organizer's token."""
        if self._crowd not in self.organizations:
            self.organizations.append(self._crowd)
        with scope.entered(self._crowd.schema_name):
            token = tokens.access_token(User.objects.get(role=Role.ORGANIZER), at=now())
        return f"{self._crowd.slug}.{settings.BASE_DOMAIN}", token

    @cached_property
    def _crowd(self) -> Organization:
        return _organization(plan="free")

    def many(self, plant: Callable[[], None]) -> str:
        """Have an organization of its own planted, once; give its host."""
        if self._many not in self.organizations:
            self.organizations.append(self._many)
            with scope.entered(self._many.schema_name):
                plant()
        return f"{self._many.slug}.{settings.BASE_DOMAIN}"

    @cached_property
    def _many(self) -> Organization:
        return _organization()

    def idle(self, plant: Callable[[str], list[Organization]]) -> list[int]:
        """Have organizations planted in which nothing happens, by the pattern of a schema, once; give their keys."""
        if not self._idle:
            self._idle = plant(self.organization.schema_name)
            self.organizations += self._idle
        return [one.pk for one in self._idle]

    def filled(self) -> Seats:
        """Open a session's sale in the middle: as many are registered as a large one sees."""
        seats = self.new_seats()
        self._seat(seats.event_id, seats.session_ids[0], FILLED_ROWS)
        return seats

    @cached_property
    def grown(self) -> Seats:
        """A session with many registrations. Made once: what a round adds to it is little."""
        seats = self.new_seats()
        self._seat(seats.event_id, seats.session_ids[0], GROWN_ROWS)
        return seats

    @cached_property
    def tickets(self) -> tuple[UUID, Iterator[str]]:
        """Have an event whose doors are open, and the tokens of its tickets: each is given out once."""
        event_id = self.new_event(starts_in=timedelta(hours=1))
        ids = self._seat(event_id, None, TICKETS)
        with scope.entered(self.organization.schema_name):
            rows = ({"id": ticket_id, "pool_id": event_id, "ticket_issue": 1} for ticket_id in ids)
            return event_id, iter([token_of(row) for row in rows])

    def _seat(self, event_id: UUID, session_id: UUID | None, people: int) -> list[UUID]:
        """Register so many people at once, past the product; give the ids of their registrations."""
        pool_id = session_id or event_id
        with scope.entered(self.organization.schema_name), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO attendance_registration (id, event_id, session_id, pool_id, attendee_name, attendee_email,"
                " role_text, status, code, source, version, created_at, updated_at)"
                " SELECT uuidv7(), %(event)s, %(session)s, %(pool)s::uuid, 'Somebody',"
                " md5(number::text) || '@example.com', '', 'confirmed',"
                " upper(substr(md5(number || %(pool)s::uuid::text), 1, 12)), 'bench', 1, now(), now()"
                " FROM generate_series(1, %(people)s::int) AS number RETURNING id",
                {"event": event_id, "session": session_id, "pool": pool_id, "people": people},
            )
            ids = [row_id for (row_id,) in cursor.fetchall()]
            cursor.execute("ANALYZE attendance_registration")
        self.settle(Seats(event_id, [pool_id]))
        return ids

    def settle(self, seats: Seats) -> None:
        """Set the counters of sessions that were filled without them to their rows. Never above their capacity."""
        with scope.entered(self.organization.schema_name), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE catalog_seatpool SET seats_taken = (SELECT count(*) FROM attendance_registration"
                " WHERE pool_id = catalog_seatpool.id AND status = 'confirmed') WHERE id = ANY(%s)",
                [seats.session_ids],
            )

    def pgbench(self, seats: Seats, *, seconds: float, is_recorded: bool = True) -> float:
        """Have pgbench run the very statement of a registration, with as many clients; give its rate.

        Unless it `is_recorded`, without the part that writes the journal's entry.
        """
        text = pgbench.script(seats.event_id, seats.session_ids, is_recorded=is_recorded)
        schema_name: str = self.organization.schema_name
        return pgbench.rate(text, schema_name=schema_name, clients=CONNECTIONS, seconds=seconds)

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
        """Stop the servers and drop the organizations, which this stage made."""
        for server in self.servers:
            server.terminate()
            try:
                server.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        with scope.entered(scope.PUBLIC), connection.cursor() as cursor:
            for organization in self.organizations:
                cursor.execute(f"DROP SCHEMA {connection.ops.quote_name(organization.schema_name)} CASCADE")
                Organization.objects.filter(pk=organization.pk).delete()


def _organization(plan: str = CUSTOM) -> Organization:
    """Provision an organization with an organizer; without limits that would be felt, unless a plan is named."""
    slug, at = f"bench-{secrets.token_hex(4)}", now()
    owner = Owner(f"owner@{slug}.example", "Owner", secrets.token_urlsafe(16))
    organization = create_organization(slug=slug, name="Bench", owner=owner, at=at)
    limits = dict.fromkeys(PLANS["free"], MAX_LIMIT)
    update_organization(organization_id=organization.pk, changes={"plan": plan, "limits": limits})
    with scope.entered(organization.schema_name):
        create_user(
            email=f"organizer@{slug}.example", name="Organizer", password=secrets.token_urlsafe(16),
            role=Role.ORGANIZER, by=SYSTEM, at=at,
        )  # fmt: skip
    return organization


def set_up() -> Stage:
    """Migrate, provision an organization, and start a server as production does. Gives it warmed up."""
    call_command("migrate_schemas", verbosity=0)
    organization = _organization()
    port = free_port()
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "server.log").unlink(missing_ok=True)
    stage = Stage([organization], port, [_serve(port)])
    try:
        _warm_up(stage, port)
    except BaseException:
        stage.close()
        raise
    return stage


def _serve(port: int, **given: str) -> subprocess.Popen[bytes]:
    with (RESULTS / "server.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "loadtests.bench.wsgi"],
            env={**os.environ, "PORT": str(port), **given}, cwd=ROOT, stdout=log, stderr=log,
        )  # fmt: skip


def _warm_up(stage: Stage, port: int) -> None:
    """Wait until every worker serves: a worker that still imports would spoil the first row."""
    deadline = time.monotonic() + START_SECONDS
    health = request("GET", "/health", host=stage.host)
    while time.monotonic() < deadline and stage.servers[-1].poll() is None:
        if not drive(port, lambda: health, expected=200, connections=CONNECTIONS, seconds=1).wrong:
            return
        time.sleep(0.2)
    raise RuntimeError(f"the server did not serve within {START_SECONDS} s; see loadtests/results/server.log")
