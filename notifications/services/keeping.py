"""What people decide of mails: how they look, which are sent again, and who wants fewer of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from identity.models import User
from journal.services import record
from kit.actor import SYSTEM, Actor
from kit.errors import NotFound
from kit.models import changed
from kit.tasks import enqueue_after_commit
from kit.throttling import is_mailed_too_often
from notifications import selectors
from notifications.messages import (
    MAIL_SENT_AGAIN,
    STYLE_UPDATED,
    SUBSCRIBED,
    UNSUBSCRIBED,
    NotSendable,
    not_a_member,
    recipient_needed,
)
from notifications.models import Mail, Style, Unsubscription
from notifications.rules import KEPT_FOR, MailKind, MailStatus
from notifications.services.fanning import DELIVER

MAX_TESTS = 20


@transaction.atomic
def update_style(*, changes: dict[str, Any], by: Actor, at: datetime) -> Style:
    """Change how mails look, or which are sent. Those that wait already look so, too."""
    style = Style.objects.select_for_update(no_key=True).get()
    if different := changed(style, changes):
        style.save(update_fields=[*different])
        record(STYLE_UPDATED, subject=None, by=by, at=at, changes=different)
    return style


@transaction.atomic
def send_test(*, to: str | None, by: Actor, at: datetime) -> Mail:
    """Have a mail sent that only shows how mails look: to the caller, or to another member.

    Raises:
        Invalid: the recipient is no member, or a key has not said to whom.
        NotSendable: there were many within the hour.
    """
    users = User.objects.filter(is_active=True)
    if to is None and by.user_id is None:
        raise recipient_needed()
    user = users.filter(email=to.lower()).first() if to else users.filter(id=by.user_id).first()  # type: ignore[misc] # known above
    if user is None:
        raise not_a_member()
    if is_mailed_too_often("tests", user.email, most=MAX_TESTS):
        raise NotSendable(f"At most {MAX_TESTS} tests an hour go to one address")
    mail = Mail.objects.create(kind=MailKind.TEST, recipient=user.email, next_attempt_at=at)
    enqueue_after_commit(DELIVER)
    return mail


@transaction.atomic
def send_again(*, mail_id: UUID, by: Actor, at: datetime) -> Mail:
    """Send a mail once more, whatever became of it: a new one, since each is sent once.

    Raises:
        NotFound: there is none, or it is kept no longer.
        NotSendable: it, or another that says the same, is on its way; or there were some within the hour.
    """
    before = Mail.objects.select_for_update(no_key=True).filter(id=mail_id).first()
    if before is None:
        raise NotFound("No such mail")
    same = Mail.objects.filter(kind=before.kind, recipient=before.recipient, subject_id=before.subject_id)
    if same.filter(status__in=[MailStatus.PENDING, MailStatus.HANDED_OVER]).exists():
        raise NotSendable("The mail has not been given up yet")
    if is_mailed_too_often("again", before.recipient):
        raise NotSendable("Enough mails were sent again to this address for now")
    # Of no entry: that one was told by the first.
    mail = Mail.objects.create(
        kind=before.kind, recipient=before.recipient, subject_id=before.subject_id, next_attempt_at=at
    )
    record(MAIL_SENT_AGAIN, subject=mail, by=by, at=at, payload={"kind": mail.kind, "recipient": mail.recipient})
    enqueue_after_commit(DELIVER)
    return mail


@transaction.atomic
def unsubscribe(*, token: str, at: datetime) -> None:
    """Send the bearer of a token no more mails that can be left out. Twice changes nothing.

    Raises:
        NotFound: the token is not one of this organization's.
    """
    email = _email(token)
    if Unsubscription.objects.get_or_create(email=email, defaults={"at": at})[1]:
        record(UNSUBSCRIBED, subject=None, by=SYSTEM, at=at, payload={"email": email})


@transaction.atomic
def subscribe(*, token: str, at: datetime) -> None:
    """Send the bearer of a token all mails again. Twice changes nothing.

    Raises:
        NotFound: the token is not one of this organization's.
    """
    email = _email(token)
    if Unsubscription.objects.filter(email=email).delete()[0]:
        record(SUBSCRIBED, subject=None, by=SYSTEM, at=at, payload={"email": email})


def _email(token: str) -> str:
    email = selectors.email_of(token)
    if email is None:
        raise NotFound("The link is not good")
    return email


def forget_old(*, at: datetime) -> int:
    """Delete the mails that were kept long enough, but for those that wait; tell how many."""
    done = Mail.objects.filter(created_at__lt=at - KEPT_FOR)
    return done.exclude(status__in=[MailStatus.PENDING, MailStatus.HANDED_OVER]).delete()[0]
