"""Sending the mails that are due: claimed in a table, as webhooks are, and handed over at most once.

A claim is a lease. Before a mail is handed to the server, that is committed: a worker that dies before it hears the
answer leaves a mail that nobody sends a second time. What failed surely is tried again by the schedule.
"""

import smtplib
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any

import structlog
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.core.mail import EmailMessage, get_connection
from django.db import connection
from django.db.models import QuerySet
from django.utils.timezone import now

from kit.retries import next_attempt
from kit.sweeps import Look
from kit.tasks import SOON, enqueue_if_due
from kit.turns import turn
from notifications import selectors
from notifications.backends import Unheard
from notifications.models import Mail, Style
from notifications.rules import TRIED_FOR, UNSUBSCRIBABLE, MailStatus
from notifications.services.composing import Outdated, letter
from notifications.services.fanning import DELIVER
from notifications.services.writing import message
from tenants.selectors import Site, present_site

log = structlog.get_logger()
_random = SystemRandom()

BATCH = 10
# For how long a pass claims more, and for how long it may hand over what it claimed: a server may keep each waiting.
PASS_SECONDS = 20.0
HAND_OVER_SECONDS = 120.0
LEASE = timedelta(seconds=240)
# A server that cannot be reached is left alone by this process for so long, whosever mails wait.
REST_SECONDS = 15.0
# SMTP: the connection ends with this answer, and from this one on it is for good.
_CLOSING, _FOR_GOOD = 421, 500
# HTTP: refused for now, or for a reason that the operator mends. What a gateway answers says nothing.
_NOT_NOW = frozenset({401, 403, 408, 425, 429, 500, 503})
# A provider that was never reached has taken nothing.
_NEVER_REACHED = frozenset({"ConnectTimeout", "ConnectTimeoutError", "NewConnectionError", "NameResolutionError"})

_INTERRUPTED = "The worker ended while it was handed over: it may have been sent"
_CLAIM = """
    UPDATE notifications_mail SET next_attempt_at = %(until)s
     WHERE id IN (SELECT id FROM notifications_mail WHERE status = 'pending' AND next_attempt_at <= %(at)s
                   ORDER BY is_bulk, next_attempt_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED)
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
            count = _pass(lambda: at or now())
    if mine and time.monotonic() >= _Rest.until:
        enqueue_if_due(DELIVER, _due_at(), at=at or now(), within=SOON)
    return count


def _pass(present: Callable[[], datetime]) -> int:
    count, until = 0, time.monotonic() + PASS_SECONDS
    give_up_handed_over(at=present())
    server = get_connection()
    try:
        while time.monotonic() < until and (claimed := _claim(at=present())):
            count += len(claimed)
            if not _send(server, claimed, present):
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
    return list(Mail.objects.filter(id__in=ids).order_by("is_bulk", "id"))


def _send(server: Any, claimed: list[Mail], present: Callable[[], datetime]) -> bool:
    """Send what was claimed; tell whether the server can be reached. What cannot be sent now is left for later."""
    until = time.monotonic() + HAND_OVER_SECONDS
    style, site = selectors.style(), present_site()
    for place, mail in enumerate(claimed):
        try:
            # Opened again where it broke; else nothing is done.
            server.open()
        except (smtplib.SMTPException, AnymailError, OSError) as error:
            _Rest.until = time.monotonic() + REST_SECONDS
            _leave(claimed[place:], seconds=REST_SECONDS, why=_said(error), at=present())
            return False
        if time.monotonic() > until:
            _leave(claimed[place:], seconds=0, why="", at=present())
            break
        ready, outcome = _written(mail, style=style, site=site, at=present())
        if ready is not None:
            _hand_over(server, mail, ready, present)
        else:
            _settle(mail, outcome, _mine(mail), at=present())
    return True


def _mine(mail: Mail) -> QuerySet[Mail]:
    """Select a mail as long as it is this worker's: whoever finds another lease than its own has lost it."""
    return Mail.objects.filter(id=mail.id, status=MailStatus.PENDING, next_attempt_at=mail.next_attempt_at)


def _leave(mails: list[Mail], *, seconds: float, why: str, at: datetime) -> None:
    """Leave mails for later that no server was asked to take: it is no attempt."""
    for mail in mails:
        if mail.created_at < at - TRIED_FOR:
            _settle(mail, Outcome(MailStatus.FAILED, why), _mine(mail), at=at)
        else:
            _mine(mail).update(next_attempt_at=at + timedelta(seconds=seconds), error=why)


