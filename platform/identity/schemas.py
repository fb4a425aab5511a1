"""Bodies of identity."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, EmailStr, Field, SecretStr, StringConstraints

from kit.schemas import In, Name, Out

type Email = Annotated[EmailStr, AfterValidator(str.lower), StringConstraints(max_length=254)]
type Password = Annotated[SecretStr, Field(max_length=1_000)]
type Token = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class RegisterIn(In):
    """A new attendee."""

    email: Email
    name: Name
    password: Password


class LoginIn(In):
    """A login."""

    email: Email
    password: Password


class RefreshIn(In):
    """A refresh token."""

    refresh_token: Token


class ProfileIn(In):
    """What people may change about themselves."""

    name: Name


class UserOut(Out):
    """An account."""

    id: UUID
    email: str
    name: str
    role: str
    is_active: bool
    last_seen_at: datetime | None
    created_at: datetime


class GrantOut(Out):
    """Tokens (RFC 6749, 5.1): `expires_in` in seconds."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str
    user: UserOut
