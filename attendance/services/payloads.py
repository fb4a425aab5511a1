"""What the journal says of registrations and check-ins."""

from typing import Any

from attendance.models import Registration


def registration_payload(registration: Registration) -> dict[str, Any]:
    """Describe a registration to partners."""
    told = {
        "event_id": str(registration.event_id),
        "session_id": str(registration.session_id) if registration.session_id else None,
        "attendee": {"name": registration.attendee_name, "email": registration.attendee_email},
        "status": str(registration.status),
    }
    return {**told, "reason": registration.cancel_reason} if registration.cancel_reason else told
