"""REST: who is registered, what is one's own, and what is left; and many registrations at once."""

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils.timezone import now
from ninja import Query, Router

from attendance import selectors
from attendance.schemas import bulk
from attendance.schemas.bulk import BulkRegistrationsIn, BulkRegistrationsOut
from attendance.schemas.registrations import OwnEventsOut, RegistrationOut, RegistrationsIn
from attendance.schemas.tickets import AvailabilityOut
from identity.authentication import TenantRequest, requires
from identity.rules import Operation, may
from kit.answers import Answer, answer, listed
from kit.many import HowIn
from kit.openapi import answers_with, takes
from kit.pagination import StretchOut
from kit.tables import CSV, download, text_of

router = Router()
reads, writes = requires(Operation.REGISTRATIONS_READ), requires(Operation.REGISTRATIONS_WRITE)
own, public = requires(Operation.PROFILE), requires(Operation.EVENTS_READ)
visible = requires(Operation.REGISTRATIONS_READ_OWN)
_MANY: dict[int, Any] = {200: BulkRegistrationsOut, 207: BulkRegistrationsOut, 422: BulkRegistrationsOut}


@router.get("/registrations", response=StretchOut[RegistrationOut], auth=visible, tags=["Attendance"])
def list_registrations(request: TenantRequest, query: Query[RegistrationsIn]) -> Answer:
    """List registrations, newest first: one's own, or for staff those of their events."""
    return listed(request, selectors.registrations(query.filters(), query.cut(), reader=request.actor, at=now()))


@router.get("/users/me/registrations", response=StretchOut[RegistrationOut], auth=own, tags=["Users"])
def list_own_registrations(request: TenantRequest, query: Query[RegistrationsIn]) -> Answer:
    """List one's own registrations, newest first."""
    page = selectors.registrations(query.filters(), query.cut(), reader=request.actor, at=now(), is_own=True)
    return listed(request, page)


@router.get("/users/me/events", response=OwnEventsOut, auth=own, tags=["Users"])
def list_own_events(request: TenantRequest) -> Answer:
    """List the events that one is registered for, those to come first, with the registrations for each."""
    return answer({"items": selectors.own_events(reader=request.actor, at=now())})


@router.get("/events/{uuid:event_id}/availability", response=AvailabilityOut, auth=public, tags=["Events"])
def show_availability(request: TenantRequest, event_id: UUID) -> Answer:
    """Count the seats that are left, a second ago at most. Only registering decides."""
    row = selectors.availability(event_id, reader=request.actor, at=now())
    if not may(request.actor, Operation.REGISTRATIONS_READ):
        hidden = {"checked_in": None}
        row = {**row, **hidden, "sessions": [{**one, **hidden} for one in row["sessions"]]}
    return answer(row)


@router.post("/registrations/bulk", response=_MANY, auth=writes, tags=["Attendance"])
def register_many(request: TenantRequest, payload: BulkRegistrationsIn) -> Answer:
    """Register up to 1,000 people in one call, in their order. Whoever is registered already is found."""
    status, told = bulk.register(payload, by=request.actor, at=now())
    return answer(told, status=status)


@router.get("/registrations.csv", auth=reads, tags=["Attendance"], openapi_extra=answers_with(CSV))
def export_registrations(request: TenantRequest, query: Query[RegistrationsIn]) -> StreamingHttpResponse:
    """Export registrations as a table, oldest first; narrowed as the list is."""
    return download(bulk.export(query, by=request.actor, at=now()), "registrations")


@router.post("/registrations.csv", response=_MANY, auth=writes, tags=["Attendance"], openapi_extra=takes(CSV))
def import_registrations(request: TenantRequest, how: Query[HowIn]) -> Answer:
    """Register up to 1,000 people from a table, sent as `text/csv`. Results and faults name the line."""
    status, told = bulk.take_in(text_of(request), how, by=request.actor, at=now())
    return answer(told, status=status)
