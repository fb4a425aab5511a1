"""Reading registrations: the attendee's own, or those of the events a member of staff looks after."""

from uuid import UUID

from django.db.models import Case, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, When

from attendance.models import Registration
from attendance.rules import RegistrationStatus
from catalog.models import Event
from identity.rules import Operation, Role, permits
from kit.actor import Actor
from kit.errors import NotFound


def _with_position() -> QuerySet[Registration]:
    """Select registrations with `waitlist_position`: one query, whatever their number."""
    ahead = (
        Registration.objects.filter(
            pool_id=OuterRef("pool_id"),
            status=RegistrationStatus.WAITLISTED,
            deleted_at=None,
            waitlist_number__lte=OuterRef("waitlist_number"),
        )
        .order_by()
        .values("pool_id")
        .annotate(count=Count("id"))
        .values("count")
    )
    waits = Q(status=RegistrationStatus.WAITLISTED)
    return Registration.objects.annotate(
        listed_position=Case(When(waits, then=Subquery(ahead)), output_field=IntegerField())
    )


def registrations(*, reader: Actor) -> QuerySet[Registration]:
    """Select the registrations that the reader may see, newest first.

    Attendees see their own, coordinators those of the events assigned to them as well.
    """
    found = _with_position().select_related("event", "session").filter(deleted_at=None).order_by("-id")
    own = Q(user_id=reader.id) if reader.id else Q(pk__in=[])
    if not permits(reader.role, Operation.REGISTRATIONS_READ):
        return found.filter(own)
    if reader.role == Role.COORDINATOR:
        return found.filter(own | Q(event__coordinators=reader.id)).distinct()
    return found


def registration(registration_id: UUID, *, reader: Actor) -> Registration:
    """Find a registration.

    Raises:
        NotFound: there is none that the reader may see.
    """
    found = registrations(reader=reader).filter(id=registration_id).first()
    if found is None:
        raise NotFound("No such registration")
    return found


def live_registration(*, pool_id: UUID, email: str) -> Registration | None:
    """Find the attendee's registration that is not cancelled, if there is one."""
    live = Registration.objects.filter(pool_id=pool_id, attendee_email=email, deleted_at=None)
    found = live.exclude(status=RegistrationStatus.CANCELLED).first()
    return found and counted(found)


def counted(registration: Registration) -> Registration:
    """Count the place in the queue of whoever waits: one query, or none for whoever has a seat."""
    if registration.status == RegistrationStatus.WAITLISTED:
        ahead = Registration.objects.filter(
            pool_id=registration.pool_id,
            status=RegistrationStatus.WAITLISTED,
            deleted_at=None,
            waitlist_number__lte=registration.waitlist_number,
        )
        registration.counted_position = ahead.count()
    return registration


def looks_after(event_id: UUID, *, by: Actor) -> bool:
    """Tell whether the actor may act on other people's registrations for the event."""
    if by.role == Role.COORDINATOR:
        return Event.objects.filter(id=event_id, coordinators=by.id).exists()
    return permits(by.role, Operation.REGISTRATIONS_WRITE)
