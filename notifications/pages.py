"""Pages of mails: leaving those that can be left and, while debugging, every mail that was written to the folder."""

import re
from base64 import b64encode
from email import message_from_bytes, policy
from email.message import EmailMessage
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from kit import scope
from kit.pages import page
from notifications import selectors, services
from notifications.backends import folder_of

_WORDS = {
    "en": {
        "title": "Mails about changes", "ask": "Get no more mails when an event you are registered for changes?",
        "leave": "No more of these", "left": "Done. You get no more mails about changes.", "back": "Get them again",
        "again": "You get mails about changes.", "gone": "This link is not good.",
    },
    "es": {
        "title": "Correos sobre cambios", "ask": "¿No recibir más correos cuando cambie un evento suyo?",
        "leave": "No más de estos", "left": "Listo. No recibirá más correos sobre cambios.",
        "back": "Recibirlos otra vez", "again": "Recibe correos sobre cambios.", "gone": "Este enlace no es válido.",
    },
}  # fmt: skip


# A mail program posts without a page (RFC 8058), so without its token; the address itself is the right.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to leave, and leave: never by a mere look, which programs take by themselves."""
    done, status = "", HTTPStatus.OK
    if selectors.email_of(token) is None:
        done, status = "gone", HTTPStatus.NOT_FOUND
    elif request.method == "POST":
        act, done = (services.subscribe, "again") if request.POST.get("back") else (services.unsubscribe, "left")
        act(token=token, at=now())
    told, allows = {"done": done}, "form-action 'self'"
    return page(request, "notifications/unsubscribe.html", told, words=_WORDS, allows=allows, status=status)


_NAME = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f-]{36}")
SHOWN = 200


def _folder() -> Path:
    """Give the folder of the organization's mails, in debug alone."""
    if not (settings.DEBUG and settings.MAIL_FOLDER):
        raise Http404
    return folder_of(scope.current())


@require_GET
def list_mails(request: HttpRequest) -> HttpResponse:
    """List the mails that were written to the folder, the youngest first."""
    files = sorted(_folder().glob("*.eml"), reverse=True)[:SHOWN]
    return render(request, "notifications/dev_mails.html", {"mails": [_head(file) for file in files]})


def _head(file: Path) -> dict[str, Any]:
    told = _parsed(file)
    return {"name": file.stem, **{name: told[name] for name in ("subject", "to", "date")}}


def _parsed(file: Path) -> EmailMessage:
    return message_from_bytes(file.read_bytes(), policy=policy.default)


@require_GET
def show_mail(request: HttpRequest, name: str) -> HttpResponse:
    """Show a mail as a mail program would; `?as=text` shows its text, `?as=source` what is sent."""
    file = _folder() / f"{name}.eml"
    if not _NAME.fullmatch(name) or not file.is_file():
        raise Http404
    if request.GET.get("as") == "source":
        return HttpResponse(file.read_bytes(), content_type="text/plain; charset=utf-8")
    told = _parsed(file)
    if request.GET.get("as") == "text":
        return HttpResponse(_part(told, "plain"), content_type="text/plain; charset=utf-8")
    shown = _part(told, "html")
    for part in told.iter_attachments():
        if cid := part["content-id"]:
            image = b64encode(cast("bytes", part.get_payload(decode=True))).decode()
            shown = shown.replace(f"cid:{cid.strip('<>')}", f"data:{part.get_content_type()};base64,{image}")
    allowed = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups"
    return HttpResponse(shown, headers={"Content-Security-Policy": allowed})


def _part(told: EmailMessage, kind: str) -> str:
    part = told.get_body((kind,))
    return str(part.get_content()) if part else ""
