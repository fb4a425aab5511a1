"""What a registration may be, and why one is refused: pure functions."""

from datetime import datetime
from enum import StrEnum
from secrets import choice

from attendance.messages import BadAccessCode, RegistrationClosed, SoldOut
from catalog.messages import AlreadyOver
from kit.errors import Refusal

# Crockford's base 32: no letters that a person at a door would misread.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12


class RegistrationStatus(StrEnum):
    """Where a registration stands."""

    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    CANCELLED = "cancelled"


def new_code() -> str:
    """Draw a ticket code: 60 random bits, too many to guess."""
    return "".join(choice(_ALPHABET) for _ in range(CODE_LENGTH))


def why_refused(
    *, is_open: bool, closes_at: datetime, needs_code: bool, seats_left: int, has_waitlist: bool, at: datetime
) -> Refusal | None:
    """Tell why the seat statement took no seat, or nothing if by now it would.

    The rules stand in the order in which a person should hear of them.
    """
    if closes_at <= at:
        return AlreadyOver("It has ended")
    if not is_open:
        return RegistrationClosed("Registration is not open")
    if needs_code:
        return BadAccessCode("The presale is open to holders of its access code; send it as access_code")
    if seats_left <= 0 and not has_waitlist:
        return SoldOut("Every seat is taken, and there is no waitlist")
    return None
