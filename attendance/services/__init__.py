"""Taking seats and giving them back."""

from attendance.services.cancelling import cancel, promote_waitlists
from attendance.services.registering import Attendee, Registered, register

__all__ = ["Attendee", "Registered", "cancel", "promote_waitlists", "register"]
