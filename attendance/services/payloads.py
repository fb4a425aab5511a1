"""What the journal says of registrations and check-ins."""

from typing import Any
from uuid import UUID

from attendance.models import CheckIn, Registration


def registration_payload(registration: Registration) -> dict[str, Any]:
    """Describe a registration to partners."""
    told = {
        "event_id": str(registration.event_id),
        "session_id": str(registration.session_id) if registration.session_id else None,
        "attendee": {"name": registration.attendee_name, "email": registration.attendee_email},
        "status": str(registration.status),
    }
    return {**told, "reason": registration.cancel_reason} if registration.cancel_reason else told


def check_in_payload(scan: CheckIn, *, session_id: UUID | None) -> dict[str, Any]:
    """Describe an admission to partners; the session is the ticket's."""
    return {
        "event_id": str(scan.event_id),
        "session_id": str(session_id) if session_id else None,
        "gate": scan.gate,
        "scanned_at": scan.scanned_at.isoformat(),
    }
