"""The demonstration data: planted once, true, and never by accident."""

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Q

from attendance.models import Registration
from catalog.models import Event, SeatPool, Session, Speaker
from catalog.rules import Status
from config.demo import PASSWORD
from config.demo.acme import ACME
from config.demo.globex import GLOBEX
from config.demo.plan import OrganizationPlan
from config.demo.planting import plant
from identity.models import User
from journal.models import Entry
from kit import scope
from tenants.models import Organization
from tests.factories import NOW


@pytest.mark.parametrize("plan", [ACME, GLOBEX], ids=lambda plan: plan.slug)
def test_planting_twice_plants_once_and_every_seat_is_true(
    acme: Organization, globex: Organization, plan: OrganizationPlan
) -> None:
    first = plant(plan, at=NOW)
    organization = {"acme": acme, "globex": globex}[plan.slug]
    with scope.entered(organization.schema_name):
        entries = Entry.objects.count()
        assert plant(plan, at=NOW) == first
        assert Entry.objects.count() == entries
        assert (first.events, first.sessions, first.speakers) == (12, 40, 20)
        assert first.registrations >= 300
        assert {event.status(at=NOW) for event in Event.objects.all()} == set(Status)
        confirmed = Count("registrations", filter=Q(registrations__status="confirmed"))
        assert not SeatPool.objects.annotate(held=confirmed).exclude(held=F("seats_taken")).exists()
        full = SeatPool.objects.get(seats_taken=F("capacity"), waitlist_tail__gt=0, id=F("event_id"))
        assert Registration.objects.filter(pool=full, status="waitlisted").count() == 15
        assert Speaker.objects.filter(session__in=Session.objects.all()).distinct().count() == 20
        roles = User.objects.filter(email__endswith=f"@{plan.slug}.example").values_list("role", flat=True)
        assert set(roles) == {"admin", "organizer", "coordinator", "scanner", "attendee"}
        assert User.objects.get(email=f"scanner@{plan.slug}.example").check_password(PASSWORD)


def test_sessions_of_one_room_never_overlap(acme: Organization) -> None:
    plant(ACME, at=NOW)
    spans = list(Session.objects.exclude(room=None).values_list("room_id", "starts_at", "ends_at", "id"))
    clashes = [
        (one, other)
        for index, one in enumerate(spans)
        for other in spans[index + 1 :]
        if one[0] == other[0] and one[1] < other[2] and other[1] < one[2]
    ]
    assert clashes == []


def test_outside_debug_it_refuses(db: None) -> None:
    with pytest.raises(CommandError, match="say --force"):
        call_command("seed")
