"""From entries of the journal to mails: who is to be told what."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.timezone import now

from attendance import selectors as attendance
from catalog.models import Event, Session
from identity.models import User
from identity.rules import Role
from journal.models import Entry
from kit.ids import new_id
from kit.tasks import enqueue_after_commit
from notifications import selectors
from notifications.rules import (
    FRESH_FOR,
    HOUR,
    MAX_AN_HOUR,
    OF_REGISTRATIONS,
    OVER_THE_LIMIT,
    UNSUBSCRIBABLE,
    MailKind,
    MailStatus,
    is_told,
)

DELIVER = "notifications.deliver"


@dataclass(frozen=True, slots=True)
class _Wanted:
    kind: MailKind
    recipient: str
    entry_id: UUID
    subject_id: UUID | None
    # Of a mail that outsiders can bring about.
    is_limited: bool = False


# A mail says what is true when it is sent: one that still waits to tell of a change tells of the next one, too.
_INSERT = """
    INSERT INTO notifications_mail (id, kind, recipient, entry_id, subject_id, status, error, is_bulk, attempts,
           next_attempt_at, created_at)
    SELECT id, kind, recipient, entry_id, subject_id, status, error, kind = ANY(%(bulk)s::text[]), 0, %(at)s, %(at)s
      FROM unnest(%(ids)s::uuid[], %(kinds)s::text[], %(recipients)s::text[], %(entries)s::uuid[], %(subjects)s::uuid[],
                  %(statuses)s::text[], %(errors)s::text[])
           AS wanted (id, kind, recipient, entry_id, subject_id, status, error)
     WHERE kind <> ALL(%(bulk)s::text[]) OR NOT EXISTS (
           SELECT FROM notifications_unsubscription AS left_them WHERE left_them.email = wanted.recipient
            UNION ALL
           SELECT FROM notifications_mail AS waiting
            WHERE waiting.recipient = wanted.recipient AND waiting.kind = wanted.kind
              AND waiting.subject_id = wanted.subject_id AND waiting.status = 'pending' AND waiting.attempts = 0
              AND waiting.next_attempt_at <= %(at)s)
        ON CONFLICT DO NOTHING
"""


def fan_out(entries: list[Entry]) -> None:
    """Write down which mails these entries make.

    A consumer of the journal: it runs in the transaction that moves the dispatcher's cursor, and no recipient has two
    mails of one entry, so each is fanned out once, whatever dies.
    """
    at = now()
    off = selectors.style().kinds_off
    wanted = [one for entry in _fresh(entries, at=at) for one in _wanted(entry, at=at) if one.kind not in off]
    if not wanted:
        return
    over = _over_the_limit(wanted, at=at)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, {
            "at": at, "bulk": list(UNSUBSCRIBABLE), "ids": [new_id() for _ in wanted],
            "kinds": [one.kind for one in wanted], "recipients": [one.recipient for one in wanted],
            "entries": [one.entry_id for one in wanted], "subjects": [one.subject_id for one in wanted],
            "statuses": [MailStatus.FAILED if one in over else MailStatus.PENDING for one in wanted],
            "errors": [OVER_THE_LIMIT if one in over else "" for one in wanted],
        })  # fmt: skip
    enqueue_after_commit(DELIVER)


def _fresh(entries: list[Entry], *, at: datetime) -> list[Entry]:
    """Leave out what happened long ago, and of many changes of one thing all but the last."""
    fresh = [entry for entry in entries if entry.occurred_at > at - FRESH_FOR]
    last = {(entry.type, entry.subject_id): entry.id for entry in fresh if is_told(entry.type, entry.changes)}
    return [entry for entry in fresh if last.get((entry.type, entry.subject_id), entry.id) == entry.id]


def _wanted(entry: Entry, *, at: datetime) -> Iterator[_Wanted]:
    is_limited = entry.type in OF_REGISTRATIONS and entry.actor_kind in {"anonymous", "user"}
    for kind, recipient in _told(entry, at=at):
        yield _Wanted(kind, recipient, entry.id, entry.subject_id, is_limited)


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


def _over_the_limit(wanted: list[_Wanted], *, at: datetime) -> set[_Wanted]:
    """Choose what would be too much for a recipient within an hour, of what anybody can have sent to anybody."""
    limited = [one for one in wanted if one.is_limited]
    if not limited:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT recipient, count(*) FROM notifications_mail WHERE recipient = ANY(%s::text[]) AND created_at > %s"
            " GROUP BY recipient",
            [[one.recipient for one in limited], at - HOUR],
        )
        counted: Counter[str] = Counter(dict(cursor.fetchall()))
    over = set()
    for one in limited:
        counted[one.recipient] += 1
        if counted[one.recipient] > MAX_AN_HOUR:
            over.add(one)
    return over
