"""Registrations and scans for the admin panel, which reads them as Django's rows."""

from django.db.models import Case, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, When

from attendance.models import CheckIn, Registration
from attendance.rules import RegistrationStatus
from identity.rules import Operation, Role, may
from kit.actor import Actor


def all_registrations(*, reader: Actor) -> QuerySet[Registration]:
    """Select the registrations that the reader may see, newest first, with `listed_position`."""
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
    found = (
        Registration.objects.annotate(
            listed_position=Case(When(waits, then=Subquery(ahead)), output_field=IntegerField())
        )
        .select_related("event", "session")
        .filter(deleted_at=None)
        .order_by("-id")
    )
    own = Q(user_id=reader.id) if reader.id else Q(pk__in=[])
    if not may(reader, Operation.REGISTRATIONS_READ):
        return found.filter(own)
    if reader.role == Role.COORDINATOR:
        return found.filter(own | Q(event__coordinators=reader.id)).distinct()
    return found


def all_check_ins(*, reader: Actor) -> QuerySet[CheckIn]:
    """Select the scans that the reader may see, newest first."""
    found = CheckIn.objects.select_related("registration", "registration__event").order_by("-id")
    if reader.role == Role.COORDINATOR:
        return found.filter(registration__event__coordinators=reader.id)
    return found
