"""The page behind the link of a reset's mail."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods

from identity import services
from identity.messages import BadToken
from kit.errors import Invalid
from kit.pages import page

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


@require_http_methods(["GET", "POST"])
def reset_password(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for a new password, and set it."""
    told: dict[str, Any] = {}
    status = HTTPStatus.OK
    if request.method == "POST":
        try:
            services.reset_password(token=token, password=request.POST.get("password", ""), at=now())
            told["is_done"] = True
        except BadToken:
            told["is_gone"], status = True, HTTPStatus.NOT_FOUND
        except Invalid as refusal:
            told["faults"], status = [error.detail for error in refusal.errors], HTTPStatus.UNPROCESSABLE_ENTITY
    return page(request, "identity/reset.html", told, words=_WORDS, allows="form-action 'self'", status=status)
