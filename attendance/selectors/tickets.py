"""Reading tickets at the door, and how many passed it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from attendance.models import CheckIn
from attendance.rules.tickets import Ticket
from attendance.selectors.registrations import looks_after
from catalog import selectors as catalogue
from identity.rules import Operation
from kit.actor import Actor
from kit.errors import Forbidden, Malformed
from kit.listing import Row, fetched

_TICKET = """
    SELECT r.id, r.event_id, r.session_id, r.pool_id, r.status, r.ticket_issue, r.attendee_name,
           coalesce(s.title, e.name), coalesce(s.starts_at, e.starts_at),
           e.cancelled_at IS NOT NULL OR s.cancelled_at IS NOT NULL,
           entry.scanned_at, coalesce(entry.gate, ''), coalesce(entry.device, '')
      FROM attendance_registration AS r
      JOIN catalog_event AS e ON e.id = r.event_id
      LEFT JOIN catalog_session AS s ON s.id = r.session_id
      LEFT JOIN attendance_checkin AS entry
        ON entry.registration_id = r.id AND entry.verdict = 'admitted' AND entry.undone_at IS NULL
"""
_SHOWN: Final = f"""
SELECT number, before.registration_id, before.verdict, before.scanned_at, ticket.*
  FROM json_to_recordset(%(shown)s::json) AS shown(number int, id uuid, code text, nonce text)
  LEFT JOIN LATERAL ({_TICKET} WHERE r.id = shown.id AND r.deleted_at IS NULL
                     UNION ALL {_TICKET} WHERE r.code = shown.code AND shown.id IS NULL AND r.deleted_at IS NULL
  ) AS ticket ON true
  LEFT JOIN attendance_checkin AS before ON before.nonce = shown.nonce
"""  # noqa: S608 - of constants


def shown_tickets(
    shown: Mapping[int, tuple[UUID | None, str, str]],
) -> dict[int, tuple[Ticket | None, CheckIn | None]]:
    """Find tickets by id, or else by code, and the scans of the nonces, by number: one query."""
    body = [{"number": number, "id": id_, "code": code, "nonce": nonce} for number, (id_, code, nonce) in shown.items()]
    return {number: _read(rest) for number, *rest in fetched(_SHOWN, {"shown": orjson.dumps(body).decode()})}


def _read(columns: list[Any]) -> tuple[Ticket | None, CheckIn | None]:
    registration_id, verdict, scanned_at, *ticket = columns
    before = CheckIn(registration_id=registration_id, verdict=verdict, scanned_at=scanned_at) if verdict else None
    return (Ticket(*ticket) if ticket[0] else None), before


def guards(event_id: UUID, *, by: Actor) -> bool:
    """Tell whether the actor may scan tickets for the event."""
    return looks_after(event_id, by=by, to=Operation.CHECK_IN)


_COUNTED: Final = """
SELECT gate, verdict, count(*), max(scanned_at) FROM attendance_checkin
 WHERE event_id = %(event_id)s::uuid AND undone_at IS NULL GROUP BY gate, verdict
"""
_SEATED: Final = """
SELECT coalesce(sum(seats_taken), 0)::int FROM catalog_seatpool WHERE event_id = %(event_id)s::uuid
"""


def check_ins(event_id: UUID, *, reader: Actor, at: datetime) -> Row:
    """Count who came to an event, in all and by gate: three queries.

    Raises:
        NotFound, Deleted: no such event.
        Forbidden: it is not the reader's to look after.
    """
    catalogue.event(event_id, reader=reader, at=at)
    if not looks_after(event_id, by=reader, to=Operation.REGISTRATIONS_READ):
        raise Forbidden("The event is not assigned to you")
    ((confirmed,),) = fetched(_SEATED, {"event_id": event_id})
    gates: dict[str, Row] = {}
    for gate, verdict, count, last in fetched(_COUNTED, {"event_id": event_id}):
        told = gates.setdefault(gate, {"gate": gate, "admitted": 0, "refused": 0, "conflicts": 0, "last_scan_at": last})
        name = {"admitted": "admitted", "conflict": "conflicts", "duplicate": "conflicts"}.get(verdict, "refused")
        told[name] += count
        told["last_scan_at"] = max(told["last_scan_at"], last)
    by_gate = sorted(gates.values(), key=lambda told: told["gate"])
    admitted = sum(told["admitted"] for told in by_gate)
    return {
        "event_id": event_id,
        "confirmed": confirmed,
        "checked_in": admitted,
        "expected": confirmed - admitted,
        "by_gate": by_gate,
    }


_REVOKED: Final = """
SELECT id, CASE WHEN status = 'confirmed' THEN ticket_issue - 1 ELSE ticket_issue END
  FROM attendance_registration
 WHERE event_id = %(event_id)s::uuid AND revoked_xid >= %(since)s::bigint AND revoked_xid IS NOT NULL
"""


def revoked(event_id: UUID, *, cursor: str | None) -> tuple[list[Row], str]:
    """List the tickets of an event that lost their force since a cursor, or ever, and the cursor to ask with next.

    Nothing is missed, however late a transaction commits: the cursor is the oldest transaction that was running, and
    each revocation bears the transaction that made it. What is told twice changes nothing.

    Raises:
        Malformed: the cursor is not one of ours.
    """
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):  # noqa: PLR2004 - a bigint's digits
        raise Malformed("The cursor is not one of ours: pass `cursor` of the bundle before")
    # Before the list: what commits in between is told now, and again the next time.
    ((horizon,),) = fetched("SELECT pg_snapshot_xmin(pg_current_snapshot())::text", {})
    found = fetched(_REVOKED, {"event_id": event_id, "since": int(cursor or 0)})
    return [{"ticket_id": ticket_id, "issue": issue} for ticket_id, issue in found], horizon