def _written(mail: Mail, *, style: Style, site: Site, at: datetime) -> tuple[EmailMessage | None, Outcome]:
    """Write what a mail says or, where there is nothing to say or nobody to say it to, tell what becomes of it."""
    if mail.kind in style.kinds_off or (mail.kind in UNSUBSCRIBABLE and selectors.has_left(mail.recipient)):
        return None, Outcome(MailStatus.OUTDATED)
    if not mail.recipient.rpartition("@")[0].isascii():
        return None, Outcome(MailStatus.FAILED, "Addresses with letters beyond ASCII before the @ cannot be reached")
    try:
        return message(mail, letter(mail, site=site, at=at), style=style, site=site), Outcome(MailStatus.PENDING)
    except Outdated:
        return None, Outcome(MailStatus.OUTDATED)
    except Exception as error:
        # One that cannot be written keeps the others from nothing.
        log.exception("mail_not_written", mail=str(mail.id))
        return None, Outcome(MailStatus.PENDING, _said(error))


def _hand_over(server: Any, mail: Mail, ready: EmailMessage, present: Callable[[], datetime]) -> None:
    if _mine(mail).update(status=MailStatus.HANDED_OVER):
        handed_over = Mail.objects.filter(id=mail.id, status__in=[MailStatus.HANDED_OVER, MailStatus.UNSURE])
        _settle(mail, _outcome(server, ready), handed_over, at=present())


def _outcome(server: Any, ready: EmailMessage) -> Outcome:
    """Hand a message over, and tell what that came to. Raises nothing that a server could cause."""
    try:
        server.send_messages([ready])
    except Exception as error:
        outcome = Outcome(_status_after(error), _said(error))
        if not isinstance(error, (smtplib.SMTPException, AnymailError, OSError)):
            log.exception("mail_not_handed_over")
        if _code(error) in {None, _CLOSING}:
            # Whatever broke is opened anew for the next.
            with suppress(Exception):
                server.close()
        return outcome
    return Outcome(MailStatus.SENT)


def _code(error: Exception) -> int | None:
    """Read the answer of a mail server, if that is what the error is."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return min(code for code, _ in error.recipients.values())
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None


def _status_after(error: Exception) -> MailStatus:
    """Tell where a mail stands after an error: refused for good, not taken now, or perhaps taken."""
    if (code := _code(error)) is not None:
        return MailStatus.FAILED if code >= _FOR_GOOD else MailStatus.PENDING
    if isinstance(error, AnymailRecipientsRefused):
        return MailStatus.FAILED
    if isinstance(error, AnymailAPIError):
        return _after_provider(error)
    is_sure = isinstance(error, (smtplib.SMTPException, AnymailError, OSError)) and not isinstance(error, Unheard)
    return MailStatus.PENDING if is_sure else MailStatus.UNSURE


def _after_provider(error: Exception) -> MailStatus:
    """Read the answer of a provider. If there is none, it may have taken the mail, unless it was never reached."""
    status = getattr(error, "status_code", None)
    if status is None:
        cause: BaseException | None = error
        while cause is not None and type(cause).__name__ not in _NEVER_REACHED:
            cause = cause.__cause__ or cause.__context__
        return MailStatus.UNSURE if cause is None else MailStatus.PENDING
    if status in _NOT_NOW:
        return MailStatus.PENDING
    return MailStatus.FAILED if status // 100 == 4 else MailStatus.UNSURE  # noqa: PLR2004 - the class of an answer


def _said(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _settle(mail: Mail, outcome: Outcome, rows: QuerySet[Mail], *, at: datetime) -> None:
    """Write down what became of a mail, in the rows where it is still this worker's to say."""
    attempts = mail.attempts + (outcome.status is not MailStatus.OUTDATED)
    status, due = outcome.status, at
    if status is MailStatus.PENDING:
        next_at = next_attempt(attempts, at=at, drawn=_random.random())
        status, due = (MailStatus.PENDING, next_at) if next_at else (MailStatus.FAILED, at)
    sent_at = at if status is MailStatus.SENT else None
    rows.update(attempts=attempts, status=status, error=outcome.error, next_attempt_at=due, sent_at=sent_at)


def _due_at() -> datetime | None:
    waiting = Mail.objects.filter(status__in=[MailStatus.PENDING, MailStatus.HANDED_OVER]).order_by("next_attempt_at")
    # By turns, as the index has them.
    found = [waiting.filter(is_bulk=one).values_list("next_attempt_at", flat=True).first() for one in (False, True)]
    return min(filter(None, found), default=None)


def deliver_if_due() -> bool:
    """Enqueue a delivery if mails are due: the sweep's part for one schema."""
    return enqueue_if_due(DELIVER, _due_at(), at=now())


_DUE = """EXISTS (SELECT FROM notifications_mail WHERE status IN ('pending', 'handed_over')
                   AND next_attempt_at <= statement_timestamp())"""
LOOK = Look(_DUE, deliver_if_due)
