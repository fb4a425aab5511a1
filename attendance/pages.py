"""The page of a ticket, for a phone: whoever has its address has the ticket."""

from base64 import b64encode

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.timezone import now
from django.utils.translation import get_language

from attendance import services
from attendance.messages import NoTicket
from kit.errors import NotFound

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
_HEADERS = {
    # The address is the ticket: it must not be kept, indexed, or told to others.
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
}


def show(request: HttpRequest, code: str) -> HttpResponse:
    """Show the ticket of a code."""
    language = get_language() or "en"
    told = {
        "language": language,
        "words": _WORDS.get(language, _WORDS["en"]),
        "organization": request.tenant.name,  # type: ignore[attr-defined] # the tenancy middleware has set it
    }
    try:
        ticket = services.ticket_by_code(code, at=now())
    except (NotFound, NoTicket):
        return HttpResponse(render_to_string("attendance/ticket.html", told), status=404, headers=_HEADERS)
    image = b64encode(services.qr(ticket["token"], "svg")).decode()
    page = render_to_string("attendance/ticket.html", {**told, "ticket": ticket, "image": image})
    return HttpResponse(page, headers=_HEADERS)
