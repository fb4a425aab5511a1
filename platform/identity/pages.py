"""The page behind the link of a reset's mail."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from identity import services
from identity.messages import BadToken
from kit.errors import Invalid

_WORDS = {
    "en": {
        "title": "A new password", "password": "New password, 10 characters at least", "send": "Set it",
        "done": "The password is set. Log in with it.",
        "gone": "This link is not good, or no more. Ask for another.",
    },
    "es": {
        "title": "Una nueva contraseña", "password": "Nueva contraseña, de 10 caracteres al menos", "send": "Guardarla",
        "done": "La contraseña está guardada. Inicie sesión con ella.",
        "gone": "Este enlace no es válido, o ya no lo es. Pida otro.",
    },
}  # fmt: skip
_HEADERS = {
    # The address is the right to set a password: it must not be kept, indexed, or told to others.
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
}


@require_http_methods(["GET", "POST"])
def reset_password(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for a new password, and set it."""
    language = get_language() or "en"
    told = {
        "language": language,
        "words": _WORDS.get(language, _WORDS["en"]),
        "organization": request.tenant.name,  # type: ignore[attr-defined] # the tenancy middleware has set it
    }
    status = HTTPStatus.OK
    if request.method == "POST":
        try:
            services.reset_password(token=token, password=request.POST.get("password", ""), at=now())
            told["is_done"] = True
        except BadToken:
            told["is_gone"], status = True, HTTPStatus.NOT_FOUND
        except Invalid as refusal:
            told["faults"], status = [error.detail for error in refusal.errors], HTTPStatus.UNPROCESSABLE_ENTITY
    response = render(request, "identity/reset.html", told, status=status)
    for name, value in _HEADERS.items():
        response[name] = value
    return response
