"""Events as models, for the pages that Django's admin makes of them."""

from django.db.models import Q, QuerySet, Sum

from catalog.models import Event, Session
from catalog.rules import Admission, Stage


def all_events() -> QuerySet[Event]:
    """Select events with category and pool, deleted ones too: one query. Hand them to `with_seats`."""
    return Event.objects.select_related("category", "pool")


def with_seats(events: list[Event]) -> list[Event]:
    """Count the sessions' seats of those events that admit by session: one query, or none if there are none."""
    by_session = {event.id: event for event in events if event.admission == Admission.SESSION}
    if by_session:
        held = Session.objects.filter(event_id__in=by_session, deleted_at=None, cancelled_at=None).order_by()
        held = held.filter(~Q(stage=Stage.DRAFT) | Q(event__stage=Stage.DRAFT))
        sums = held.values_list("event_id").annotate(Sum("pool__capacity"), Sum("pool__seats_taken"))
        counted = {event_id: (capacity, taken) for event_id, capacity, taken in sums}
        for event_id, event in by_session.items():
            event.session_seats = counted.get(event_id, (0, 0))
    return events
