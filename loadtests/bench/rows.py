"""The rows. To add one: write what each round sets up and runs, and put it into ROWS."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from uuid import UUID

from loadtests.bench.driver import Measured, Requests, drive, request
from loadtests.bench.stage import CONNECTIONS, Stage

LISTED = 20
_numbers = count()


@dataclass(frozen=True, slots=True)
class Row:
    """A subject and its reference. Each side prepares itself, then runs for so many seconds and gives its rate.

    `target` is the ratio that an issue asks for; a row without one is there to look at.
    """

    name: str
    says: str
    subject: Callable[[Stage, float], Measured | float]
    reference: Callable[[Stage, float], Measured | float]
    target: float | None = None


def _fixed(what: bytes) -> Requests:
    return lambda: what


def _get(stage: Stage, path: str, seconds: float, *, token: str = "") -> Measured:
    what = request("GET", path, host=stage.host, token=token)
    return drive(stage.port, _fixed(what), expected=200, connections=CONNECTIONS, seconds=seconds)


def bare(stage: Stage, seconds: float) -> Measured:
    """Ask the server alone: also what the driver can do at most."""
    return _get(stage, "/bench/bare", seconds)


def empty(stage: Stage, seconds: float) -> Measured:
    """Ask a view that does nothing, behind every layer."""
    return _get(stage, "/bench/empty", seconds)


def detail(stage: Stage, seconds: float) -> Measured:
    """Ask for an event with a token."""
    return _get(stage, f"/api/v1/events/{stage.new_event()}", seconds, token=stage.token)


def listed(stage: Stage, seconds: float) -> Measured:
    """Ask for a page of events."""
    for _ in range(LISTED):
        stage.new_event()
    return _get(stage, f"/api/v1/events?size={LISTED}", seconds)


def _register(stage: Stage, path: str, seconds: float) -> Measured:
    def someone() -> bytes:
        body = b'{"attendee":{"name":"Somebody","email":"guest%d@example.com"}}' % next(_numbers)
        return request("POST", path, host=stage.host, token=stage.token, body=body)

    return drive(stage.port, someone, expected=201, connections=CONNECTIONS, seconds=seconds)


def register(stage: Stage, seconds: float) -> Measured:
    """Register people for one event, each a new one."""
    return _register(stage, f"/api/v1/events/{stage.new_event()}/register", seconds)


def textbook(stage: Stage, seconds: float) -> Measured:
    """Do the same with a lock, a count and an insert."""
    return _register(stage, f"/bench/textbook/{stage.new_event()}", seconds)


def statement(stage: Stage, seconds: float) -> float:
    """Run the statement of a registration and nothing else, from pgbench."""
    event_id: UUID = stage.new_event()
    return stage.pgbench(event_id, seconds=seconds)


ROWS = [
    Row("empty view", "an empty Django view through every layer, against a bare WSGI application", empty, bare),
    Row("detail", "an event with a token, against the empty view", detail, empty),
    Row("list", f"a page of {LISTED} events, uncached, against the empty view", listed, empty),
    Row("register", "one hot event over HTTP, against pgbench running the same statement", register, statement, 0.9),
    Row(
        "register, control", "one hot event, against lock + count + insert on the same server", register, textbook, 8.0
    ),
]
