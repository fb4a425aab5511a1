"""REST: registering, cancelling, and who is registered."""

from uuid import UUID

from django.utils.timezone import now
from ninja import Router, Status

from attendance import selectors, services
from attendance.schemas.registrations import (
    CancelIn,
    CodeIn,
    GuestCancelIn,
    RegistrationIn,
    RegistrationOut,
    ReserveIn,
    TrialOut,
)
from attendance.services import Attendee, Trial
from identity.authentication import TenantRequest, requires
from identity.rules import Operation
from kit.actor import Actor
from kit.answers import Answer, answer
from kit.errors import FieldError, Invalid, Refusal
from kit.idempotency import claim_of, shares
from kit.listing import Row
from kit.problems import members_of
from kit.quick import reads_quickly

router = Router(tags=["Attendance"])
registers, reads = requires(Operation.REGISTER), requires(Operation.REGISTRATIONS_READ_OWN)
guests, changes = requires(Operation.RESERVE), requires(Operation.REGISTRATIONS_WRITE_OWN)
_MADE = {201: RegistrationOut, 200: RegistrationOut | TrialOut}


def _attendee(payload: RegistrationIn, by: Actor) -> Attendee:
    who, code = payload.attendee, payload.access_code
    if who is None and by.user_id is None:
        why = "A key is nobody who could come: say who does"
        raise Invalid(why, errors=[FieldError("#/attendee", "missing", why)])
    if who is None or who.email == by.email:
        return Attendee(by.name, by.email, by.id, payload.role_text, access_code=code)
    return Attendee(who.name, who.email, role_text=payload.role_text, access_code=code)


@router.post("/events/{uuid:event_id}/register", response=_MADE, auth=registers)
@reads_quickly
@shares
def register_for_event(
    request: TenantRequest,
    event_id: UUID,
    payload: RegistrationIn,
    dry_run: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> Answer:
    """Take a seat at an event. Answers 200 with the first registration to whoever has one.

    With `dry_run=true` nothing is taken; the answer tells what would happen, and every rule that stands against it.
    """
    return _register(request, _attendee(payload, request.actor), is_dry=dry_run, event_id=event_id)


@router.post("/events/{uuid:event_id}/sessions/{uuid:session_id}/register", response=_MADE, auth=registers)
@reads_quickly
@shares
def register_for_session(
    request: TenantRequest,
    event_id: UUID,
    session_id: UUID,
    payload: RegistrationIn,
    dry_run: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> Answer:
    """Take a seat at a session. Answers 200 with the first registration to whoever has one.

    With `dry_run=true` nothing is taken; the answer tells what would happen, and every rule that stands against it.
    """
    attendee = _attendee(payload, request.actor)
    return _register(request, attendee, is_dry=dry_run, event_id=event_id, session_id=session_id)


def _register(request: TenantRequest, attendee: Attendee, *, is_dry: bool, **seat: UUID) -> Answer:
    if is_dry:
        return answer(_told(services.try_register(attendee=attendee, **seat, by=request.actor, at=now())))
    done = services.register(attendee=attendee, **seat, claim=claim_of(request), by=request.actor, at=now())
    return answer(done.registration, status=201 if done.is_new else 200)


def _told(trial: Trial) -> Row:
    would = {"confirmed": "confirm", "waitlisted": "waitlist"}.get(trial.status or "", "refuse")
    return {
        "would": "return" if trial.is_registered else would,
        "status": trial.status,
        "waitlist_position": trial.position,
        "refused_by": [_rule(one) for one in trial.refusals],
    }


def _rule(refusal: Refusal) -> Row:
    said = members_of(refusal)
    return {name: said[name] for name in ("code", "title", "detail", "next_step")}


@router.post("/events/{uuid:event_id}/reserve", response=_MADE, auth=guests, tags=["Guests"])
@reads_quickly
@shares
def reserve_event(request: TenantRequest, event_id: UUID, payload: ReserveIn, dry_run: bool = False) -> Answer:  # noqa: FBT001, FBT002 - a query parameter
    """Take a seat at an event as a guest, without an account. The code of the answer cancels it: keep it."""
    return _reserve(request, payload, is_dry=dry_run, event_id=event_id)


@router.post("/sessions/{uuid:session_id}/reserve", response=_MADE, auth=guests, tags=["Guests"])
@reads_quickly
@shares
def reserve_session(request: TenantRequest, session_id: UUID, payload: ReserveIn, dry_run: bool = False) -> Answer:  # noqa: FBT001, FBT002 - a query parameter
    """Take a seat at a session as a guest, without an account. The code of the answer cancels it: keep it."""
    event_id = selectors.event_of(session_id)
    return _reserve(request, payload, is_dry=dry_run, event_id=event_id, session_id=session_id)


def _reserve(request: TenantRequest, payload: ReserveIn, *, is_dry: bool, **seat: UUID) -> Answer:
    attendee = Attendee(
        payload.name, payload.email, role_text=payload.role_text, source="guest", access_code=payload.access_code
    )
    return _register(request, attendee, is_dry=is_dry, **seat)


@router.post("/registrations/cancel", response=RegistrationOut, auth=guests, tags=["Guests"])
def cancel_by_code(request: TenantRequest, payload: GuestCancelIn) -> Answer:
    """Give up a guest's seat, or place in the queue, with the code and the e-mail. Idempotent."""
    return answer(services.cancel_by_code(code=payload.code, email=payload.email, by=request.actor, at=now()))


@router.post("/registrations/codes", response={202: None}, auth=guests, tags=["Guests"])
def send_codes(request: TenantRequest, payload: CodeIn) -> Status[None]:  # noqa: ARG001 - ninja passes it
    """Have the codes of a guest's registrations sent to the e-mail. The answer never tells whether there are any."""
    services.ask_for_codes(email=payload.email)
    return Status(202, None)


@router.get("/registrations/{uuid:registration_id}", response=RegistrationOut, auth=reads)
def show_registration(request: TenantRequest, registration_id: UUID) -> Answer:
    """Show a registration."""
    row = selectors.registration(registration_id, reader=request.actor, at=now())
    return answer(row, version=row["version"])


@router.post("/registrations/{uuid:registration_id}/cancel", response=RegistrationOut, auth=changes)
def cancel_registration(request: TenantRequest, registration_id: UUID, payload: CancelIn = CancelIn()) -> Answer:  # noqa: B008 - never changed
    """Give up a seat or a place in the queue. Idempotent."""
    at = now()
    row = services.cancel(registration_id=registration_id, reason=payload.reason, by=request.actor, at=at)
    return answer(row, version=row["version"])
