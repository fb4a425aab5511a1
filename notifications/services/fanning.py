"""From entries of the journal to mails: who is to be told what."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from django.db import transaction
from django.utils.timezone import now

from attendance import selectors as attendance
from catalog.models import Event, Session
from identity.models import User
from identity.rules import Role
from journal.models import Entry
from kit.tasks import enqueue
from notifications import selectors
from notifications.models import Mail, Unsubscription
from notifications.rules import FRESH_FOR, OF_REGISTRATIONS, UNSUBSCRIBABLE, MailKind, is_told

log = structlog.get_logger()

DELIVER = "notifications.deliver"
BATCH = 1_000


def fan_out(entries: list[Entry]) -> None:
    """Write down which mails these entries make.

    A consumer of the journal: it runs in the transaction that moves the dispatcher's cursor, and no recipient has two
    mails of one entry, so each is fanned out once, whatever dies.
    """
    at = now()
    made = [mail for entry in entries if entry.occurred_at > at - FRESH_FOR for mail in _mails(entry, at=at)]
    if not made:
        return
    off = selectors.style().kinds_off
    leavable = {mail.recipient for mail in made if mail.kind in UNSUBSCRIBABLE}
    left = set(Unsubscription.objects.filter(email__in=leavable).values_list("email", flat=True)) if leavable else set()
    wanted = [
        mail for mail in made if mail.kind not in off and not (mail.kind in UNSUBSCRIBABLE and mail.recipient in left)
    ]
    Mail.objects.bulk_create(wanted, batch_size=BATCH, ignore_conflicts=True)
    if wanted:
        transaction.on_commit(partial(enqueue, DELIVER))


def _mails(entry: Entry, *, at: datetime) -> list[Mail]:
    try:
        told = list(_told(entry, at=at))
    except (KeyError, TypeError, ValueError):
        # One that another version wrote otherwise must not stop whatever else the journal tells.
        log.exception("entry_not_mailed", entry=str(entry.id))
        return []
    return [
        Mail(kind=kind, recipient=recipient, entry_id=entry.id, subject_id=entry.subject_id, next_attempt_at=at)
        for kind, recipient in told
    ]


def _told(entry: Entry, *, at: datetime) -> Iterator[tuple[MailKind, str]]:
    """Tell who is told of an entry, and by which kind of mail."""
    if kind := OF_REGISTRATIONS.get(entry.type):
        yield kind, entry.payload["attendee"]["email"]
    elif entry.type == "registration.code_asked_for":
        yield MailKind.CODES, entry.payload["email"]
    elif entry.type == "user.password_asked_for":
        yield MailKind.PASSWORD_RESET, entry.payload["email"]
    elif entry.type == "endpoint.disabled":
        for user in User.objects.filter(role=Role.ADMIN, is_active=True):
            yield MailKind.ENDPOINT_DISABLED, user.email
    elif is_told(entry.type, entry.changes) and entry.subject_id:
        yield from _told_of_change(entry.type, entry.subject_id, at=at)


def _told_of_change(type_: str, subject_id: UUID, *, at: datetime) -> Iterator[tuple[MailKind, str]]:
    """Tell who is registered for an event or a session that is still to come."""
    to_come = {"id": subject_id, "ends_at__gt": at, "deleted_at": None}
    if type_ == "event.updated" and Event.objects.filter(**to_come).exists():
        yield from ((MailKind.EVENT_CHANGED, email) for email in attendance.attendees(event_id=subject_id))
    if type_ == "session.updated" and Session.objects.filter(**to_come).exists():
        yield from ((MailKind.SESSION_CHANGED, email) for email in attendance.attendees(pool_id=subject_id))
