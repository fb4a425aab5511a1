"""REST: registering, cancelling, and who is registered."""

from typing import Any
from uuid import UUID

from django.utils.timezone import now
from ninja import Query, Router, Status

from attendance import selectors, services
from attendance.models import Registration
from attendance.schemas import RegisterIn, RegistrationOut, RegistrationPage
from attendance.services import Attendee
from identity.authentication import TenantRequest, requires
from identity.rules import Operation
from kit.actor import Actor
from kit.pagination import CursorIn, keyset

router = Router(tags=["Attendance"])


def _attendee(payload: RegisterIn, by: Actor) -> Attendee:
    if payload.attendee is None or payload.attendee.email == by.email:
        return Attendee(name=by.name, email=by.email, user_id=by.id, role_text=payload.role_text)
    return Attendee(name=payload.attendee.name, email=payload.attendee.email, role_text=payload.role_text)


@router.post(
    "/events/{uuid:event_id}/register",
    response={201: RegistrationOut, 200: RegistrationOut},
    auth=requires(Operation.REGISTER),
)
def register_for_event(request: TenantRequest, event_id: UUID, payload: RegisterIn) -> Status[Registration]:
    """Take a seat at an event. Answers 200 with the first registration to whoever has one."""
    return _register(request.actor, payload, event_id=event_id)


@router.post(
    "/events/{uuid:event_id}/sessions/{uuid:session_id}/register",
    response={201: RegistrationOut, 200: RegistrationOut},
    auth=requires(Operation.REGISTER),
)
def register_for_session(
    request: TenantRequest, event_id: UUID, session_id: UUID, payload: RegisterIn
) -> Status[Registration]:
    """Take a seat at a session. Answers 200 with the first registration to whoever has one."""
    return _register(request.actor, payload, event_id=event_id, session_id=session_id)


def _register(by: Actor, payload: RegisterIn, **seat: UUID) -> Status[Registration]:
    done = services.register(attendee=_attendee(payload, by), access_code=payload.access_code, by=by, at=now(), **seat)
    return Status(201 if done.is_new else 200, done.registration)


@router.get("/registrations", response=RegistrationPage, auth=requires(Operation.PROFILE))
def list_registrations(request: TenantRequest, page: Query[CursorIn], event_id: UUID | None = None) -> dict[str, Any]:
    """List registrations, newest first: one's own, or for staff those of their events."""
    found = selectors.registrations(reader=request.actor)
    return keyset(found.filter(event_id=event_id) if event_id else found, page)


@router.get("/registrations/{uuid:registration_id}", response=RegistrationOut, auth=requires(Operation.PROFILE))
def show_registration(request: TenantRequest, registration_id: UUID) -> Registration:
    """Show a registration."""
    return selectors.registration(registration_id, reader=request.actor)


@router.post("/registrations/{uuid:registration_id}/cancel", response=RegistrationOut, auth=requires(Operation.PROFILE))
def cancel_registration(request: TenantRequest, registration_id: UUID) -> Registration:
    """Give up a seat or a place in the queue. Idempotent."""
    return services.cancel(registration_id=registration_id, by=request.actor, at=now())
