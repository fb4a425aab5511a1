"""What a registration and a ticket may be, and why one is refused: pure functions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from os import urandom
from uuid import UUID

from attendance.messages import BadAccessCode, Overlaps, RegistrationClosed, SoldOut
from catalog.messages import AlreadyOver
from kit.errors import Refusal

# Crockford's base 32: no letters that a person at a door would misread.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
CODE_LENGTH = 12


class RegistrationStatus(StrEnum):
    """Where a registration stands."""

    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    CANCELLED = "cancelled"


class Verdict(StrEnum):
    """What a door says to a ticket. The last two are said of scans made offline, once all are known."""

    ADMITTED = "admitted"
    ALREADY_USED = "already_used"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    WRONG_EVENT = "wrong_event"
    TOO_EARLY = "too_early"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


# Scans that let somebody in: one of them is the admission, the others were mistakes of doors that did not know.
CLAIMS = (Verdict.ADMITTED, Verdict.DUPLICATE, Verdict.CONFLICT)


def new_code() -> str:
    """Draw a ticket code: 60 random bits, too many to guess."""
    bits = int.from_bytes(urandom(8))
    return "".join([_PAIRS[bits >> shift & 1023] for shift in (0, 10, 20, 30, 40, 50)])


@dataclass(frozen=True, slots=True)
class Seat:
    """What stood for and against a seat in the moment it was asked for."""

    is_open: bool
    closes_at: datetime | None
    needs_code: bool
    is_full: bool
    has_waitlist: bool
    # Whether the attendee is elsewhere at that time, and by which registration, if the caller may know.
    overlaps: bool = False
    overlapping_id: UUID | None = None


def refusals(seat: Seat, *, at: datetime) -> Iterator[Refusal]:
    """Name each rule that stands against a seat, in the order in which a person should hear of them."""
    if seat.closes_at is not None and seat.closes_at <= at:
        yield AlreadyOver("It has ended", extra={"next_step": "Look for what is still to come: GET /api/v1/events"})
    elif not seat.is_open:
        yield RegistrationClosed(
            "Registration is not open", extra={"next_step": "Its status tells when to come back: presale or on_sale"}
        )
    if seat.needs_code:
        yield BadAccessCode(
            "The presale is open to holders of its access code",
            extra={"next_step": "Send the code as access_code, or come back when it is on_sale"},
        )
    if seat.overlaps:
        yield Overlaps(
            "The attendee is registered for another session at the same time",
            extra={"registration_id": seat.overlapping_id, "next_step": "Cancel that registration first"},
        )
    if seat.is_full and not seat.has_waitlist:
        yield SoldOut(
            "Every seat is taken, and there is no waitlist",
            extra={"next_step": "Seats come back when somebody cancels: watch the availability"},
        )
