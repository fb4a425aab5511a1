"""REST: events."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.utils.timezone import now
from ninja import Query, Router, Status

from catalog import selectors, services
from catalog.api.rendering import reads, served_ready, shown_event, writes
from catalog.schemas.bulk import BulkEventIn, BulkEventsIn, BulkEventsOut, read_item
from catalog.schemas.events import (
    CoordinatorsIn,
    EventChangesIn,
    EventDetailOut,
    EventHintsOut,
    EventIn,
    EventListIn,
    EventListOut,
    ExpandIn,
    PublishIn,
    SearchIn,
)
from catalog.selectors.listing import next_change
from identity.authentication import TenantRequest
from kit.answers import Answer, answer, listed
from kit.conditional import expected
from kit.many import client_ref, results
from kit.openapi import CONTESTED

router = Router(tags=["Events"])


@router.get("/events", response=EventListOut, auth=reads)
@served_ready
def list_events(request: TenantRequest, query: Query[EventListIn]) -> Answer:
    """List events by date, or by relevance in a search: the published ones, or all for staff."""
    page, until = selectors.events(query.filters(), query.cut(), reader=request.actor, at=now())
    return listed(request, page, good_until=until)


@router.post("/events", response={201: EventDetailOut}, auth=writes)
def create_event(request: TenantRequest, payload: EventIn) -> Answer:
    """Draft an event."""
    event = services.create_event(fields=payload.model_dump(), by=request.actor, at=now())
    return shown_event(request, event.id, status=HTTPStatus.CREATED)


@router.get("/events/search", response=EventHintsOut, auth=reads)
@served_ready
def search_events(request: TenantRequest, query: Query[SearchIn]) -> Answer:
    """Suggest up to ten events to somebody who is typing, best first."""
    at = now()
    found = selectors.typed_ahead(query.q, reader=request.actor, at=at)
    return answer({"items": found}, good_until=next_change(found, at=at))


@router.post("/events/bulk", response={200: BulkEventsOut, 207: BulkEventsOut, 422: BulkEventsOut}, auth=writes)
def create_events(request: TenantRequest, payload: BulkEventsIn) -> Answer:
    """Draft up to 1,000 events with their sessions at once, 5,000 sessions in all."""
    items = [read_item(item, BulkEventIn) for item in payload.items]
    outcomes = services.create_events(
        items, is_atomic=payload.is_atomic, is_dry=payload.dry_run, by=request.actor, at=now()
    )
    status, told = results(outcomes, [client_ref(item) for item in payload.items], is_dry=payload.dry_run)
    return answer(told, status=status)


@router.get("/events/{uuid:event_id}", response=EventDetailOut, auth=reads)
@served_ready
def show_event(request: TenantRequest, event_id: UUID, query: Query[ExpandIn]) -> Answer:
    """Show an event."""
    return shown_event(request, event_id, expand=query.expand)


@router.put("/events/{uuid:event_id}", response=EventDetailOut, auth=writes, openapi_extra=CONTESTED)
def replace_event(request: TenantRequest, event_id: UUID, payload: EventIn) -> Answer:
    """Set every field of an event; what the body leaves out gets its default. Needs `If-Match`."""
    fields = payload.model_dump()
    if "access_code" not in payload.model_fields_set:
        del fields["access_code"]
    return _update(request, event_id, fields)


@router.patch("/events/{uuid:event_id}", response=EventDetailOut, auth=writes, openapi_extra=CONTESTED)
def update_event(request: TenantRequest, event_id: UUID, payload: EventChangesIn) -> Answer:
    """Change the fields that the body names. Needs `If-Match`."""
    return _update(request, event_id, payload.model_dump(exclude_unset=True))


def _update(request: TenantRequest, event_id: UUID, changes: dict[str, Any]) -> Answer:
    seen = expected(request, is_required=True)
    services.update_event(event_id=event_id, changes=changes, seen=seen, by=request.actor, at=now())
    return shown_event(request, event_id)


@router.delete("/events/{uuid:event_id}", response={204: None}, auth=writes, openapi_extra=CONTESTED)
def delete_event(request: TenantRequest, event_id: UUID) -> Status[None]:
    """Delete an event that is a draft, cancelled or finished; `restore` brings it back. Needs `If-Match`."""
    seen = expected(request, is_required=True)
    services.delete_event(event_id=event_id, seen=seen, by=request.actor, at=now())
    return Status(204, None)


@router.post("/events/{uuid:event_id}/restore", response=EventDetailOut, auth=writes)
def restore_event(request: TenantRequest, event_id: UUID) -> Answer:
    """Bring a deleted event back as it was, with its sessions."""
    services.restore_event(event_id=event_id, by=request.actor, at=now())
    return shown_event(request, event_id)


@router.post("/events/{uuid:event_id}/publish", response=EventDetailOut, auth=writes)
def publish_event(request: TenantRequest, event_id: UUID, payload: PublishIn = PublishIn()) -> Answer:  # noqa: B008 - never changed
    """Open an event to the public, or to a later stage; its sessions come along."""
    services.publish_event(event_id=event_id, stage=payload.stage, by=request.actor, at=now())
    return shown_event(request, event_id)


@router.post("/events/{uuid:event_id}/suspend", response=EventDetailOut, auth=writes)
def suspend_event(request: TenantRequest, event_id: UUID) -> Answer:
    """Stop registrations until resumed."""
    services.suspend_event(event_id=event_id, by=request.actor, at=now())
    return shown_event(request, event_id)


@router.post("/events/{uuid:event_id}/resume", response=EventDetailOut, auth=writes)
def resume_event(request: TenantRequest, event_id: UUID) -> Answer:
    """Let a suspended event go on."""
    services.resume_event(event_id=event_id, by=request.actor, at=now())
    return shown_event(request, event_id)


@router.post("/events/{uuid:event_id}/cancel", response=EventDetailOut, auth=writes)
def cancel_event(request: TenantRequest, event_id: UUID) -> Answer:
    """Cancel an event and its sessions, for good."""
    services.cancel_event(event_id=event_id, by=request.actor, at=now())
    return shown_event(request, event_id)


@router.put("/events/{uuid:event_id}/coordinators", response=EventDetailOut, auth=writes)
def assign_coordinators(request: TenantRequest, event_id: UUID, payload: CoordinatorsIn) -> Answer:
    """Say who looks after an event: these coordinators and no others."""
    services.assign_coordinators(event_id=event_id, user_ids=payload.user_ids, by=request.actor, at=now())
    return shown_event(request, event_id)
