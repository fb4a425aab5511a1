"""Sending the mails that are due: claimed in a table, as webhooks are, and handed over at most once.

A claim is a lease. Before a mail is handed to the server, that is committed: a worker that dies before it hears the
answer leaves a mail that nobody sends a second time. What failed surely is tried again by the schedule.
"""

import smtplib
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any

import structlog
from anymail.exceptions import AnymailError, AnymailRecipientsRefused, AnymailRequestsAPIError
from django.core.mail import EmailMessage, get_connection
from django.db import connection
from django.db.models import Q
from django.utils.timezone import now

from kit.retries import next_attempt
from kit.sweeps import Look
from kit.tasks import enqueue
from kit.turns import turn
from notifications import selectors
from notifications.backends import Unheard
from notifications.models import Mail
from notifications.rules import MailStatus
from notifications.services.composing import Outdated, letter
from notifications.services.fanning import DELIVER
from notifications.services.writing import message
from tenants.selectors import present_site

log = structlog.get_logger()
_random = SystemRandom()

BATCH = 10
# For how long a pass claims more, and for how long it may hand over what it claimed: a server may keep each waiting.
PASS_SECONDS = 20.0
HAND_OVER_SECONDS = 120.0
LEASE = timedelta(seconds=240)
# Of retries that are due sooner, a task is sent for that moment; the sweep finds the others.
SOON = timedelta(seconds=60)
# A server that cannot be reached is left alone by this process for so long, whosever mails wait.
REST_SECONDS = 15.0
_NOT_TAKEN, _FOR_GOOD = 400, 500
_TOO_MANY = 429

_INTERRUPTED = "The worker ended while it was handed over: it may have been sent"
_CLAIM = """
    UPDATE notifications_mail SET next_attempt_at = %(until)s
     WHERE id IN (SELECT id FROM notifications_mail WHERE status = 'pending' AND next_attempt_at <= %(at)s
                   ORDER BY next_attempt_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of handing a mail over; one that is pending is tried again."""

    status: MailStatus
    error: str = ""


class _Rest:
    """Until when the server is left alone by this process."""

    until = 0.0


def deliver(*, at: datetime | None = None) -> int:
    """Send what is due; tell how many mails were tried.

    Bounded, so that no organization keeps the others waiting. `at` is the present, unless a test says otherwise.
    """
    if time.monotonic() < _Rest.until:
        return 0
    count = 0
    with turn(DELIVER) as mine:
        if mine:
            count = _pass(at)
    if mine:
        _go_on(at=at or now())
    return count


def _pass(at: datetime | None) -> int:
    count, until = 0, time.monotonic() + PASS_SECONDS
    give_up_handed_over(at=at or now())
    server = get_connection()
    try:
        while time.monotonic() < until and (claimed := _claim(at=at or now())):
            count += len(claimed)
            if not _send(server, claimed, at=at or now()):
                break
    finally:
        server.close()
    return count


def give_up_handed_over(*, at: datetime) -> int:
    """Mark the mails that were handed over by somebody who died before the answer; tell how many."""
    left = Mail.objects.filter(status=MailStatus.HANDED_OVER, next_attempt_at__lte=at)
    if count := left.update(status=MailStatus.UNSURE, error=_INTERRUPTED):
        log.warning("mails_unsure", count=count)
    return count


def _claim(*, at: datetime) -> list[Mail]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"at": at, "until": at + LEASE, "limit": BATCH})
        ids = [row[0] for row in cursor.fetchall()]
    return list(Mail.objects.filter(id__in=ids).order_by("id"))


def _send(server: Any, claimed: list[Mail], *, at: datetime) -> bool:
    """Send what was claimed; tell whether the server can be reached. What there is no time for is left for later."""
    until = time.monotonic() + HAND_OVER_SECONDS
    try:
        server.open()
    except (smtplib.SMTPException, AnymailError, OSError) as error:
        _Rest.until = time.monotonic() + REST_SECONDS
        for mail in claimed:
            _settle(mail, Outcome(MailStatus.PENDING, _said(error)), at=at)
        return False
    style, site = selectors.style(), present_site()
    for mail in claimed:
        if time.monotonic() > until:
            Mail.objects.filter(id=mail.id, status=MailStatus.PENDING).update(next_attempt_at=at)
            continue
        try:
            ready = message(mail, letter(mail, site=site, at=at), style=style, site=site)
        except Outdated:
            _settle(mail, Outcome(MailStatus.OUTDATED), at=at)
        except Exception as error:
            # One that cannot be written keeps the others from nothing.
            log.exception("mail_not_written", mail=str(mail.id))
            _settle(mail, Outcome(MailStatus.PENDING, _said(error)), at=at)
        else:
            _hand_over(server, mail, ready, at=at)
    return True


