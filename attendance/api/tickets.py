"""REST: tickets and the door."""

from typing import Any, Literal
from uuid import UUID

from django.utils.timezone import now
from ninja import Query, Router

from attendance import selectors, services
from attendance.rules import Verdict
from attendance.schemas.tickets import (
    BundleIn,
    BundleOut,
    CheckInsOut,
    OfflineResultsOut,
    OfflineScansIn,
    ScanIn,
    ScanOut,
    TicketOut,
    UndoneOut,
)
from attendance.services import OfflineOutcome, OfflineScan, Shown, Told
from identity.authentication import TenantRequest, requires
from identity.rules import Operation
from kit.answers import Answer, answer, rendered
from kit.listing import Row
from kit.openapi import answers_with
from kit.quick import reads_quickly

router = Router(tags=["Tickets"])
doors, owners = requires(Operation.CHECK_IN), requires(Operation.REGISTRATIONS_READ_OWN)
staff, keepers = requires(Operation.REGISTRATIONS_READ), requires(Operation.REGISTRATIONS_WRITE)
changes = requires(Operation.REGISTRATIONS_WRITE_OWN)


@router.post("/tickets/validate", response=ScanOut, auth=doors)
@reads_quickly
def validate(request: TenantRequest, payload: ScanIn) -> Answer:
    """Admit whoever shows a ticket, once, or tell why not. Retry with the same nonce: the answer stays the same."""
    shown = Shown(payload.token, payload.code, payload.nonce or "", payload.device, payload.gate)
    told = services.validate(
        shown, event_id=payload.event_id, session_id=payload.session_id, by=request.actor, at=now()
    )
    return answer(_told(told))


def _told(told: Told) -> Row:
    verdict = told.answer.verdict
    known = None if verdict in (Verdict.WRONG_EVENT, Verdict.UNKNOWN) else told.ticket
    used = told.ticket if verdict is Verdict.ALREADY_USED else None
    return {
        "verdict": verdict,
        "reason": told.answer.reason,
        "ticket_id": known and known.id,
        "attendee_name": known and known.attendee_name,
        "title": known and known.title,
        "scanned_at": told.scanned_at,
        "first_scanned_at": used and used.admitted_at,
        "first_gate": used and used.gate,
        "is_repeated": told.is_repeated,
    }


@router.post("/tickets/validate/bulk", response=OfflineResultsOut, auth=doors)
def upload_scans(request: TenantRequest, payload: OfflineScansIn) -> Answer:
    """Bring back what a device scanned offline, up to 1,000 at a time. Whichever device comes first, the end is one."""
    scans = [OfflineScan(one.token, one.code, one.nonce, one.gate, one.scanned_at) for one in payload.items]
    outcomes = services.upload_scans(
        scans, event_id=payload.event_id, session_id=payload.session_id, device=payload.device,
        by=request.actor, at=now(),
    )  # fmt: skip
    told = [_made(index, one.nonce, outcome) for index, (one, outcome) in enumerate(zip(scans, outcomes, strict=True))]
    return answer({"results": told})


def _made(index: int, nonce: str, outcome: OfflineOutcome) -> dict[str, Any]:
    return {
        "index": index,
        "nonce": nonce,
        "verdict": "accepted" if outcome.verdict is Verdict.ADMITTED else outcome.verdict,
        "reason": outcome.reason,
        "conflicts_with": outcome.conflicts_with or None,
        "admitted_at": outcome.admitted_at,
        "is_repeated": outcome.is_repeated,
    }


@router.get("/tickets/{uuid:ticket_id}", response=TicketOut, auth=owners)
def show_ticket(request: TenantRequest, ticket_id: UUID) -> Answer:
    """Show a ticket: one's own, or for staff those of their events. It has the id of its registration."""
    return answer(services.ticket(ticket_id, reader=request.actor, at=now()))


@router.get("/tickets/{uuid:ticket_id}/qr.svg", auth=owners, openapi_extra=answers_with("image/svg+xml"))
def show_svg(request: TenantRequest, ticket_id: UUID) -> Answer:
    """Draw a ticket's QR code, as SVG."""
    return _drawn(request, ticket_id, "svg", "image/svg+xml")


@router.get("/tickets/{uuid:ticket_id}/qr.png", auth=owners, openapi_extra=answers_with("image/png"))
def show_png(request: TenantRequest, ticket_id: UUID) -> Answer:
    """Draw a ticket's QR code, as PNG."""
    return _drawn(request, ticket_id, "png", "image/png")


def _drawn(request: TenantRequest, ticket_id: UUID, kind: Literal["svg", "png"], content_type: str) -> Answer:
    shown = services.ticket(ticket_id, reader=request.actor, at=now())
    return rendered(services.qr(shown["token"], kind), content_type=content_type)


@router.post("/tickets/{uuid:ticket_id}/reissue", response=TicketOut, auth=changes)
def reissue(request: TenantRequest, ticket_id: UUID) -> Answer:
    """Issue a ticket in place of a lost one, which admits nobody from then on."""
    return answer(services.reissue(ticket_id=ticket_id, by=request.actor, at=now()))


@router.post("/tickets/{uuid:ticket_id}/undo-check-in", response=UndoneOut, auth=keepers)
def undo_check_in(request: TenantRequest, ticket_id: UUID) -> Answer:
    """Take back that a ticket was used: it may be used again. Idempotent."""
    return answer({"undone": services.undo_check_in(ticket_id=ticket_id, by=request.actor, at=now())})


@router.get("/events/{uuid:event_id}/offline-bundle", response=BundleOut, auth=doors)
def show_bundle(request: TenantRequest, event_id: UUID, query: Query[BundleIn]) -> Answer:
    """Take along what a door needs offline: keys, what tickets admit to, and which are revoked. It names nobody."""
    return answer(services.bundle(event_id, cursor=query.cursor, by=request.actor, at=now()))


@router.get("/events/{uuid:event_id}/check-ins", response=CheckInsOut, auth=staff)
def show_check_ins(request: TenantRequest, event_id: UUID) -> Answer:
    """Count who came, in all and by gate."""
    return answer(selectors.check_ins(event_id, reader=request.actor, at=now()))
