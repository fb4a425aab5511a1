"""REST: the catalogue as tables and calendars."""

from datetime import timedelta
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils.timezone import now
from ninja import Query, Router

from catalog import selectors
from catalog.api.rendering import reads, served_ready, writes
from catalog.schemas import calendars, tables
from catalog.schemas.tables import Kind
from identity.authentication import TenantRequest, requires
from identity.rules import Operation
from kit.actor import ANONYMOUS
from kit.answers import Answer, answer, rendered
from kit.many import BulkOut, HowIn
from kit.openapi import answers_with, takes
from kit.pagination import Stretch
from kit.tables import CSV, download, text_of

router = Router()
ICS = "text/calendar"
exports = requires(Operation.EVENTS_READ_DRAFTS)
# How much of the past a feed still shows, and how many events at most.
FEED_PAST = timedelta(days=30)
FEED_EVENTS = 500


@router.get("/events.csv", auth=exports, tags=["Events"], openapi_extra=answers_with(CSV))
def export_events(request: TenantRequest) -> StreamingHttpResponse:
    """Export every event as a table, oldest first."""
    return _export(request, "events")


@router.post(
    "/events.csv",
    response={200: BulkOut, 207: BulkOut, 422: BulkOut},
    auth=writes,
    tags=["Events"],
    openapi_extra=takes(CSV),
)
def import_events(request: TenantRequest, how: Query[HowIn]) -> Answer:
    """Draft up to 1,000 events from a table, sent as `text/csv`. Results and faults name the line."""
    return _import(request, "events", how)


@router.get("/sessions.csv", auth=exports, tags=["Sessions"], openapi_extra=answers_with(CSV))
def export_sessions(request: TenantRequest) -> StreamingHttpResponse:
    """Export every session as a table, oldest first."""
    return _export(request, "sessions")


@router.post(
    "/sessions.csv",
    response={200: BulkOut, 207: BulkOut, 422: BulkOut},
    auth=writes,
    tags=["Sessions"],
    openapi_extra=takes(CSV),
)
def import_sessions(request: TenantRequest, how: Query[HowIn]) -> Answer:
    """Draft up to 1,000 sessions from a table, sent as `text/csv`. Results and faults name the line."""
    return _import(request, "sessions", how)


def _export(request: TenantRequest, kind: Kind) -> StreamingHttpResponse:
    return download(tables.export(kind, by=request.actor, at=now()), kind)


def _import(request: TenantRequest, kind: Kind, how: HowIn) -> Answer:
    status, told = tables.take_in(text_of(request), kind, how, by=request.actor, at=now())
    return answer(told, status=status)


@router.get("/events.ics", auth=reads, tags=["Events"], openapi_extra=answers_with(ICS))
@served_ready
def show_feed(request: TenantRequest) -> Answer:
    """Subscribe to the organization's public schedule: events and sessions, as iCalendar."""
    at = now()
    filters = {"from_": at - FEED_PAST, "expand": ["sessions"]}
    page, until = selectors.events(filters, Stretch(FEED_EVENTS, None), reader=ANONYMOUS, at=at)
    name: str = request.tenant.name  # type: ignore[attr-defined] # the tenancy middleware has set it
    return rendered(calendars.calendar(page["items"], name=name), content_type=calendars.CONTENT_TYPE, good_until=until)


@router.get("/events/{uuid:event_id}.ics", auth=reads, tags=["Events"], openapi_extra=answers_with(ICS))
@served_ready
def show_calendar(request: TenantRequest, event_id: UUID) -> Answer:
    """Give an event with its sessions, as iCalendar."""
    row = selectors.event(event_id, reader=request.actor, at=now(), expand=["sessions"])
    return rendered(
        calendars.calendar([row], name=row["name"]), content_type=calendars.CONTENT_TYPE, version=row["version"]
    )
