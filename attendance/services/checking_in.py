"""The door: a ticket is shown, and admitted once.

Tickets are read and judged, then those that may pass are admitted by one statement that looks at each again under its
lock, and the constraint of one admission a ticket stands behind it. Scans that come at once are done together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import transaction

from attendance import selectors
from attendance.messages import CHECK_IN_UNDONE, TICKET_CHECKED_IN, NonceReused
from attendance.models import CheckIn, Registration
from attendance.rules import CLAIMS, Verdict
from attendance.rules.tickets import Answer, Stub, Ticket, judge
from attendance.services import tickets
from attendance.services.payloads import check_in_payload
from journal.services import ENTRY_COLUMNS, announce, entry_values, insert_entry, record
from kit.actor import Actor
from kit.desk import Desk
from kit.errors import Forbidden, NotFound, Unavailable
from kit.ids import new_id
from kit.scope import one_statement

# Looks at a ticket that changes between the look and the admission, before giving up.
ATTEMPTS = 5

_ENTRY = insert_entry(
    event_type=f"'{TICKET_CHECKED_IN}'",
    subject_type="'registration'",
    subject_id="registration_id",
    payload="""jsonb_build_object('event_id', event_id, 'session_id', session_id, 'gate', gate,
                                  'scanned_at', scanned_at)""",
)
_WRITE_SCANS: Final = " ".join(
    f"""
