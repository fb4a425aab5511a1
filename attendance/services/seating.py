"""The seat: one conditional statement that takes it, writes the registration and its ticket, and records the fact.

It seats as many people as are asked for at once, in order, in one round trip and one commit: the seats of each pool
are counted under the lock of one narrow row, which is held for the length of that commit. Whoever finds the pool full
joins the waitlist by the same statement, if there is one. Whoever gets nothing is told all that stood against it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import IntegrityError, transaction
from psycopg.types.datetime import TimestamptzLoader

from attendance.messages import REGISTRATION_CONFIRMED, REGISTRATION_WAITLISTED
from attendance.models import ONE_LIVE_REGISTRATION, ONE_PLACE_AT_A_TIME
from attendance.rules import new_code
from catalog.rules import folded
from journal.services import ENTRY_COLUMNS, announce, entry_values, insert_entry
from kit.actor import Actor
from kit.answers import written
from kit.desk import Desk
from kit.errors import Unavailable
from kit.idempotency import ONE_ANSWER, Claim
from kit.ids import new_id
from kit.listing import fetched
from kit.scope import connection, one_statement

# Tries before giving up on people whose other registrations keep getting in between.
ATTEMPTS = 5

# The one-point range that says in GiST what equality says elsewhere: see migration 0004. Halved, as a range of the
# largest number would have no end.
ATTENDEE: Final = "int8range(hashtextextended({email}, 0) >> 1, hashtextextended({email}, 0) >> 1, '[]')"

_ENTRY = insert_entry(
    event_type=f"CASE status WHEN 'confirmed' THEN '{REGISTRATION_CONFIRMED}' ELSE '{REGISTRATION_WAITLISTED}' END",
    subject_type="'registration'",
    subject_id="id",
    payload="""jsonb_build_object('event_id', event_id, 'session_id', session_id, 'status', status,
                                  'attendee', jsonb_build_object('name', name, 'email', email))""",
)

# What the statement alone decides of an answer: it stands there as it would for nobody. No text of a caller's looks so,
# as quotes in it are escaped.
UNSAID: Final[dict[str, Any]] = {"status": "", "waitlist_position": None}
_UNSAID: Final = written(UNSAID).decode().strip("{}")

_ASKED = f"""
    asked AS (
        SELECT * FROM json_to_recordset(%(asked)s::json) AS asked(
            number int, id uuid, pool_id uuid, event_id uuid, session_id uuid, user_id uuid, name text, email text,
            search_text text, role_text text, code text, source text, access_code text, {ENTRY_COLUMNS},
            claim text, fingerprint text, answer text)
    )
"""  # noqa: S608 - of constants

# Its parts are constants; values come through the one placeholder, as JSON. Short enough for psycopg to remember how
# it is bound.
#
# Pools are locked in the order of their ids, then attendees in that of their e-mails, where they must not be elsewhere:
# two statements that seat the same people at the same time wait for each other in one direction. (Left to the
# exclusion constraint, each would insert first and then wait for the other.) The counters are set to whole values of
# the locked rows, the capacity with them: the check would else be asked of the rows as they were when the statement
# began, before PostgreSQL finds that they have changed since.
#
# It looks at no other registration. Whoever has one in the way is found by the constraints, which undo the whole.
TAKE_SEATS: Final = " ".join(
    f"""
