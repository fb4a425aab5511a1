"""Tickets: what their tokens hold, and what a door says to one.

A token is 91 bytes in base 32 (RFC 4648) without padding, 146 characters that a QR code of version 6 and level M holds
in its alphanumeric mode: 196 pixels at 4 a module, the quiet zone included.

    version 1 | ticket 16 | issue 2 | what it admits to 8 | Ed25519 signature 64

The signature is the organization's, over the words `aforo ticket` and a zero byte, and the 27 bytes before it. What it
admits to is the end of the id of the event or session, enough for a device that is offline to tell its own.
"""

import re
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from struct import Struct
from typing import Any
from uuid import UUID

from attendance.rules import RegistrationStatus, Verdict

VERSION = 1
_LAYOUT = Struct(">B16sH8s")
_SIGNATURE = 64
TOKEN_LENGTH = 146
_TOKEN = re.compile(f"[A-Z2-7]{{{TOKEN_LENGTH}}}")
# From the letters of RFC 4648 to those that Python reads a number from, in a tenth of what its own decoder takes.
_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghijklmnopqrstuv")
_SPARE_BITS = 2
_CONTEXT = b"aforo ticket\x00"
# How long before it begins people are let in.
DOORS_OPEN = timedelta(hours=24)
WELCOME = "Welcome"


def tag(pool_id: UUID) -> bytes:
    """Give the end of an id: what a token says it admits to."""
    return pool_id.bytes[8:]


@dataclass(frozen=True, slots=True)
class Stub:
    """What a token says of a ticket."""

    ticket_id: UUID
    issue: int
    tag: bytes

    def packed(self) -> bytes:
        """Write it as bytes."""
        return _LAYOUT.pack(VERSION, self.ticket_id.bytes, self.issue, self.tag)


def signed_part(packed: bytes) -> bytes:
    """Give the bytes that are signed: no other signature of the organization's key is over any of the like."""
    return _CONTEXT + packed


def write_token(packed: bytes, signature: bytes) -> str:
    """Write a token."""
    return b32encode(packed + signature).decode().rstrip("=")


def read_token(token: str) -> tuple[Stub, bytes, bytes] | None:
    """Read a token: what it says, the bytes that say so, and their signature, unverified; nothing if it is none."""
    text = token.strip().upper()
    if not _TOKEN.fullmatch(text):
        return None
    number = int(text.translate(_DIGITS), 32)
    data = (number >> _SPARE_BITS).to_bytes(_LAYOUT.size + _SIGNATURE)
    packed, signature = data[:-_SIGNATURE], data[-_SIGNATURE:]
    version, ticket_id, issue, what = _LAYOUT.unpack(packed)
    # The last letter has two bits to spare: only one way of writing a token is the token.
    if version != VERSION or number != number >> _SPARE_BITS << _SPARE_BITS:
        return None
    return Stub(UUID(bytes=ticket_id), issue, what), packed, signature


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is known of a ticket that is shown at a door."""

    id: UUID
    event_id: UUID
    session_id: UUID | None
    pool_id: UUID
    status: str
    issue: int
    attendee_name: str
    # Of the event, or of the session that it admits to.
    title: str
    starts_at: datetime
    is_called_off: bool
    # The admission, if it was used: when, where and by which device.
    admitted_at: datetime | None = None
    gate: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a door says, and why in words for whoever stands there."""

    verdict: Verdict
    reason: str


def judge(
    ticket: Ticket | None, *, shown_issue: int | None, event_id: UUID, session_id: UUID | None, at: datetime
) -> Answer:
    """Say what a door of an event, or of one of its sessions, answers to a ticket at a moment.

    `shown_issue` is what the token says; nothing for a code, which belongs to the present issue alone.
    """
    if ticket is None:
        return Answer(Verdict.UNKNOWN, "No such ticket")
    is_wrong = ticket.event_id != event_id or (session_id is not None and ticket.session_id != session_id)
    is_replaced = shown_issue is not None and shown_issue != ticket.issue
    opens_at = ticket.starts_at - DOORS_OPEN
    where = f" at {ticket.gate}" if ticket.gate else ""
    # In the order in which they weigh.
    against = (
        (is_wrong, Verdict.WRONG_EVENT, "It is a ticket for something else"),
        (ticket.status == RegistrationStatus.WAITLISTED, Verdict.UNKNOWN, "On the waitlist: no seat, so no ticket"),
        (ticket.status == RegistrationStatus.CANCELLED, Verdict.REVOKED, "The registration was cancelled"),
        (is_replaced, Verdict.REVOKED, "Another ticket was issued in place of this one"),
        (ticket.is_called_off, Verdict.REVOKED, f"{ticket.title} was cancelled"),
        (at < opens_at, Verdict.TOO_EARLY, f"Doors open at {opens_at:%Y-%m-%d %H:%M} UTC"),
        (ticket.admitted_at is not None, Verdict.ALREADY_USED, f"It was used before{where}"),
    )
    for stands, verdict, reason in against:
        if stands:
            return Answer(verdict, reason)
    return Answer(Verdict.ADMITTED, WELCOME)


@dataclass(slots=True)
class Claim:
    """A scan that let somebody in, by a door that may not have known of others."""

    nonce: str
    device: str
    scanned_at: datetime
    verdict: Verdict = Verdict.ADMITTED
    row: Any = None


def settle(claims: Sequence[Claim]) -> Claim:
    """Say which of the claims on one ticket is the admission, the earliest, and what the others were; give the first.

    The answer depends on the claims alone, and not on the order in which they became known.
    """
    first = min(claims, key=lambda claim: (claim.scanned_at, claim.nonce))
    for claim in claims:
        claim.verdict = Verdict.DUPLICATE if claim.device == first.device else Verdict.CONFLICT
    first.verdict = Verdict.ADMITTED
    return first
