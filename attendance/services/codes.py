"""Sending guests the codes of their registrations, without telling anyone whether there are any."""

from datetime import datetime

from attendance.messages import CODE_ASKED_FOR
from attendance.models import Registration
from attendance.rules import RegistrationStatus
from journal.services import Fact, record_all
from kit.actor import SYSTEM
from kit.tasks import enqueue

SEND_CODES = "attendance.send_codes"


def ask_for_codes(*, email: str) -> None:
    """Have a worker look for registrations of the e-mail: whoever asks cannot tell by the time it takes."""
    enqueue(SEND_CODES, email=email)


def send_codes(*, email: str, at: datetime) -> int:
    """Record that the codes of an attendee's live registrations are to be mailed; give how many there are."""
    live = Registration.objects.filter(attendee_email=email, deleted_at=None)
    found = list(live.exclude(status=RegistrationStatus.CANCELLED))
    record_all([Fact(CODE_ASKED_FOR, one, {"email": email}) for one in found], by=SYSTEM, at=at)
    return len(found)
