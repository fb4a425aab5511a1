"""Reading who comes, as far as the reader may know."""

from attendance.selectors.panel import all_check_ins, all_registrations
from attendance.selectors.registrations import (
    as_shown,
    attendees,
    by_code,
    event_of,
    known,
    live_of,
    looks_after,
    occasion,
    own_events,
    registration,
    registrations,
    sees,
)
from attendance.selectors.seats import Drift, availability, drift
from attendance.selectors.tickets import check_ins, guards, revoked, shown_tickets

__all__ = [
    "Drift",
    "all_check_ins",
    "all_registrations",
    "as_shown",
    "attendees",
    "availability",
    "by_code",
    "check_ins",
    "drift",
    "event_of",
    "guards",
    "known",
    "live_of",
    "looks_after",
    "occasion",
    "own_events",
    "registration",
    "registrations",
    "revoked",
    "sees",
    "shown_tickets",
]
