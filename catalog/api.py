"""REST: events and sessions."""

from typing import Any
from uuid import UUID

from django.utils.timezone import now
from ninja import Query, Router, Status

from catalog import selectors, services
from catalog.models import Event, Session
from catalog.schemas import (
    CoordinatorsIn,
    EventChangesIn,
    EventIn,
    EventOut,
    EventPage,
    PublishIn,
    SessionChangesIn,
    SessionIn,
    SessionOut,
    SessionPage,
)
from identity.authentication import TenantRequest, requires
from identity.rules import Operation
from kit.pagination import PageIn, numbered

router = Router()
reads = requires(Operation.EVENTS_READ)
writes = requires(Operation.EVENTS_WRITE)


@router.get("/events", response=EventPage, auth=reads, tags=["Events"])
def list_events(request: TenantRequest, page: Query[PageIn]) -> dict[str, Any]:
    """List events by date: the published ones, or all for staff."""
    return selectors.events_page(page, reader=request.actor)


@router.post("/events", response={201: EventOut}, auth=writes, tags=["Events"])
def create_event(request: TenantRequest, payload: EventIn) -> Status[Event]:
    """Draft an event."""
    return Status(201, services.create_event(fields=payload.model_dump(), by=request.actor, at=now()))


@router.get("/events/{uuid:event_id}", response=EventOut, auth=reads, tags=["Events"])
def show_event(request: TenantRequest, event_id: UUID) -> Event:
    """Show an event."""
    return selectors.event(event_id, reader=request.actor)


@router.patch("/events/{uuid:event_id}", response=EventOut, auth=writes, tags=["Events"])
def update_event(request: TenantRequest, event_id: UUID, payload: EventChangesIn) -> Event:
    """Change the fields that the body names."""
    changes = payload.model_dump(exclude_unset=True)
    return services.update_event(event_id=event_id, changes=changes, by=request.actor, at=now())


@router.delete("/events/{uuid:event_id}", response={204: None}, auth=writes, tags=["Events"])
def delete_event(request: TenantRequest, event_id: UUID) -> Status[None]:
    """Delete an event that is a draft, cancelled or finished."""
    services.delete_event(event_id=event_id, by=request.actor, at=now())
    return Status(204, None)


@router.post("/events/{uuid:event_id}/publish", response=EventOut, auth=writes, tags=["Events"])
def publish_event(request: TenantRequest, event_id: UUID, payload: PublishIn = PublishIn()) -> Event:  # noqa: B008 - never changed
    """Open an event to the public."""
    return services.publish_event(event_id=event_id, stage=payload.stage, by=request.actor, at=now())


@router.post("/events/{uuid:event_id}/suspend", response=EventOut, auth=writes, tags=["Events"])
def suspend_event(request: TenantRequest, event_id: UUID) -> Event:
    """Stop registrations until resumed."""
    return services.suspend_event(event_id=event_id, by=request.actor, at=now())


@router.post("/events/{uuid:event_id}/resume", response=EventOut, auth=writes, tags=["Events"])
def resume_event(request: TenantRequest, event_id: UUID) -> Event:
    """Let a suspended event go on."""
    return services.resume_event(event_id=event_id, by=request.actor, at=now())


@router.post("/events/{uuid:event_id}/cancel", response=EventOut, auth=writes, tags=["Events"])
def cancel_event(request: TenantRequest, event_id: UUID) -> Event:
    """Cancel an event and its sessions, for good."""
    return services.cancel_event(event_id=event_id, by=request.actor, at=now())


@router.put("/events/{uuid:event_id}/coordinators", response=EventOut, auth=writes, tags=["Events"])
def assign_coordinators(request: TenantRequest, event_id: UUID, payload: CoordinatorsIn) -> Event:
    """Say who looks after an event: these coordinators and no others."""
    return services.assign_coordinators(event_id=event_id, user_ids=payload.user_ids, by=request.actor, at=now())


@router.get("/events/{uuid:event_id}/sessions", response=SessionPage, auth=reads, tags=["Sessions"])
def list_sessions(request: TenantRequest, event_id: UUID, page: Query[PageIn]) -> dict[str, Any]:
    """List an event's sessions by date."""
    return numbered(selectors.sessions_of(event_id, reader=request.actor), page)


@router.post("/events/{uuid:event_id}/sessions", response={201: SessionOut}, auth=writes, tags=["Sessions"])
def create_session(request: TenantRequest, event_id: UUID, payload: SessionIn) -> Status[Session]:
    """Draft a session."""
    session = services.create_session(event_id=event_id, fields=payload.model_dump(), by=request.actor, at=now())
    return Status(201, session)


@router.get("/sessions/{uuid:session_id}", response=SessionOut, auth=reads, tags=["Sessions"])
def show_session(request: TenantRequest, session_id: UUID) -> Session:
    """Show a session."""
    return selectors.session(session_id, reader=request.actor)


@router.patch("/sessions/{uuid:session_id}", response=SessionOut, auth=writes, tags=["Sessions"])
def update_session(request: TenantRequest, session_id: UUID, payload: SessionChangesIn) -> Session:
    """Change the fields that the body names."""
    changes = payload.model_dump(exclude_unset=True)
    return services.update_session(session_id=session_id, changes=changes, by=request.actor, at=now())


@router.post("/sessions/{uuid:session_id}/publish", response=SessionOut, auth=writes, tags=["Sessions"])
def publish_session(request: TenantRequest, session_id: UUID, payload: PublishIn = PublishIn()) -> Session:  # noqa: B008 - never changed
    """Open a session, as far as its event is open."""
    return services.publish_session(session_id=session_id, stage=payload.stage, by=request.actor, at=now())


@router.post("/sessions/{uuid:session_id}/cancel", response=SessionOut, auth=writes, tags=["Sessions"])
def cancel_session(request: TenantRequest, session_id: UUID) -> Session:
    """Cancel a session, for good."""
    return services.cancel_session(session_id=session_id, by=request.actor, at=now())
