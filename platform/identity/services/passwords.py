"""Passwords: changed by their owner, and reset by mail."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction

from identity import selectors
from identity.messages import PASSWORD_ASKED_FOR, BadToken, wrong_password
from identity.models import User
from identity.services.accounts import set_password
from identity.services.logins import check_attempts, note_failed_login
from journal.services import record
from kit.actor import SYSTEM, Actor
from kit.tasks import enqueue
from kit.throttling import is_mailed_too_often

MAIL_RESET = "identity.mail_reset"
# A reset's token holds nothing but a hash over the account as it is: it is good until the password changes.
_tokens = PasswordResetTokenGenerator()


def change_password(*, current: str, new: str, by: Actor, at: datetime, address: str = "") -> User:
    """Change one's own password. Ends every session and token, the one at hand too.

    Raises:
        NotFound: the account is gone.
        Invalid: the present password is another one, or the new one is weak.
        TooManyRequests: the present password was wrong too often.
    """
    user = selectors.user(by.user_id)
    check_attempts(user.email, address=address)
    if not check_password(current, user.password):
        note_failed_login(email=user.email, at=at, address=address)
        raise wrong_password()
    return set_password(user_id=user.id, password=new, by=by, at=at)


def ask_for_reset(*, email: str) -> None:
    """Have a worker look for the account of an e-mail: nobody can tell by the time whether there is one."""
    enqueue(MAIL_RESET, email=email.lower())


def mail_reset(*, email: str, at: datetime) -> bool:
    """Record that whoever has an account is to be mailed the way to a new password; tell whether that was somebody."""
    user = User.objects.filter(email=email, is_active=True).first()
    if user is None:
        return False
    if is_mailed_too_often("resets", email):
        return False
    record(PASSWORD_ASKED_FOR, subject=user, by=SYSTEM, at=at, payload={"email": user.email})
    return True


def reset_token(user: User) -> str:
    """Make a token by which a user's password can be set, once, within PASSWORD_RESET_TIMEOUT."""
    return f"{user.id.hex}-{_tokens.make_token(user)}"


def reset_password(*, token: str, password: str, at: datetime) -> User:
    """Set a password with a token that was mailed.

    Raises:
        BadToken: the token is not one, was used, is too old, or of another organization.
        Invalid: the password is weak. The token is good still.
    """
    who, _, rest = token.partition("-")
    with transaction.atomic():
        # Locked: of two that come at once, the second finds another password.
        user_id = _id_of(who)
        active = User.objects.select_for_update(no_key=True).filter(is_active=True)
        user = active.filter(id=user_id).first() if user_id else None
        if user is None or not _tokens.check_token(user, rest):
            raise BadToken("The token is not good, or no more; ask for another")
        return set_password(user_id=user.id, password=password, by=user.actor, at=at)


def _id_of(text: str) -> UUID | None:
    try:
        return UUID(hex=text)
    except ValueError:
        return None
