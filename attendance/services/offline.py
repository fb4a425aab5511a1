"""Doors without a network: what they take along, and what they bring back.

What is made of scans depends on the scans alone and not on the order in which devices come back: the earliest of a
ticket is its admission, the others are duplicates or conflicts, and a later upload may turn one into the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from attendance import selectors
from attendance.messages import TICKET_CHECKED_IN
from attendance.models import CheckIn, Registration
from attendance.rules import CLAIMS, Verdict
from attendance.rules.tickets import DOORS_OPEN, Claim, Stub, Ticket, judge, settle, tag
from attendance.services import tickets
from attendance.services.checking_in import check_door
from attendance.services.payloads import check_in_payload
from catalog import selectors as catalogue
from identity import keys
from journal.services import Fact, record_all
from kit.actor import Actor
from kit.bulk import insert_all
from kit.ids import new_id
from kit.listing import Row


@dataclass(frozen=True, slots=True)
class OfflineScan:
    """A ticket that a door let in, or would have, while it was offline."""

    token: str
    code: str
    nonce: str
    gate: str
    scanned_at: datetime


@dataclass(slots=True)
class Outcome:
    """What is made of a scan now: `conflicts_with` names the device that the ticket's admission is of."""

    verdict: Verdict
    reason: str
    is_repeated: bool = False
    conflicts_with: str = ""
    admitted_at: datetime | None = None


def bundle(event_id: UUID, *, cursor: str | None, by: Actor, at: datetime) -> Row:
    """Give what a door needs to verify tickets offline: keys, what tickets admit to, and which have lost their force.

    It holds nobody's name. With the cursor of an earlier one, what was revoked since.

    Raises:
        NotFound, Deleted: no such event.
        Forbidden: it is not the coordinator's.
        Malformed: the cursor is not one of ours.
    """
    check_door(event_id, by=by)
    event = catalogue.event(event_id, reader=by, at=at, expand=["sessions"])
    revoked, following = selectors.revoked(event_id, cursor=cursor)
    parts = [event] if event["admission"] == "event" else event["sessions"]
    return {
        "event_id": event_id,
        "made_at": at,
        "keys": [{"kid": pair.kid, "x": pair.x} for pair in keys.pairs().values()],
        "admits": [
            {
                "tag": tag(part["id"]).hex(),
                "session_id": part["id"] if part["id"] != event_id else None,
                "title": part.get("title") or part["name"],
                "doors_open_at": part["starts_at"] - DOORS_OPEN,
                "ends_at": part["ends_at"],
            }
            for part in parts
        ],
        "revoked": revoked,
        "cursor": following,
    }


@transaction.atomic
def upload_scans(
    scans: Sequence[OfflineScan], *, event_id: UUID, session_id: UUID | None, device: str, by: Actor, at: datetime
) -> list[Outcome]:
    """Take in what a device scanned while it was offline; tell what is made of each scan, in their order. Idempotent.

    Raises:
        Forbidden: the event is not the coordinator's.
    """
    check_door(event_id, by=by)
    stubs = [tickets.verified(scan.token) if scan.token else None for scan in scans]
    asked = {
        number: (stub.ticket_id if stub else None, scan.code.strip().upper(), scan.nonce)
        for number, (scan, stub) in enumerate(zip(scans, stubs, strict=True))
    }
    shown = Q(id__in=[ticket_id for ticket_id, _, _ in asked.values() if ticket_id])
    shown |= Q(code__in=[code for _, code, _ in asked.values() if code])
    # In one order, and before they are read: cancelling and other doors wait.
    held = Registration.objects.select_for_update(no_key=True).filter(shown, deleted_at=None).order_by("id")
    book = _Book(set(held.values_list("id", flat=True)), device=device, by=by, at=at)
    seen = selectors.shown_tickets(asked)
    for number, (scan, stub) in enumerate(zip(scans, stubs, strict=True)):
        ticket, _ = seen[number]
        book.enter(scan, stub, ticket, event_id=event_id, session_id=session_id)
    book.write()
    return book.outcomes


