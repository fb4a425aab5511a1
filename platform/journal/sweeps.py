"""The journal's part of the sweep."""

from journal import selectors
from journal.sealing import seal_if_due
from journal.services import dispatch_if_behind
from kit.sweeps import Look


def catch_up() -> bool:
    """Enqueue whatever of dispatching and sealing was left behind."""
    is_behind, is_due = dispatch_if_behind(), seal_if_due()
    return is_behind or is_due


LOOK = Look(selectors.UNREAD, catch_up)
