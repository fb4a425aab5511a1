"""Accounts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from identity import selectors
from identity.messages import (
    USER_CREATED,
    USER_UPDATED,
    EmailTaken,
    weak_password,
)
from identity.models import RefreshToken, User
from identity.rules import Role
from identity.services.noting import note
from kit.actor import ANONYMOUS, Actor
from kit.errors import FieldError, Invalid
from kit.models import changed


def _payload(user: User) -> dict[str, str]:
    return {"email": user.email, "name": user.name, "role": user.role}


def _hashed(password: str | None, user: User) -> str:
    """Give what is stored of a password, or of none.

    Raises:
        Invalid: it is weak.
    """
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise weak_password(error.messages) from error
    return make_password(password)


@transaction.atomic
def create_user(
    *, email: str, name: str, password: str | None, by: Actor, at: datetime, role: str = Role.ATTENDEE
) -> User:
    """Open an account; without a password, one that nobody can log in to with any.

    Raises:
        EmailTaken: the e-mail has one, in any spelling of its case.
        Invalid: the password is weak.
    """
    user = User(email=email.strip().lower(), name=name, role=role)
    user.password = _hashed(password, user)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise EmailTaken from error
    actor = user.actor if by is ANONYMOUS else by
    note(USER_CREATED, user, by=actor, at=at, payload=_payload(user))
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
    different = changed(user, changes)
    if not different:
        return user
    user.save(update_fields=[*different, "updated_at"])
    if not user.is_active:
        RefreshToken.objects.filter(user=user, revoked_at=None).update(revoked_at=at)
    note(USER_UPDATED, user, by=by, at=at, payload=_payload(user), changes=different)
    transaction.on_commit(lambda: selectors.forget(user.id))
    return user


def set_password(*, user_id: UUID | None, password: str, by: Actor, at: datetime) -> User:
    """Give an account a new password, and end every session and token that came with the old one.

    Raises:
        NotFound: no such user.
        Invalid: the password is weak.
    """
    user = selectors.user(user_id)
    user.password, user.tokens_since = _hashed(password, user), at
    with transaction.atomic():
        user.save(update_fields=["password", "tokens_since", "updated_at"])
        RefreshToken.objects.filter(user=user, revoked_at=None).update(revoked_at=at)
        note(USER_UPDATED, user, by=by, at=at, payload=_payload(user), changes={"password": ["***", "***"]})
        transaction.on_commit(lambda: selectors.forget(user.id))
    return user


def set_profile(*, by: Actor, name: str, at: datetime) -> User:
    """Change one's own name.

    Raises:
        NotFound: the account is gone.
        Invalid: the name is empty.
    """
    if not name.strip():
        raise Invalid("A name is needed", errors=[FieldError("#/name", "empty", "write a name")])
    return update_user(user_id=by.id, changes={"name": name.strip()}, by=by, at=at)