WITH {_ASKED}, pool AS (
    SELECT open.*, CASE WHEN starts_at IS NOT NULL THEN tstzrange(starts_at, closes_at) END AS span,
           capacity - seats_taken AS seats_left
      FROM (SELECT DISTINCT pool_id FROM asked ORDER BY pool_id) AS wanted CROSS JOIN LATERAL (
           SELECT id, event_id, capacity, seats_taken, waiting, waitlist_tail, has_waitlist, starts_at, closes_at,
                  access_code
             FROM catalog_seatpool
            WHERE id = wanted.pool_id AND is_open AND (seats_taken < capacity OR has_waitlist)
              FOR NO KEY UPDATE) AS open
), able AS (
    SELECT asked.*, seats_left, waiting, waitlist_tail, has_waitlist, span,
           row_number() OVER (PARTITION BY pool_id ORDER BY number) AS rank
      FROM asked JOIN pool ON pool.id = asked.pool_id AND pool.event_id = asked.event_id
     WHERE closes_at > at AND (pool.access_code IS NULL OR pool.access_code = asked.access_code)
), placed AS (
    SELECT *, CASE WHEN rank <= seats_left THEN 'confirmed' ELSE 'waitlisted' END AS status,
           CASE WHEN rank > seats_left THEN waitlist_tail + rank - seats_left END AS waitlist_number,
           CASE WHEN rank > seats_left THEN waiting + rank - seats_left END AS position
      FROM able WHERE rank <= seats_left OR has_waitlist
), counted AS (
    UPDATE catalog_seatpool AS p
       SET capacity = pool.capacity, seats_taken = pool.seats_taken + seated, waiting = pool.waiting + queued,
           waitlist_tail = pool.waitlist_tail + queued
      FROM pool JOIN (SELECT pool_id, count(*) FILTER (WHERE status = 'confirmed') AS seated,
                             count(*) FILTER (WHERE status = 'waitlisted') AS queued
                        FROM placed GROUP BY pool_id) AS more ON more.pool_id = pool.id
     WHERE p.id = pool.id
), taken AS (
    INSERT INTO attendance_registration
           (id, event_id, session_id, pool_id, user_id, attendee_name, attendee_email, search_text, role_text, status,
            waitlist_number, during, code, source, version, created_at, updated_at)
    SELECT id, event_id, session_id, pool_id, user_id, name, email, search_text, role_text, status,
           waitlist_number, span, code, source, 1, at, at
      FROM (SELECT *, CASE WHEN span IS NOT NULL THEN pg_advisory_xact_lock(hashtextextended(email, 0)) END AS held
              FROM (SELECT * FROM placed ORDER BY email) AS placed) AS placed
), entry AS (
    {_ENTRY} FROM placed
), kept AS (
    INSERT INTO kit_storedanswer (name, fingerprint, status, body, created_at)
    SELECT claim, decode(fingerprint, 'hex'), 201, convert_to(replace(answer, '{_UNSAID}',
           '"status":"' || status || '","waitlist_position":' || coalesce(position::text, 'null')), 'UTF8'), at
      FROM placed WHERE claim IS NOT NULL
)
SELECT number, status, position FROM placed
""".split()  # noqa: S608 - of constants
)

# What stands against those who got nothing. Planned each time: PostgreSQL would keep a plan made for a small table
# while a sale makes it large.
_LOOK: Final = f"""
WITH {_ASKED}
SELECT number, existing.id, overlapping.id, pool.id IS NOT NULL, is_open, closes_at,
       pool.access_code <> asked.access_code, capacity - seats_taken, has_waitlist, stored.name IS NOT NULL
  FROM asked LEFT JOIN catalog_seatpool AS pool ON pool.id = asked.pool_id AND pool.event_id = asked.event_id
  LEFT JOIN kit_storedanswer AS stored ON stored.name = asked.claim
  LEFT JOIN LATERAL (
       SELECT r.id FROM attendance_registration AS r
        WHERE r.pool_id = asked.pool_id AND r.attendee_email = asked.email
          AND r.status <> 'cancelled' AND r.deleted_at IS NULL) AS existing ON true
  LEFT JOIN LATERAL (
       SELECT r.id FROM attendance_registration AS r
        WHERE {ATTENDEE.format(email="r.attendee_email")} && {ATTENDEE.format(email="asked.email")}
          AND r.during && tstzrange(pool.starts_at, pool.closes_at) AND pool.starts_at IS NOT NULL
          AND r.pool_id <> asked.pool_id AND r.status <> 'cancelled' AND r.deleted_at IS NULL
        LIMIT 1) AS overlapping ON true
