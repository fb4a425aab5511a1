"""Logins, and the chains of refresh tokens that keep them open."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import Q

from identity import tokens
from identity.messages import LOGIN_FAILED, TOKEN_REUSED, USER_LOGGED_IN, BadLogin, BadToken
from identity.models import RefreshToken, User
from identity.services.accounts import create_user
from identity.services.noting import note
from kit.actor import ANONYMOUS, SYSTEM
from kit.gate import too_many
from kit.ids import new_id
from kit.throttling import Usage, opaque, used

REFRESH_PREFIX = "afr_"
# Wrong passwords for one account: from one address, and from everywhere.
MAX_FAILURES, MAX_FAILURES_IN_ALL = 10, 100
FAILURE_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Grant:
    """What a login gives."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: User
    token_type: str = "Bearer"  # noqa: S105 - a scheme, not a secret


def register(*, email: str, name: str, password: str, at: datetime) -> Grant:
    """Open an attendee's account and log it in.

    Raises:
        EmailTaken: the e-mail has one.
        Invalid: the password is weak.
    """
    with transaction.atomic():
        user = create_user(email=email, name=name, password=password, by=ANONYMOUS, at=at)
        return _grant(user, family=new_id(), at=at)


def login(*, email: str, password: str, at: datetime, address: str = "") -> Grant:
    """Open a session. An unknown e-mail takes as long as a wrong password.

    Raises:
        BadLogin: they do not belong together, or the account is not active.
        TooManyRequests: it failed too often, for this account.
    """
    email = email.strip().lower()
    check_attempts(email, address=address)
    user = User.objects.filter(email=email).first()
    if user is None:
        # Whoever asks cannot tell by the time it takes whether there is an account.
        make_password(password)
    if user is None or not check_password(password, user.password) or not user.is_active:
        note_failed_login(email=email, at=at, address=address)
        raise BadLogin
    with transaction.atomic():
        note_login(user, at=at)
        return _grant(user, family=new_id(), at=at)


def _failures(email: str, address: str, *, counts: bool = False) -> list[Usage | None]:
    """Tell how often logging in to an account failed: from one address, and in all."""
    account = opaque(email)
    return [
        used("failures", whose, limit=limit, seconds=FAILURE_SECONDS, counts=counts)
        for whose, limit in ((f"{account}:{address}", MAX_FAILURES), (account, MAX_FAILURES_IN_ALL))
    ]


def check_attempts(email: str, *, address: str) -> None:
    """Refuse to look at a password where too many were wrong, whether there is such an account or not.

    The limit for one address is low; that for all is high, so that nobody is locked out of theirs by somebody else.

    Raises:
        TooManyRequests: as said.
    """
    for usage in _failures(email.strip().lower(), address):
        if usage is not None and usage.remaining == 0:
            raise too_many(
                usage.limit, seconds=usage.resets_in, policy="failures",
                detail="Too many logins of this account failed; wait, or reset its password",
            )  # fmt: skip


def note_login(user: User, *, at: datetime) -> None:
    """Record that somebody logged in, by whichever door."""
    User.objects.filter(id=user.id).update(last_seen_at=at)
    note(USER_LOGGED_IN, user, by=user.actor, at=at)


def note_failed_login(*, email: str, at: datetime, address: str = "") -> None:
    """Count a failed login, and record it if the account exists: nobody may fill the journal with made-up names."""
    email = email.strip().lower()
    _failures(email, address, counts=True)
    user = User.objects.filter(email=email).first()
    with transaction.atomic():
        note(LOGIN_FAILED, user, by=SYSTEM, at=at)
        # Written all the same, so that it takes as long.
        transaction.set_rollback(user is None)


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()


def _grant(user: User, *, family: UUID, at: datetime) -> Grant:
    token = REFRESH_PREFIX + token_urlsafe(32)
    RefreshToken.objects.create(
        family=family, user=user, token_hash=_hash(token), issued_at=at, expires_at=at + tokens.REFRESH_LIFETIME
    )
    lifetime = int(tokens.ACCESS_LIFETIME.total_seconds())
    return Grant(tokens.access_token(user, at=at), token, lifetime, user)


def refresh(*, refresh_token: str, at: datetime) -> Grant:
    """Trade a refresh token for new tokens. Each is good once.

    A token that comes a second time was copied: every token of its family is revoked (RFC 9700, 4.14.2).

    Raises:
        BadToken: unknown, expired, revoked, or used before.
    """
    grant = _rotate(_hash(refresh_token), at=at)
    if grant is None:
        _revoke_reused(_hash(refresh_token), at=at)
        raise BadToken
    return grant


@transaction.atomic
def _rotate(token_hash: bytes, *, at: datetime) -> Grant | None:
    fresh = Q(token_hash=token_hash, used_at=None, revoked_at=None, expires_at__gt=at, user__is_active=True)
    if RefreshToken.objects.filter(fresh).update(used_at=at) == 0:
        return None
    used = RefreshToken.objects.select_related("user").get(token_hash=token_hash)
    User.objects.filter(id=used.user_id).update(last_seen_at=at)
    return _grant(used.user, family=used.family, at=at)


@transaction.atomic
def _revoke_reused(token_hash: bytes, *, at: datetime) -> None:
    used = RefreshToken.objects.select_related("user").filter(token_hash=token_hash, used_at__isnull=False).first()
    if used is None:
        return
    if RefreshToken.objects.filter(family=used.family, revoked_at=None).update(revoked_at=at):
        note(TOKEN_REUSED, used.user, by=SYSTEM, at=at)


def logout(*, refresh_token: str, at: datetime) -> None:
    """Revoke the token's whole family. Idempotent; an unknown token is not told apart."""
    family = RefreshToken.objects.filter(token_hash=_hash(refresh_token)).values("family")
    RefreshToken.objects.filter(family__in=family, revoked_at=None).update(revoked_at=at)
