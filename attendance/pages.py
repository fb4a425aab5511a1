"""The page of a ticket, for a phone: whoever has its address has the ticket."""

from base64 import b64encode
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from attendance import services
from attendance.messages import NoTicket
from kit.errors import NotFound
from kit.pages import page

_WORDS = {
    "en": {
        "ticket": "Ticket", "used": "Used", "none": "There is no such ticket",
        "why": "It was cancelled, it still waits for a seat, or another was issued in place of it.",
        "show": "Show this code at the door",
    },
    "es": {
        "ticket": "Entrada", "used": "Usada", "none": "No hay tal entrada",
        "why": "Fue cancelada, aún espera un cupo, o se emitió otra en su lugar.",
        "show": "Muestre este código en la puerta",
    },
}  # fmt: skip


def show(request: HttpRequest, code: str) -> HttpResponse:
    """Show the ticket of a code."""
    told: dict[str, Any] = {}
    status = HTTPStatus.OK
    try:
        ticket = services.ticket_by_code(code, at=now())
    except (NotFound, NoTicket):
        status = HTTPStatus.NOT_FOUND
    else:
        told = {"ticket": ticket, "image": b64encode(services.qr(ticket["token"], "svg")).decode()}
    return page(request, "attendance/ticket.html", told, words=_WORDS, allows="img-src data:", status=status)
