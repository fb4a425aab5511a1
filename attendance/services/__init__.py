"""Taking seats and giving them back; tickets, and the door."""

from attendance.services.bulk import Item, register_many
from attendance.services.cancelling import cancel, cancel_by_code
from attendance.services.checking_in import Shown, Told, undo_check_in, validate
from attendance.services.codes import ask_for_codes, send_codes
from attendance.services.following import cancel_called_off, cancel_if_called_off, follow_catalogue
from attendance.services.offline import OfflineScan, bundle, upload_scans
from attendance.services.offline import Outcome as OfflineOutcome
from attendance.services.registering import Registered, Trial, register, try_register
from attendance.services.seating import Attendee
from attendance.services.tickets import qr, reissue, ticket, ticket_by_code

__all__ = [
    "Attendee",
    "Item",
    "OfflineOutcome",
    "OfflineScan",
    "Registered",
    "Shown",
    "Told",
    "Trial",
    "ask_for_codes",
    "bundle",
    "cancel",
    "cancel_by_code",
    "cancel_called_off",
    "cancel_if_called_off",
    "follow_catalogue",
    "qr",
    "register",
    "register_many",
    "reissue",
    "send_codes",
    "ticket",
    "ticket_by_code",
    "try_register",
    "undo_check_in",
    "upload_scans",
    "validate",
]
