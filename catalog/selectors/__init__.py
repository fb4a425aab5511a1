"""Reading the catalogue: what there is, as far as the reader may know."""

from catalog.selectors.events import event, events, sessions_of, typed_ahead
from catalog.selectors.listing import sees_drafts
from catalog.selectors.named import Names, named, named_page
from catalog.selectors.panel import all_events, with_seats
from catalog.selectors.schedule import Clash, alternative_rooms, busy, clashes
from catalog.selectors.sessions import session, sessions, speakers_of

__all__ = [
    "Clash",
    "Names",
    "all_events",
    "alternative_rooms",
    "busy",
    "clashes",
    "event",
    "events",
    "named",
    "named_page",
    "sees_drafts",
    "session",
    "sessions",
    "sessions_of",
    "speakers_of",
    "typed_ahead",
    "with_seats",
]
