"""Reading mails, how they look, and who wants fewer of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core import signing

from kit import scope
from kit.listing import Query, Row, Shape, Sort, shown
from kit.pagination import Stretch
from notifications.models import Style, Unsubscription

_SALT = "notifications.unsubscribe"


def style() -> Style:
    """Give how the organization's mails look."""
    return Style.objects.first() or Style()


def has_left(email: str) -> bool:
    """Tell whether somebody wants no mails that can be left out."""
    return Unsubscription.objects.filter(email=email).exists()


_MAILS = Shape(
    table="notifications_mail",
    alias="m",
    inner="",
    outer="",
    columns={
        **{name: f"m.{name}" for name in ("id", "kind", "recipient", "entry_id", "subject_id", "status", "attempts")},
        **{name: f"m.{name}" for name in ("error", "created_at", "sent_at")},
        "next_attempt_at": "CASE WHEN m.status = 'pending' THEN m.next_attempt_at END", "deleted_at": "NULL",
    },
)  # fmt: skip
_CONDITIONS = {
    "recipient": "m.recipient = %(recipient)s::text",
    "kind": "m.kind = %(kind)s::text",
    "status": "m.status = %(status)s::text",
    "subject_id": "m.subject_id = %(subject_id)s::uuid",
    "since": "m.created_at >= %(since)s::timestamptz",
    "until": "m.created_at < %(until)s::timestamptz",
}


def mails(filters: Mapping[str, Any], cut: Stretch, *, at: datetime) -> Row:
    """Cut a stretch of the mails of the last 30 days, the newest first: one query."""
    query = Query(_MAILS, at, Sort("created_at", "m.id", "uuid", is_descending=True))
    query.keep(_CONDITIONS, filters)
    page, rows = query.cut(cut)
    return {"items": [shown(row) for row in rows], **page}


def unsubscribe_token(email: str) -> str:
    """Make a token by which a recipient leaves the mails that can be left, of this organization alone."""
    return signing.dumps([scope.current(), email], salt=_SALT)


def email_of(token: str) -> str | None:
    """Read whose token it is; nothing if it is none of this organization's."""
    try:
        schema_name, email = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    return str(email) if schema_name == scope.current() else None
