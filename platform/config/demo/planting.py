"""Planting the demonstration data, through the services, so that journal and seats are as true as users' own.

Everything is found again by its name, so planting twice plants once, and an interrupted planting is completed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice, product
from typing import Any

from attendance.models import Registration
from attendance.services import Attendee, register
from catalog.models import Category, Event, Named, Room, SeatPool, Session, Speaker, Venue
from catalog.rules import Admission, Stage, Status
from catalog.services import (
    assign_coordinators,
    cancel_event,
    create_event,
    create_named,
    create_session,
    publish_event,
    suspend_event,
)
from config.demo import PASSWORD
from config.demo.plan import EventPlan, OrganizationPlan
from identity.models import User
from identity.rules import MEMBER_ROLES, Role
from identity.services import create_user
from kit import scope
from kit.actor import SYSTEM, Actor
from tenants.models import Organization
from tenants.services import Owner, create_organization, update_organization

SESSION_MINUTES = 50
HOUR = timedelta(hours=1)
STAGES: dict[Status, Stage | None] = {
    Status.DRAFT: None,
    Status.TEASER: Stage.TEASER,
    Status.PRESALE: Stage.PRESALE,
}


@dataclass(frozen=True, slots=True)
class Planted:
    """What an organization has after planting."""

    events: int
    sessions: int
    speakers: int
    registrations: int


def plant(plan: OrganizationPlan, *, at: datetime) -> Planted:
    """Bring an organization to what the plan says. Idempotent."""
    organization = _organization(plan, at=at)
    with scope.entered(organization.schema_name):
        organizer = _members(plan, at=at)
        speakers = _speakers(plan, by=organizer, at=at)
        rooms = _rooms(plan, by=organizer, at=at)
        for number, event_plan in enumerate(plan.events):
            _event(plan, event_plan, number, speakers=speakers, rooms=rooms, by=organizer, at=at)
        _assign_coordinator(plan, by=organizer, at=at)
        return Planted(
            Event.objects.count(), Session.objects.count(), Speaker.objects.count(), Registration.objects.count()
        )


def _organization(plan: OrganizationPlan, *, at: datetime) -> Organization:
    with scope.entered(scope.PUBLIC):
        found: Organization | None = Organization.objects.filter(slug=plan.slug).first()
    if found is not None:
        return found
    made = create_organization(
        slug=plan.slug,
        name=plan.name,
        owner=Owner(f"admin@{plan.slug}.example", "Admin", PASSWORD),
        at=at,
        locale=plan.locale,
        timezone=plan.timezone,
    )
    return update_organization(organization_id=made.pk, changes={"plan": plan.plan, "limits": plan.limits})


def _members(plan: OrganizationPlan, *, at: datetime) -> Actor:
    """Open an account for each role; give the organizer."""
    for role in MEMBER_ROLES:
        email = f"{role}@{plan.slug}.example"
        if not User.objects.filter(email=email).exists():
            create_user(email=email, name=f"{plan.name} {role}", password=PASSWORD, role=role, by=SYSTEM, at=at)
    return User.objects.get(email=f"{Role.ORGANIZER}@{plan.slug}.example").actor


def _assign_coordinator(plan: OrganizationPlan, *, by: Actor, at: datetime) -> None:
    coordinator = User.objects.get(email=f"{Role.COORDINATOR}@{plan.slug}.example")
    for event in Event.objects.filter(name__in=[event.name for event in plan.events[:2]]):
        assign_coordinators(event_id=event.id, user_ids=[coordinator.id], by=by, at=at)


def _named[T: Named](model: type[T], *, by: Actor, at: datetime, more: dict[str, Any] | None = None, **known: Any) -> T:
    found: T | None = model.objects.filter(**known).first()  # type: ignore[attr-defined] # abstract models have no manager of their own
    return found or create_named(model, fields={**known, **(more or {})}, by=by, at=at)


def _speakers(plan: OrganizationPlan, *, by: Actor, at: datetime) -> list[Speaker]:
    return [
        _named(Speaker, name=name, more={"affiliation": affiliation, "bio": plan.bio}, by=by, at=at)
        for name, affiliation in zip(plan.speakers, cycle(plan.affiliations), strict=False)
    ]


def _rooms(plan: OrganizationPlan, *, by: Actor, at: datetime) -> list[list[Room]]:
    venues = [
        _named(
            Venue, name=place.name, by=by, at=at,
            more={"address": place.city, "latitude": place.latitude, "longitude": place.longitude},
        )
        for place in plan.places
    ]  # fmt: skip
    return [
        [_named(Room, venue_id=venue.id, name=name, by=by, at=at) for name in place.rooms]
        for place, venue in zip(plan.places, venues, strict=True)
    ]


def _event(
    plan: OrganizationPlan,
    event_plan: EventPlan,
    number: int,
    *,
    speakers: list[Speaker],
    rooms: list[list[Room]],
    by: Actor,
    at: datetime,
) -> None:
    starts_at = _start(event_plan, at=at)
    # What is under way or over was announced, and filled, a while before it began.
    announced_at = min(at, starts_at - timedelta(days=20))
    event = Event.objects.filter(name=event_plan.name).first()
    if event is None:
        event = create_event(
            fields=_event_fields(plan, event_plan, starts_at, by=by, at=announced_at), by=by, at=announced_at
        )
    for index, title in enumerate(event_plan.titles):
        if not Session.objects.filter(event=event, title=title).exists():
            fields = {
                "title": title,
                "starts_at": event.starts_at + index * HOUR,
                "ends_at": event.starts_at + index * HOUR + timedelta(minutes=SESSION_MINUTES),
                "capacity": 10 + 5 * index,
                "room_id": rooms[event_plan.place][index % len(rooms[event_plan.place])].id,
                "speaker_ids": [speakers[(3 * number + index) % len(speakers)].id],
            }
            create_session(event_id=event.id, fields=fields, by=by, at=announced_at)
    _open(event, event_plan, by=by, at=announced_at)
    _fill(event, plan, event_plan, number, at=announced_at)
    _end(event, event_plan, by=by, at=announced_at)


def _start(event_plan: EventPlan, *, at: datetime) -> datetime:
    """Begin at nine in the morning of the day, or two hours ago for what is under way."""
    if event_plan.status is Status.IN_PROGRESS:
        return at.replace(minute=0, second=0, microsecond=0) - 2 * HOUR
    return (at + timedelta(days=event_plan.day)).replace(hour=14, minute=0, second=0, microsecond=0)


def _event_fields(
    plan: OrganizationPlan, event_plan: EventPlan, starts_at: datetime, *, by: Actor, at: datetime
) -> dict[str, Any]:
    place = plan.places[event_plan.place]
    category = _named(Category, name=event_plan.category, by=by, at=at)
    return {
        "name": event_plan.name,
        "description": event_plan.description,
        "category_id": category.id,
        "place": f"{place.name}, {place.city}",
        "latitude": place.latitude,
        "longitude": place.longitude,
        "resources": event_plan.resources,
        "starts_at": starts_at,
        # Long enough that what is under way stays so for the length of a demonstration.
        "ends_at": starts_at + (timedelta(days=14) if event_plan.status is Status.IN_PROGRESS else 9 * HOUR),
        "capacity": event_plan.capacity,
        "admission": event_plan.admission,
        "has_waitlist": event_plan.has_waitlist,
        "access_code": plan.access_code if event_plan.status is Status.PRESALE else "",
    }


def _open(event: Event, event_plan: EventPlan, *, by: Actor, at: datetime) -> None:
    stage = STAGES.get(event_plan.status, Stage.ON_SALE)
    fresh = Event.objects.get(id=event.id)
    if stage is not None and fresh.stage == Stage.DRAFT:
        publish_event(event_id=event.id, stage=stage, by=by, at=at)


def _fill(event: Event, plan: OrganizationPlan, event_plan: EventPlan, number: int, *, at: datetime) -> None:
    """Register as many people as the plan says; those who are registered already stay."""
    if not SeatPool.objects.filter(event_id=event.id, is_open=True).exists():
        return
    sessions: list[Session | None] = [None]
    if event_plan.admission is Admission.SESSION:
        sessions = list(Session.objects.filter(event=event).order_by("starts_at"))
    known = set(Registration.objects.filter(event=event).values_list("attendee_email", flat=True))
    for session, attendee in zip(cycle(sessions), _people(plan, number, event_plan.registered), strict=False):
        if attendee.email not in known:
            register(
                event_id=event.id,
                session_id=session.id if session else None,
                attendee=attendee,
                by=SYSTEM,
                at=at,
            )


def _people(plan: OrganizationPlan, number: int, count: int) -> Iterator[Attendee]:
    names = product(plan.family_names, plan.given_names)
    for index, (family, given) in enumerate(islice(names, number, number + count)):
        email = f"guest{number}.{index}@{plan.slug}.example"
        yield Attendee(name=f"{given} {family}", email=email, access_code=plan.access_code)


def _end(event: Event, event_plan: EventPlan, *, by: Actor, at: datetime) -> None:
    if event_plan.status is Status.SUSPENDED:
        suspend_event(event_id=event.id, by=by, at=at)
    if event_plan.status is Status.CANCELLED:
        cancel_event(event_id=event.id, by=by, at=at)
