"""Sending guests the codes of their registrations, without telling anyone whether there are any."""

from datetime import datetime

from attendance import selectors
from attendance.messages import CODE_ASKED_FOR
from journal.services import record
from kit.actor import SYSTEM
from kit.tasks import enqueue
from kit.throttling import is_mailed_too_often

SEND_CODES = "attendance.send_codes"


def ask_for_codes(*, email: str) -> None:
    """Have a worker look for registrations of the e-mail: whoever asks cannot tell by the time it takes."""
    enqueue(SEND_CODES, email=email)


def send_codes(*, email: str, at: datetime) -> int:
    """Record that the codes of an attendee's live registrations are to be mailed; give how many there are."""
    found = selectors.live_of(email)
    if not found or is_mailed_too_often("codes", email):
        return 0
    ids = [str(one.id) for one in found]
    record(CODE_ASKED_FOR, subject=None, by=SYSTEM, at=at, payload={"email": email, "registrations": ids})
    return len(found)
