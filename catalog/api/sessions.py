"""REST: sessions."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.utils.timezone import now
from ninja import Query, Router, Status

from catalog import selectors, services
from catalog.api.rendering import reads, served_ready, shown_session, writes
from catalog.schemas.bulk import BulkSessionIn, BulkSessionsIn, read_item
from catalog.schemas.events import (
    OfEventListIn,
    PublishIn,
    SessionChangesIn,
    SessionIn,
    SessionListIn,
    SessionListOut,
    SessionOut,
)
from identity.authentication import TenantRequest
from kit.answers import Answer, answer, listed
from kit.conditional import expected
from kit.many import BulkOut, client_ref, results
from kit.openapi import CONTESTED

router = Router(tags=["Sessions"])


@router.get("/events/{uuid:event_id}/sessions", response=SessionListOut, auth=reads)
@served_ready
def list_sessions_of_event(request: TenantRequest, event_id: UUID, query: Query[OfEventListIn]) -> Answer:
    """List an event's sessions by date."""
    filters = {**query.filters(), "event_id": event_id}
    page, until = selectors.sessions_of(filters, query.cut(), reader=request.actor, at=now())
    return listed(request, page, good_until=until)


@router.post("/events/{uuid:event_id}/sessions", response={201: SessionOut}, auth=writes)
def create_session(request: TenantRequest, event_id: UUID, payload: SessionIn) -> Answer:
    """Draft a session. A room or speaker who is taken is a 409 with the clashes and the nearest free slots."""
    session = services.create_session(event_id=event_id, fields=payload.model_dump(), by=request.actor, at=now())
    return shown_session(request, session.id, status=HTTPStatus.CREATED)


@router.get("/sessions", response=SessionListOut, auth=reads)
@served_ready
def list_sessions(request: TenantRequest, query: Query[SessionListIn]) -> Answer:
    """List sessions by date: of an event, in a room, with a speaker, or all."""
    page, until = selectors.sessions(query.filters(), query.cut(), reader=request.actor, at=now())
    return listed(request, page, good_until=until)


@router.post("/sessions/bulk", response={200: BulkOut, 207: BulkOut, 422: BulkOut}, auth=writes)
def create_sessions(request: TenantRequest, payload: BulkSessionsIn) -> Answer:
    """Draft up to 1,000 sessions of events that are there at once."""
    items = [read_item(item, BulkSessionIn) for item in payload.items]
    outcomes = services.create_sessions(
        items, is_atomic=payload.is_atomic, is_dry=payload.dry_run, by=request.actor, at=now()
    )
    status, told = results(outcomes, [client_ref(item) for item in payload.items], is_dry=payload.dry_run)
    return answer(told, status=status)


@router.get("/sessions/{uuid:session_id}", response=SessionOut, auth=reads)
@served_ready
def show_session(request: TenantRequest, session_id: UUID) -> Answer:
    """Show a session."""
    return shown_session(request, session_id)


@router.put("/sessions/{uuid:session_id}", response=SessionOut, auth=writes, openapi_extra=CONTESTED)
def replace_session(request: TenantRequest, session_id: UUID, payload: SessionIn) -> Answer:
    """Set every field of a session; what the body leaves out gets its default. Needs `If-Match`."""
    return _update(request, session_id, payload.model_dump())


@router.patch("/sessions/{uuid:session_id}", response=SessionOut, auth=writes, openapi_extra=CONTESTED)
def update_session(request: TenantRequest, session_id: UUID, payload: SessionChangesIn) -> Answer:
    """Change the fields that the body names. Needs `If-Match`."""
    return _update(request, session_id, payload.model_dump(exclude_unset=True))


def _update(request: TenantRequest, session_id: UUID, changes: dict[str, Any]) -> Answer:
    seen = expected(request, is_required=True)
    services.update_session(session_id=session_id, changes=changes, seen=seen, by=request.actor, at=now())
    return shown_session(request, session_id)


@router.delete("/sessions/{uuid:session_id}", response={204: None}, auth=writes, openapi_extra=CONTESTED)
def delete_session(request: TenantRequest, session_id: UUID) -> Status[None]:
    """Delete a session that is a draft, cancelled or finished; `restore` brings it back. Needs `If-Match`."""
    seen = expected(request, is_required=True)
    services.delete_session(session_id=session_id, seen=seen, by=request.actor, at=now())
    return Status(204, None)


@router.post("/sessions/{uuid:session_id}/restore", response=SessionOut, auth=writes)
def restore_session(request: TenantRequest, session_id: UUID) -> Answer:
    """Bring a deleted session back as it was, if its room and speakers are free."""
    services.restore_session(session_id=session_id, by=request.actor, at=now())
    return shown_session(request, session_id)


@router.post("/sessions/{uuid:session_id}/publish", response=SessionOut, auth=writes)
def publish_session(request: TenantRequest, session_id: UUID, payload: PublishIn = PublishIn()) -> Answer:  # noqa: B008 - never changed
    """Open a session, as far as its event is open."""
    services.publish_session(session_id=session_id, stage=payload.stage, by=request.actor, at=now())
    return shown_session(request, session_id)


@router.post("/sessions/{uuid:session_id}/suspend", response=SessionOut, auth=writes)
def suspend_session(request: TenantRequest, session_id: UUID) -> Answer:
    """Stop registrations for a session until resumed."""
    services.suspend_session(session_id=session_id, by=request.actor, at=now())
    return shown_session(request, session_id)


@router.post("/sessions/{uuid:session_id}/resume", response=SessionOut, auth=writes)
def resume_session(request: TenantRequest, session_id: UUID) -> Answer:
    """Let a suspended session go on."""
    services.resume_session(session_id=session_id, by=request.actor, at=now())
    return shown_session(request, session_id)


@router.post("/sessions/{uuid:session_id}/cancel", response=SessionOut, auth=writes)
def cancel_session(request: TenantRequest, session_id: UUID) -> Answer:
    """Cancel a session, for good."""
    services.cancel_session(session_id=session_id, by=request.actor, at=now())
    return shown_session(request, session_id)