"""  # noqa: S608 - of constants

# The members of `asked`, in TAKE_SEATS.
type Ask = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Attendee:
    """Who will sit there, which way they came, and the code they show. `user_id` is theirs who register themselves."""

    name: str
    email: str
    user_id: UUID | None = None
    role_text: str = ""
    source: str = "api"
    # What a presale asks for.
    access_code: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one who asked: a status and a place, or what stood against them a moment later."""

    status: str | None = None
    position: int | None = None
    existing_id: UUID | None = None
    overlapping_id: UUID | None = None
    is_there: bool = True
    is_open: bool | None = None
    closes_at: datetime | None = None
    needs_code: bool | None = None
    seats_left: int | None = None
    has_waitlist: bool | None = None
    # The Idempotency-Key has an answer.
    is_repeated: bool = False

    @property
    def is_in_the_way(self) -> bool:
        """Tell whether a registration stands in the way of this one, or the answer to the same request."""
        return self.existing_id is not None or self.overlapping_id is not None or self.is_repeated


def ask(
    attendee: Attendee,
    *,
    event_id: UUID,
    session_id: UUID | None,
    by: Actor,
    at: datetime,
) -> Ask:
    """Write down what is asked for, and what the journal will say of it."""
    email = attendee.email.strip().lower()
    return {
        "id": new_id(),
        "pool_id": session_id or event_id,
        "event_id": event_id,
        "session_id": session_id,
        "user_id": attendee.user_id,
        "name": attendee.name,
        "email": email,
        "search_text": f"{folded(attendee.name)} {email}",
        "role_text": attendee.role_text,
        "code": new_code(),
        "source": attendee.source,
        "access_code": attendee.access_code,
        **entry_values(by=by, at=at),
    }


def keep(ask: Ask, claim: Claim, *, answer: bytes) -> None:
    """Have the answer stored with the seat; `answer` is as it is where the seat is `UNSAID`."""
    ask |= {"claim": claim.name, "fingerprint": claim.fingerprint.hex(), "answer": answer.decode()}


def take_seats(asks: Sequence[Ask]) -> list[Found]:
    """Seat all who ask, in one statement; tell what became of each, in their order.

    No two of them may name the same attendee. Within a transaction it runs behind a savepoint; else
    it is a transaction of its own, and has committed when this returns.

    Raises:
        Unavailable: the same people kept registering elsewhere in the same instant.
    """
    found: dict[int, Found] = {}
    waiting = dict(enumerate(asks))
    for _ in range(ATTEMPTS):
        try:
            placed = _take(waiting)
        except IntegrityError as error:
            if not any(name in str(error) for name in (ONE_LIVE_REGISTRATION, ONE_PLACE_AT_A_TIME, ONE_ANSWER)):
                raise
            # Leave out whoever has a registration in the way, and seat the others.
            found |= {number: one for number, one in _look(waiting).items() if one.is_in_the_way}
            waiting = {number: ask for number, ask in waiting.items() if number not in found}
            continue
        if placed:
            transaction.on_commit(announce)
        found |= placed | _look({number: ask for number, ask in waiting.items() if number not in placed})
        return [found[number] for number in range(len(asks))]
    raise Unavailable("The same attendee is being registered elsewhere; try again")


def _take(asks: Mapping[int, Ask]) -> dict[int, Found]:
    """Run the statement; give those who got a place, by number."""
    if not asks:
        return {}
    with one_statement():
        return {number: Found(*place) for number, *place in fetched(TAKE_SEATS, {"asked": _written(asks)})}


def _look(asks: Mapping[int, Ask]) -> dict[int, Found]:
    """Look what stands against those who ask, by number."""
    if not asks:
        return {}
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        cursor.cursor.execute(_LOOK, {"asked": _written(asks)}, prepare=False)
        return {number: Found(None, None, *against) for number, *against in cursor.fetchall()}


def _written(asks: Mapping[int, Ask]) -> str:
    return orjson.dumps([{"number": number, **ask} for number, ask in asks.items()]).decode()


def _keys(ask: Ask) -> tuple[object, ...]:
    claim = ask.get("claim")
    return (ask["email"],) if claim is None else (ask["email"], claim)


desk: Desk[Ask, Found] = Desk(take_seats, keys=_keys)
