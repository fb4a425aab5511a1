"""Bodies of accounts and logins."""

import re
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    EmailStr,
    Field,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from kit.pagination import StretchIn
from kit.schemas import Flag, In, Name, Out

# The part before the @ as almost everybody has it: a dot-atom (RFC 5322, 3.2.3).
_PLAIN = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
MAX_LOCAL = 64
_library: TypeAdapter[str] = TypeAdapter(EmailStr)


@lru_cache(maxsize=10_000)
def _domain(domain: str) -> str:
    """Read a domain, which many share, as the library does: that costs more than all else of a registration's body.

    Raises:
        ValidationError: no mail goes there.
    """
    return _library.validate_python(f"x@{domain}").removeprefix("x@")


def _read_email(value: object, read: ValidatorFunctionWrapHandler) -> str:
    if isinstance(value, str):
        local, _, domain = value.lower().rpartition("@")
        if len(local) <= MAX_LOCAL and _PLAIN.fullmatch(local):
            try:
                return f"{local}@{_domain(domain)}"
            except ValidationError:
                # The library says of the whole what is wrong with it.
                pass
    return str(read(value)).lower()


# The roles of identity.rules.MEMBER_ROLES.
type MemberRole = Literal["admin", "organizer", "coordinator", "scanner", "attendee"]
type Email = Annotated[EmailStr, WrapValidator(_read_email), StringConstraints(max_length=254)]
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


class ForgotIn(In):
    """Whose password is forgotten."""

    email: Email


class ResetIn(In):
    """The token of a reset's mail, and the password to be."""

    token: Token
    password: Password


class PasswordIn(In):
    """One's present password, and the one to be."""

    current_password: Password
    password: Password


class ProfileIn(In):
    """What people may change about themselves."""

    name: Name


class UserIn(In):
    """A new account, opened by an admin."""

    email: Email
    name: Name
    password: Password
    role: MemberRole = "attendee"


class UserChangesIn(In):
    """What an admin may change of an account."""

    name: Name = ""
    role: MemberRole = "attendee"
    is_active: Flag = True


class UsersIn(StretchIn):
    """Which accounts to list."""

    role: MemberRole | None = None
    is_active: bool | None = None
    search: Annotated[str, Field(max_length=200)] | None = None


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


class UsageOut(Out):
    """What was used of one limit. Unknown (null) while requests cannot be counted."""

    limit: int
    used: int | None
    remaining: int | None
    # Seconds until it begins anew.
    resets_in: int | None


class UsagesOut(Out):
    """What one credential may ask for in a minute, by class of request."""

    window_seconds: int
    read: UsageOut
    write: UsageOut
    search: UsageOut
    bulk: UsageOut
    graphql: UsageOut


class RequestOut(Out):
    """A request as it was noted, without secrets. `problem` is what was answered to one that was refused."""

    request_id: str
    at: datetime
    method: str
    path: str
    query: str
    body: str
    status: int
    problem: dict[str, Any] | None
    milliseconds: float
    address: str | None
    user_agent: str


class RequestsOut(Out):
    """One's own requests under an id, the latest first."""

    items: list[RequestOut]


class StoredAnswerOut(Out):
    """What became of a request that was sent with an Idempotency-Key."""

    state: Literal["done", "running"]
    # What it was answered.
    status: int | None
    at: datetime | None
    # Sent again until then, it is answered the same.
    kept_until: datetime | None
