"""The rows. To add one: write what each side prepares and runs, and put it into ROWS."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from attendance.rules.tickets import TOKEN_LENGTH
from kit.many import MAX_ITEMS
from loadtests.bench.catalogue import (
    MANY,
    SESSIONS,
    bare_list,
    bulk,
    listed,
    ready_list,
    ready_list_tail,
    search_tail,
    singly,
)
from loadtests.bench.driver import Measured, drive, request
from loadtests.bench.neighbour import alone, beside_a_flood
from loadtests.bench.stage import CONNECTIONS, FILLED_ROWS, GROWN_ROWS, LISTED, Seats, Stage
from loadtests.bench.sweeping import IDLE, second, swept
from loadtests.bench.webhooks import delivered, posted

SPREAD = 100
_SIXTEEN = b"0123456789abcdef"
# Odd, so that multiplying by it visits every number of 64 bits once: e-mails without repetition and without order.
_SCATTER = 0x9E3779B97F4A7C15
_numbers = count(1)

type Side = Callable[[Stage, float], Measured | float]


@dataclass(frozen=True, slots=True)
class Row:
    """A subject and its reference. Each side prepares itself, then runs for so many seconds and gives its rate.

    `target` is the ratio that an issue asks for; a row without one is there to look at.
    """

    name: str
    says: str
    subject: Side
    reference: Side
    target: float | None = None


def bare(stage: Stage, seconds: float) -> Measured:
    """Ask the server alone: also what the driver can do at most."""
    return stage.get("/bench/bare", seconds)


def health(stage: Stage, seconds: float) -> Measured:
    """Ask whether the process lives: every layer but the tenant's."""
    return stage.get("/health", seconds)


def empty(stage: Stage, seconds: float) -> Measured:
    """Ask a view that does nothing, behind every layer."""
    return stage.get("/bench/empty", seconds)


def detail(stage: Stage, seconds: float) -> Measured:
    """Ask for an event with a token."""
    return stage.get(f"/api/v1/events/{stage.fill()[0]}", seconds, token=stage.token())


def _register(
    stage: Stage, paths: list[str], seconds: float, *, is_keyed: bool = False, port: int | None = None
) -> Measured:
    """Register people, each a new one, at addresses drawn as evenly as pgbench draws."""
    host, token, key = stage.host, stage.token(), _SIXTEEN.decode() if is_keyed else ""
    body = b'{"attendee":{"name":"Somebody","email":"%s@example.com"}}' % _SIXTEEN
    calls = [request("POST", path, host=host, token=token, key=key, body=body) for path in paths]

    def someone() -> bytes:
        drawn = next(_numbers) * _SCATTER & 0xFFFF_FFFF_FFFF_FFFF
        return calls[(drawn >> 32) % len(calls)].replace(_SIXTEEN, b"%016x" % drawn)

    return drive(port or stage.port, someone, expected=201, connections=CONNECTIONS, seconds=seconds)


def register(stage: Stage, seconds: float) -> Measured:
    """Register for one session that starts empty."""
    return _register(stage, stage.new_seats().paths(), seconds)


def register_keyed(stage: Stage, seconds: float) -> Measured:
    """Do so with an Idempotency-Key on each request."""
    return _register(stage, stage.new_seats().paths(), seconds, is_keyed=True)


def register_unrecorded(stage: Stage, seconds: float) -> Measured:
    """Register for one session, and write no entry of it."""
    return _register(stage, stage.new_seats().paths(), seconds, port=stage.unrecorded)


def register_spread(stage: Stage, seconds: float) -> Measured:
    """Register for many sessions at once."""
    return _register(stage, stage.new_seats(SPREAD).paths(), seconds)


def register_filled(stage: Stage, seconds: float) -> Measured:
    """Register for one session in the middle of a large sale."""
    return _register(stage, stage.filled().paths(), seconds)


def register_grown(stage: Stage, seconds: float) -> Measured:
    """Register for one session that has many registrations already."""
    return _register(stage, stage.grown.paths(), seconds)


def _textbook(stage: Stage, seats: Seats, seconds: float) -> Measured:
    measured = _register(stage, seats.paths("/bench/textbook"), seconds)
    stage.settle(seats)
    return measured


def textbook(stage: Stage, seconds: float) -> Measured:
    """Register for one session with a lock, a count and an insert."""
    return _textbook(stage, stage.new_seats(), seconds)


def textbook_filled(stage: Stage, seconds: float) -> Measured:
    """Do so in the middle of a large sale."""
    return _textbook(stage, stage.filled(), seconds)


def textbook_grown(stage: Stage, seconds: float) -> Measured:
    """Do so where there are many rows to count."""
    return _textbook(stage, stage.grown, seconds)


def check_in(stage: Stage, seconds: float) -> Measured:
    """Scan tickets at a door, each once, by their signed tokens."""
    event_id, tokens = stage.tickets
    return _scan(
        stage, "/api/v1/tickets/validate", lambda: f'{{"event_id":"{event_id}","token":"{next(tokens)}"}}', seconds
    )


