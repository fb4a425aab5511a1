"""The door: a ticket is shown, and admitted once.

A token that is good is admitted by one statement, which looks at its ticket under a lock; behind it stands the
constraint of one admission a ticket. Whatever else is shown is read and judged, and then written by a statement that
looks again. Scans that come at once are done together.
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
from attendance.rules.tickets import DOORS_OPEN, WELCOME, Answer, Stub, Ticket, judge
from attendance.services import tickets
from attendance.services.payloads import check_in_payload
from journal.services import ENTRY_COLUMNS, entry_values, insert_entry, record, wake_dispatcher
from kit.actor import Actor
from kit.desk import Desk
from kit.errors import Forbidden, NotFound, Unavailable
from kit.ids import new_id
from kit.listing import fetched
from kit.scope import one_statement

# Looks at a ticket that changes between the look and the admission, before giving up.
ATTEMPTS = 5

_ENTRY = insert_entry(
    event_type=f"'{TICKET_CHECKED_IN}'",
    subject_type="'registration'",
    subject_id="registration_id",
    payload="""jsonb_build_object('event_id', event_id, 'session_id', session_id, 'gate', gate,
                                  'scanned_at', at)""",
)


def _written(where: str, *, sure: str = "", told: str = "") -> str:
    """Write the statement that holds tickets, writes scans of them down, and tells of those that were written."""
    return " ".join(
        f"""
WITH scanned AS (
    SELECT * FROM json_to_recordset(%(scans)s::json) AS scanned(
        id uuid, registration_id uuid, issue int, verdict text, nonce text, device text, gate text,
        door_event_id uuid, door_session_id uuid, {ENTRY_COLUMNS})
), held AS (
    SELECT * FROM (SELECT * FROM scanned ORDER BY registration_id) AS scanned CROSS JOIN LATERAL (
           SELECT r.event_id, r.session_id, r.pool_id, r.attendee_name FROM attendance_registration AS r
            WHERE r.id = scanned.registration_id AND {where}
              FOR NO KEY UPDATE) AS ticket {sure}
), written AS (
    INSERT INTO attendance_checkin (id, created_at, updated_at, registration_id, event_id, pool_id, verdict, nonce,
                                    device, gate, scanned_at, is_offline, by_id)
    SELECT id, at, at, registration_id, event_id, pool_id, verdict, nonce, device, gate, at, false, actor_id
      FROM held ORDER BY registration_id
        ON CONFLICT DO NOTHING
    RETURNING id, verdict
), entry AS (
    {_ENTRY} FROM held JOIN written USING (id, verdict) WHERE verdict = 'admitted'
)
SELECT id {told} FROM held JOIN written USING (id)
""".split()  # noqa: S608 - of constants
    )


_IS_GOOD = "r.status = 'confirmed' AND r.ticket_issue = scanned.issue AND r.deleted_at IS NULL"
_WRITE_SCANS: Final = _written(f"(scanned.verdict <> 'admitted' OR ({_IS_GOOD}))")
# What `judge` asks of a ticket that it admits, said once more where most tickets are admitted in one round trip. What
# it leaves is read and judged.
_ADMIT: Final = _written(
    f"{_IS_GOOD} AND r.event_id = door_event_id AND (door_session_id IS NULL OR r.session_id = door_session_id)",
    sure=f"""
         CROSS JOIN LATERAL (
           SELECT coalesce(s.title, e.name) AS title, coalesce(s.starts_at, e.starts_at) AS starts_at
             FROM catalog_event AS e LEFT JOIN catalog_session AS s ON s.id = ticket.session_id
            WHERE e.id = ticket.event_id AND e.cancelled_at IS NULL AND s.cancelled_at IS NULL) AS occasion
     WHERE starts_at - interval '{DOORS_OPEN.total_seconds():.0f} seconds' <= at
    """,  # noqa: S608 - of constants
    told=", registration_id, event_id, session_id, pool_id, 'confirmed', issue, attendee_name, title, starts_at, false",
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
    left = dict(enumerate(scans))
    told = _admit(left)
    for _ in range(ATTEMPTS):
        left = {number: scan for number, scan in left.items() if number not in told}
        if not left:
            return [told[number] for number in range(len(scans))]
        judged = _judged(left)
        written = _write({number: one for number, one in judged.items() if one.ticket and not one.is_repeated}, left)
        told |= {
            number: one for number, one in judged.items() if number in written or one.ticket is None or one.is_repeated
        }
    raise Unavailable("The ticket is being changed elsewhere; scan it again")


def _admit(scans: Mapping[int, Scan]) -> dict[int, Told]:
    """Admit whoever shows a token that is good, by number: one statement, for the most of a door's work."""
    rows = {
        number: _row(scan, scan.stub.ticket_id, scan.stub.issue, Verdict.ADMITTED)
        for number, scan in scans.items()
        if scan.stub
    }
    return {
        number: Told(Answer(Verdict.ADMITTED, WELCOME), Ticket(*ticket), scans[number].at)
        for number, ticket in _run(_ADMIT, rows).items()
    }


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
    rows = {
        number: _row(scans[number], one.ticket.id, one.ticket.issue, one.answer.verdict)
        for number, one in told.items()
        if one.ticket
    }
    return set(_run(_WRITE_SCANS, rows))


def _row(scan: Scan, ticket_id: UUID, issue: int, verdict: Verdict) -> dict[str, Any]:
    return {
        "id": new_id(),
        "registration_id": ticket_id,
        "issue": issue,
        "verdict": verdict,
        "nonce": scan.nonce,
        "device": scan.shown.device,
        "gate": scan.shown.gate,
        "door_event_id": scan.event_id,
        "door_session_id": scan.session_id,
        **scan.entry,
    }


def _run(statement: str, rows: Mapping[int, dict[str, Any]]) -> dict[int, list[Any]]:
    """Write rows down; give what is told of those that were written, by number."""
    if not rows:
        return {}
    numbers = {row["id"]: number for number, row in rows.items()}
    with one_statement():
        written = fetched(statement, {"scans": orjson.dumps(list(rows.values())).decode()})
    if written:
        # Readers of the catalogue see nothing of it: there is no new edition.
        transaction.on_commit(wake_dispatcher)
    return {numbers[row_id]: told for row_id, *told in written}


# Who shows the token and the code of one ticket at once is told apart by the constraint, and looked at again.
desk: Desk[Scan, Told] = Desk(
    _scan_all, keys=lambda scan: (scan.stub.ticket_id if scan.stub else scan.code or scan.nonce,)
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