WITH scanned AS (
    SELECT * FROM json_to_recordset(%(scans)s::json) AS scanned(
        id uuid, registration_id uuid, event_id uuid, session_id uuid, pool_id uuid, issue int, verdict text,
        nonce text, device text, gate text, scanned_at timestamptz, by_id uuid, {ENTRY_COLUMNS})
), held AS (
    SELECT scanned.* FROM (SELECT * FROM scanned ORDER BY registration_id) AS scanned CROSS JOIN LATERAL (
           SELECT FROM attendance_registration AS r
            WHERE r.id = scanned.registration_id
              AND (scanned.verdict <> 'admitted' OR (r.status = 'confirmed' AND r.ticket_issue = scanned.issue))
              FOR NO KEY UPDATE) AS ticket
), written AS (
    INSERT INTO attendance_checkin (id, created_at, updated_at, registration_id, event_id, pool_id, verdict, nonce,
                                    device, gate, scanned_at, is_offline, by_id)
    SELECT id, at, at, registration_id, event_id, pool_id, verdict, nonce, device, gate, scanned_at, false, by_id
      FROM held ORDER BY registration_id
        ON CONFLICT DO NOTHING
    RETURNING id, verdict
), entry AS (
    {_ENTRY} FROM held JOIN written USING (id) WHERE written.verdict = 'admitted'
)
SELECT id FROM written
""".split()  # noqa: S608 - of constants
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown at a door, a token or a code, and where. Without a nonce the scan cannot be sent again."""

    token: str = ""
    code: str = ""
    nonce: str = ""
    device: str = ""
    gate: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """What is shown, read; for which event or session, and what the journal will say of an admission."""

    shown: Shown
    event_id: UUID
    session_id: UUID | None
    stub: Stub | None
    code: str
    nonce: str
    at: datetime
    entry: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What a door was told: the verdict, and of the ticket what whoever scans it may see."""

    answer: Answer
    ticket: Ticket | None
    scanned_at: datetime
    is_repeated: bool = False
    is_misused: bool = False


def validate(shown: Shown, *, event_id: UUID, session_id: UUID | None = None, by: Actor, at: datetime) -> Told:
    """Admit whoever shows a ticket, once; or tell why not. The same nonce is answered as before.

    Raises:
        Forbidden: the event is not the coordinator's.
        NonceReused: the nonce is that of another ticket's scan.
    """
    check_door(event_id, by=by)
    stub = tickets.verified(shown.token) if shown.token else None
    code = "" if shown.token else shown.code.strip().upper()
    entry = entry_values(by=by, at=at)
    scan = Scan(shown, event_id, session_id, stub, code, shown.nonce or str(new_id()), at, entry)
    told = desk.ask(scan)
    if told.is_misused:
        raise NonceReused(f"The nonce {scan.nonce} was used for another ticket")
    return told


def check_door(event_id: UUID, *, by: Actor) -> None:
    """Refuse coordinators of other events.

    Raises:
        Forbidden: as said.
    """
    if not selectors.guards(event_id, by=by):
        raise Forbidden("The event is not assigned to you")


def _scan_all(scans: Sequence[Scan]) -> list[Told]:
    """Tell what becomes of each scan. No two of them may be of one ticket or of one nonce."""
    told: dict[int, Told] = {}
    left = dict(enumerate(scans))
    for _ in range(ATTEMPTS):
        judged = _judged(left)
        written = _write({number: one for number, one in judged.items() if one.ticket and not one.is_repeated}, left)
        told |= {
            number: one for number, one in judged.items() if number in written or one.ticket is None or one.is_repeated
        }
        left = {number: scan for number, scan in left.items() if number not in told}
        if not left:
            return [told[number] for number in range(len(scans))]
    raise Unavailable("The ticket is being changed elsewhere; scan it again")


def _judged(scans: Mapping[int, Scan]) -> dict[int, Told]:
    """Read the tickets, and say what a door answers to each, by number. One query."""
    found = selectors.shown_tickets(
        {number: (scan.stub.ticket_id if scan.stub else None, scan.code, scan.nonce) for number, scan in scans.items()}
    )
    return {number: _judge(scan, *found[number]) for number, scan in scans.items()}


def _judge(scan: Scan, ticket: Ticket | None, before: CheckIn | None) -> Told:
    issue = scan.stub.issue if scan.stub else None
    answer = judge(ticket, shown_issue=issue, event_id=scan.event_id, session_id=scan.session_id, at=scan.at)
    if before is not None and ticket is not None:
        # The scan was answered; say the same again.
        is_same = before.registration_id == ticket.id
        verdict = Verdict(before.verdict)
        reason = answer.reason if verdict == answer.verdict else "Answered before"
        return Told(Answer(verdict, reason), ticket, before.scanned_at, is_repeated=True, is_misused=not is_same)
    return Told(answer, ticket, scan.at)


def _write(told: Mapping[int, Told], scans: Mapping[int, Scan]) -> set[int]:
    """Write scans down with their verdicts; give the numbers of those that still hold."""
    rows = {new_id(): number for number in told}
    if not rows:
        return set()
    body = orjson.dumps([_row(row_id, told[number], scans[number]) for row_id, number in rows.items()]).decode()
    with one_statement() as cursor:
        cursor.execute(_WRITE_SCANS, {"scans": body})
        written = {rows[row_id] for (row_id,) in cursor.fetchall()}
    if any(told[number].answer.verdict is Verdict.ADMITTED for number in written):
        transaction.on_commit(announce)
    return written


def _row(row_id: UUID, told: Told, scan: Scan) -> dict[str, Any]:
    ticket = told.ticket
    assert ticket is not None  # noqa: S101 - only tickets that are there are written
    return {
        "id": row_id,
        "registration_id": ticket.id,
        "event_id": ticket.event_id,
        "session_id": ticket.session_id,
        "pool_id": ticket.pool_id,
        "issue": ticket.issue,
        "verdict": told.answer.verdict,
        "nonce": scan.nonce,
        "device": scan.shown.device,
        "gate": scan.shown.gate,
        "scanned_at": scan.at,
        "by_id": scan.entry["actor_id"],
        **scan.entry,
    }


# Who shows the token and the code of one ticket at once is told apart by the constraint, and looked at again.
desk: Desk[Scan, Told] = Desk(
    _scan_all, key=lambda scan: scan.stub.ticket_id if scan.stub else scan.code or scan.nonce, limit=64
)


@transaction.atomic
def undo_check_in(*, ticket_id: UUID, by: Actor, at: datetime) -> int:
    """Take back that a ticket was used: it may be used again. Idempotent; give how many scans were taken back.

    Raises:
        NotFound: no such ticket.
        Forbidden: the event is not the caller's to look after.
    """
    registration = Registration.objects.select_for_update(no_key=True).filter(id=ticket_id, deleted_at=None).first()
    if registration is None:
        raise NotFound("No such ticket")
    if not selectors.looks_after(registration.event_id, by=by):
        raise Forbidden("The event is not assigned to you")
    claims = registration.check_ins.filter(verdict__in=CLAIMS, undone_at=None)
    admission = claims.filter(verdict=Verdict.ADMITTED).first()
    count = claims.update(undone_at=at, updated_at=at)
    if admission is not None:
        payload = check_in_payload(admission, session_id=registration.session_id)
        record(CHECK_IN_UNDONE, subject=registration, by=by, at=at, payload=payload)
    return count