def empty_operation(stage: Stage, seconds: float) -> Measured:
    """Send the like to an operation of the API that does nothing."""
    body = f'{{"event_id":"{stage.tickets[0]}","token":"{"A" * TOKEN_LENGTH}"}}'
    return _scan(stage, "/bench/api/empty", lambda: body, seconds)


def _scan(stage: Stage, path: str, body: Callable[[], str], seconds: float) -> Measured:
    host, token = stage.host, stage.token()

    def scan() -> bytes:
        return request("POST", path, host=host, token=token, body=body().encode())

    return drive(stage.port, scan, expected=200, connections=CONNECTIONS, seconds=seconds)


def empty_for_staff(stage: Stage, seconds: float) -> Measured:
    """Ask a view that does nothing, with a token."""
    return stage.get("/bench/empty-for-staff", seconds, token=stage.token())


def empty_for_known(stage: Stage, seconds: float) -> Measured:
    """Do so where nobody is counted."""
    return stage.get("/bench/empty-for-known", seconds, token=stage.token())


def empty_recorded(stage: Stage, seconds: float) -> Measured:
    """Do so where the journal is told."""
    return stage.get("/bench/empty-recorded", seconds, token=stage.token())


def statement(stage: Stage, seconds: float) -> float:
    """Run the statement of a registration for one session, and nothing else, from pgbench."""
    return stage.pgbench(stage.new_seats(), seconds=seconds)


def statement_spread(stage: Stage, seconds: float) -> float:
    """Do so for many sessions at once."""
    return stage.pgbench(stage.new_seats(SPREAD), seconds=seconds)


def statement_unrecorded(stage: Stage, seconds: float) -> float:
    """Do so for one session without the part that writes the journal's entry."""
    return stage.pgbench(stage.new_seats(), seconds=seconds, is_recorded=False)


def statement_spread_unrecorded(stage: Stage, seconds: float) -> float:
    """Do so for many sessions at once."""
    return stage.pgbench(stage.new_seats(SPREAD), seconds=seconds, is_recorded=False)


_MANY = f"{GROWN_ROWS:,} rows"

ROWS = [
    Row("empty view", "an empty view of a tenant through every layer, against a bare WSGI application", empty, bare),
    Row("health", "/health, which touches no tenant, against the same", health, bare),
    Row("edge, auth", "an empty view that asks who it is, against the empty view", empty_for_known, empty),
    Row("edge, throttle", "one that counts as well, against the same", empty_for_staff, empty),
    Row("edge, audit", "one that writes a journal entry as well, against the same", empty_recorded, empty),
    Row("neighbour", "p95 alone over p95 while another organization floods", beside_a_flood, alone, 0.77),
    Row("detail", "an event with a token, against the empty view", detail, empty),
    Row("list, ready", f"{LISTED} events for the public, against the empty view", ready_list, empty, 0.8),
    Row("list", f"{LISTED} events for staff, against a bare view with the same SQL", listed, bare_list, 0.5),
    Row("search", f"p95 of a list of {MANY:,} events over p95 of a search in them", search_tail, ready_list_tail, 0.2),
    Row("bulk", f"{MAX_ITEMS:,} events with {SESSIONS} sessions each, against a call for each", bulk, singly, 30.0),
    Row("register", "one hot session over HTTP, against pgbench running the same statement", register, statement, 0.9),
    Row(
        "register, spread", f"the same over {SPREAD} sessions, against pgbench over as many",
        register_spread, statement_spread, 0.6,
    ),
    Row(
        "register, control", f"a session of {FILLED_ROWS:,}, against lock + count + insert on one",
        register_filled, textbook_filled, 8.0,
    ),
    Row("register, control of none", "an empty session, against the same on one", register, textbook),
    Row("register, keyed", "each with an Idempotency-Key, against none", register_keyed, register),
    Row("register, grown", f"a session of {_MANY}, against an empty one", register_grown, register, 0.9),
    Row(
        "check-in", "a ticket scanned at a door, against an operation that takes it and does nothing",
        check_in, empty_operation, 0.5,
    ),
    Row("check-in, bare", "the same, against an empty view with a token", check_in, empty_for_staff),
    Row(
        "recording", "one hot session over HTTP, against the same where no journal entry is written",
        register, register_unrecorded, 0.85,
    ),
    Row(
        "recording, statement", "the same statements in pgbench, where nothing else takes time",
        statement, statement_unrecorded,
    ),
    Row(
        "recording, spread", f"those over {SPREAD} sessions", statement_spread, statement_spread_unrecorded,
    ),
    Row(
        "webhooks", "what one process delivers to one endpoint, against a bare httpx loop to the same receiver",
        delivered, posted, 0.5,
    ),
    Row("sweep", f"the statements of a sweep over {IDLE:,} idle organizations, against a second", swept, second, 1.0),
    Row("control, grown", f"lock + count + insert with {_MANY}, against none", textbook_grown, textbook),
]  # fmt: skip
