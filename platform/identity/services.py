"""Accounts and logins."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from identity import selectors, tokens
from identity.messages import (
    LOGIN_FAILED,
    TOKEN_REUSED,
    USER_CREATED,
    USER_LOGGED_IN,
    USER_UPDATED,
    BadLogin,
    BadToken,
    EmailTaken,
    weak_password,
)
from identity.models import RefreshToken, User
from identity.rules import Role
from journal.services import record
from kit import scope
from kit.actor import ANONYMOUS, SYSTEM, Actor
from kit.errors import FieldError, Invalid
from kit.ids import new_id

REFRESH_PREFIX = "afr_"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a login gives."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: User
    token_type: str = "Bearer"  # noqa: S105 - a scheme, not a secret


def _note(event_type: Any, user: User, *, by: Actor, at: datetime, **more: Any) -> None:
    """Record in a tenant's journal; the public schema has none."""
    if scope.current() != scope.PUBLIC:
        record(event_type, subject=user, by=by, at=at, **more)


def _payload(user: User) -> dict[str, str]:
    return {"email": user.email, "name": user.name, "role": user.role}


@transaction.atomic
def create_user(*, email: str, name: str, password: str, by: Actor, at: datetime, role: str = Role.ATTENDEE) -> User:
    """Open an account.

    Raises:
        EmailTaken: the e-mail has one, in any spelling of its case.
        Invalid: the password is weak.
    """
    user = User(email=email.strip().lower(), name=name, role=role)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise weak_password(error.messages) from error
    user.password = make_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise EmailTaken from error
    actor = user.actor if by is ANONYMOUS else by
    _note(USER_CREATED, user, by=actor, at=at, payload=_payload(user))
    return user


@transaction.atomic
def update_user(*, user_id: UUID | None, changes: dict[str, Any], by: Actor, at: datetime) -> User:
    """Change an account's name, role or activity. Deactivating ends every session of the user.

    Raises:
        NotFound: no such user.
        Invalid: the caller would lock themselves out.
    """
    user = selectors.user(user_id, for_update=True)
    if user.id == by.id and {"role", "is_active"} & changes.keys():
        raise Invalid("Ask another admin to change your own role or activity")
    before = {field: getattr(user, field) for field in changes}
    for field, value in changes.items():
        setattr(user, field, value)
    different = {field: [old, getattr(user, field)] for field, old in before.items() if old != getattr(user, field)}
    if not different:
        return user
    user.save(update_fields=[*different, "updated_at"])
    if not user.is_active:
        RefreshToken.objects.filter(user=user, revoked_at=None).update(revoked_at=at)
    _note(USER_UPDATED, user, by=by, at=at, payload=_payload(user), changes=different)
    transaction.on_commit(lambda: selectors.forget(user.id))
    return user


def set_password(*, user_id: UUID | None, password: str, by: Actor, at: datetime) -> User:
    """Give an account a new password and end every session opened with the old one.

    Raises:
        NotFound: no such user.
        Invalid: the password is weak.
    """
    user = selectors.user(user_id)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise weak_password(error.messages) from error
    user.password = make_password(password)
    with transaction.atomic():
        user.save(update_fields=["password", "updated_at"])
        RefreshToken.objects.filter(user=user, revoked_at=None).update(revoked_at=at)
        _note(USER_UPDATED, user, by=by, at=at, payload=_payload(user), changes={"password": ["***", "***"]})
    return user


def register(*, email: str, name: str, password: str, at: datetime) -> Grant:
    """Open an attendee's account and log it in.

    Raises:
        EmailTaken: the e-mail has one.
        Invalid: the password is weak.
    """
    with transaction.atomic():
        user = create_user(email=email, name=name, password=password, by=ANONYMOUS, at=at)
        return _grant(user, family=new_id(), at=at)


def login(*, email: str, password: str, at: datetime) -> Grant:
    """Open a session. An unknown e-mail takes as long as a wrong password.

    Raises:
        BadLogin: they do not belong together, or the account is not active.
    """
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        make_password(password)
        raise BadLogin
    if not check_password(password, user.password) or not user.is_active:
        note_failed_login(email=user.email, at=at)
        raise BadLogin
    with transaction.atomic():
        note_login(user, at=at)
        return _grant(user, family=new_id(), at=at)


def note_login(user: User, *, at: datetime) -> None:
    """Record that somebody logged in, by whichever door."""
    User.objects.filter(id=user.id).update(last_seen_at=at)
    _note(USER_LOGGED_IN, user, by=user.actor, at=at)


def note_failed_login(*, email: str, at: datetime) -> None:
    """Record a failed login of an account that exists. Nobody may fill the journal with made-up names."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is not None:
        _note(LOGIN_FAILED, user, by=SYSTEM, at=at)


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
        _note(TOKEN_REUSED, used.user, by=SYSTEM, at=at)


def logout(*, refresh_token: str, at: datetime) -> None:
    """Revoke the token's whole family. Idempotent; an unknown token is not told apart."""
    family = RefreshToken.objects.filter(token_hash=_hash(refresh_token)).values("family")
    RefreshToken.objects.filter(family__in=family, revoked_at=None).update(revoked_at=at)


def set_profile(*, by: Actor, name: str, at: datetime) -> User:
    """Change one's own name.

    Raises:
        NotFound: the account is gone.
        Invalid: the name is empty.
    """
    if not name.strip():
        raise Invalid("A name is needed", errors=[FieldError("#/name", "empty", "write a name")])
    return update_user(user_id=by.id, changes={"name": name.strip()}, by=by, at=at)