def _hand_over(server: Any, mail: Mail, ready: EmailMessage, *, at: datetime) -> None:
    # Whoever finds another lease than its own has lost it.
    mine = Mail.objects.filter(id=mail.id, status=MailStatus.PENDING, next_attempt_at=mail.next_attempt_at)
    if mine.update(status=MailStatus.HANDED_OVER):
        _settle(mail, _outcome(server, ready), at=at)


def _outcome(server: Any, ready: EmailMessage) -> Outcome:
    """Hand a message over, and tell what that came to. Raises nothing that a server could cause."""
    try:
        server.send_messages([ready])
    except (smtplib.SMTPException, AnymailError, OSError, ValueError) as error:
        return Outcome(_status_after(error), _said(error))
    except Exception as error:
        log.exception("mail_not_handed_over")
        return Outcome(MailStatus.UNSURE, _said(error))
    return Outcome(MailStatus.SENT)


def _status_after(error: Exception) -> MailStatus:
    """Tell where a mail stands after an error: refused for good, not taken now, or perhaps taken."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _after_answer(min(code for code, _ in error.recipients.values()))
    if isinstance(error, smtplib.SMTPResponseException):
        return _after_answer(error.smtp_code)
    if isinstance(error, AnymailRequestsAPIError) and error.status_code is not None:
        is_final = _NOT_TAKEN <= error.status_code < _FOR_GOOD and error.status_code != _TOO_MANY
        return MailStatus.FAILED if is_final else MailStatus.PENDING
    if isinstance(error, Unheard | AnymailRequestsAPIError):
        return MailStatus.UNSURE
    return MailStatus.FAILED if isinstance(error, AnymailRecipientsRefused) else MailStatus.PENDING


def _after_answer(code: int) -> MailStatus:
    return MailStatus.FAILED if code >= _FOR_GOOD else MailStatus.PENDING


def _said(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _settle(mail: Mail, outcome: Outcome, *, at: datetime) -> None:
    """Write down what became of a mail."""
    mail.attempts += outcome.status is not MailStatus.OUTDATED
    mail.status, mail.error = outcome.status, outcome.error
    if outcome.status is MailStatus.PENDING:
        due = next_attempt(mail.attempts, at=at, drawn=_random.random())
        mail.status, mail.next_attempt_at = MailStatus.PENDING if due else MailStatus.FAILED, due or at
    mail.sent_at = at if outcome.status is MailStatus.SENT else None
    mail.save(update_fields=["attempts", "status", "error", "next_attempt_at", "sent_at"])


def _due_at() -> datetime | None:
    due = Mail.objects.filter(Q(status=MailStatus.PENDING) | Q(status=MailStatus.HANDED_OVER)).order_by(
        "next_attempt_at"
    )
    return due.values_list("next_attempt_at", flat=True).first()


def _go_on(*, at: datetime) -> None:
    """Send a task for whatever is due next, if that is soon and the server is there."""
    due_at = _due_at()
    if due_at is not None and due_at <= at + SOON and time.monotonic() >= _Rest.until:
        enqueue(DELIVER, seconds=max((due_at - at).total_seconds(), 0))


def deliver_if_due() -> bool:
    """Enqueue a delivery if mails are due: the sweep's part for one schema."""
    due_at = _due_at()
    if due_at is None or due_at > now():
        return False
    enqueue(DELIVER)
    return True


_DUE = """EXISTS (SELECT FROM notifications_mail WHERE status IN ('pending', 'handed_over')
                   AND next_attempt_at <= statement_timestamp())"""
LOOK = Look(lambda: _DUE, deliver_if_due)