class _Book:
    """The scans of some tickets: those known, and those being entered."""

    def __init__(self, ticket_ids: set[UUID], *, device: str, by: Actor, at: datetime) -> None:
        self._device, self._by, self._at = device, by, at
        self._claims: dict[UUID, list[Claim]] = {}
        self._undone_until: dict[UUID, datetime] = {}
        self._by_nonce: dict[str, CheckIn] = {}
        self._new: list[CheckIn] = []
        self._tickets: dict[UUID, Ticket] = {}
        # The row that decides each outcome, where one does.
        self._rows: list[CheckIn | None] = []
        self.outcomes: list[Outcome] = []
        for row in CheckIn.objects.filter(registration_id__in=ticket_ids):
            self._by_nonce[row.nonce] = row
            self._know(row)

    def _know(self, row: CheckIn) -> None:
        ticket_id = row.registration_id
        if row.undone_at is not None:
            self._undone_until[ticket_id] = max(row.undone_at, self._undone_until.get(ticket_id, row.undone_at))
        elif row.verdict in CLAIMS:
            claim = Claim(row.nonce, row.device, row.scanned_at, Verdict(row.verdict), row)
            self._claims.setdefault(ticket_id, []).append(claim)

    def enter(
        self, scan: OfflineScan, stub: Stub | None, shown: Ticket | None, *, event_id: UUID, session_id: UUID | None
    ) -> None:
        """Enter a scan; what is made of it is settled when all are in."""
        known = self._by_nonce.get(scan.nonce)
        if known is not None:
            self._tell(known, "", is_repeated=True)
            return
        # Whether the ticket was used, and whether the doors were open, the device had to decide.
        ticket = shown and replace(shown, admitted_at=None)
        issue = stub.issue if stub else None
        at = max(scan.scanned_at, ticket.starts_at) if ticket else scan.scanned_at
        answer = judge(ticket, shown_issue=issue, event_id=event_id, session_id=session_id, at=at)
        if ticket is None:
            self._rows.append(None)
            self.outcomes.append(Outcome(answer.verdict, answer.reason))
            return
        self._tickets[ticket.id] = ticket
        row = self._row(scan, ticket, answer.verdict)
        self._by_nonce[row.nonce] = row
        self._new.append(row)
        self._know(row)
        self._tell(row, answer.reason)

    def _row(self, scan: OfflineScan, ticket: Ticket, verdict: Verdict) -> CheckIn:
        # A device's clock may be ahead; nothing was scanned later than now.
        scanned_at = min(scan.scanned_at, self._at)
        undone_until = self._undone_until.get(ticket.id)
        is_undone = undone_until is not None and scanned_at <= undone_until
        return CheckIn(
            id=new_id(), created_at=self._at, updated_at=self._at, registration_id=ticket.id, event_id=ticket.event_id,
            pool_id=ticket.pool_id, verdict=verdict, nonce=scan.nonce, device=self._device, gate=scan.gate,
            scanned_at=scanned_at, is_offline=True, by_id=self._by.id, undone_at=undone_until if is_undone else None,
        )  # fmt: skip

    def _tell(self, row: CheckIn, reason: str, *, is_repeated: bool = False) -> None:
        self._rows.append(row)
        self.outcomes.append(Outcome(Verdict(row.verdict), reason, is_repeated))

    def write(self) -> None:
        """Settle every ticket, write what is new or has changed, and complete the outcomes."""
        facts, first_of = [], dict[UUID, Claim]()
        demoted, others = list[CheckIn](), list[CheckIn]()
        new = {row.id for row in self._new}
        for ticket_id, claims in self._claims.items():
            was_used = any(claim.row.id not in new for claim in claims)
            first = first_of[ticket_id] = settle(claims)
            for claim in claims:
                if claim.row.verdict != claim.verdict and claim.row.id not in new:
                    (demoted if claim.row.verdict == Verdict.ADMITTED else others).append(claim.row)
                claim.row.verdict, claim.row.updated_at = claim.verdict, self._at
            if not was_used:
                payload = check_in_payload(first.row, session_id=self._tickets[ticket_id].session_id)
                facts.append(Fact(TICKET_CHECKED_IN, Registration(id=ticket_id), payload))
        # One admission a ticket: who is none any more makes room first.
        for rows in (demoted, others):
            CheckIn.objects.bulk_update(rows, ["verdict", "updated_at"])
        insert_all(self._new)
        if facts:
            record_all(facts, by=self._by, at=self._at)
        for row, outcome in zip(self._rows, self.outcomes, strict=True):
            if row is not None:
                _complete(outcome, row, first_of.get(row.registration_id), self._claims.get(row.registration_id, []))


def _complete(outcome: Outcome, row: CheckIn, first: Claim | None, claims: Sequence[Claim]) -> None:
    outcome.verdict = Verdict(row.verdict)
    if row.undone_at is not None:
        outcome.reason = "The check-in was taken back"
        return
    if first is None or outcome.verdict not in CLAIMS:
        return
    outcome.admitted_at = first.scanned_at
    if outcome.verdict is Verdict.ADMITTED:
        others = sorted({claim.device for claim in claims if claim.device != first.device})
        outcome.reason, outcome.conflicts_with = "Let in", ", ".join(others)
    elif outcome.verdict is Verdict.DUPLICATE:
        outcome.reason = "The same device had let the ticket in"
    else:
        outcome.reason, outcome.conflicts_with = "Another device had let the ticket in", first.device
