"""What identity writes to the journal, and how it refuses."""

from typing import Literal

from pydantic import EmailStr

from journal.messages import EventType, Payload
from kit.errors import Conflict, FieldError, Forbidden, Invalid, Unauthenticated


class UserPayload(Payload):
    """An account, as it is after what happened."""

    email: EmailStr
    name: str
    # Those of `rules.Role` that an account of an organization can have.
    role: Literal["admin", "organizer", "coordinator", "scanner", "attendee"]


_USER = {"email": "ana@example.com", "name": "Ana Gil", "role": "attendee"}

USER_CREATED = EventType("user.created", "Somebody got an account.", UserPayload, _USER)
USER_UPDATED = EventType("user.updated", "An account's name, role or activity changed.", UserPayload, _USER)
USER_LOGGED_IN = EventType("user.logged_in", "Somebody logged in.", is_public=False)
PASSWORD_ASKED_FOR = EventType(
    "user.password_asked_for", "Somebody asked for a new password, by e-mail.", is_public=False
)
LOGIN_FAILED = EventType("login.failed", "A login of an existing account failed.", is_public=False)
TOKEN_REUSED = EventType("token.reused", "A refresh token was used twice; its family is revoked.", is_public=False)
API_KEY_CREATED = EventType("api_key.created", "An API key was made.", is_public=False)
API_KEY_UPDATED = EventType("api_key.updated", "An API key was changed.", is_public=False)
API_KEY_ROTATED = EventType("api_key.rotated", "An API key got a new secret.", is_public=False)
API_KEY_REVOKED = EventType("api_key.revoked", "An API key was ended.", is_public=False)
ISSUER_ADDED = EventType("issuer.added", "Tokens of another issuer are trusted.", is_public=False)
ISSUER_UPDATED = EventType("issuer.updated", "What is trusted of an issuer was changed.", is_public=False)
ISSUER_REMOVED = EventType("issuer.removed", "An issuer is trusted no more.", is_public=False)


class IssuerTaken(Conflict):
    """The issuer is trusted already; change it instead."""

    code, title = "issuer_taken", "The issuer is trusted already"


def bad_jwks(why: str) -> Invalid:
    """Refuse the keys of an issuer."""
    return Invalid("These are no keys to verify with", errors=[FieldError("#/jwks", "bad_jwks", why)])


def bad_roles(known: str) -> Invalid:
    """Refuse a map to roles that there are not."""
    return Invalid("There is no such role", errors=[FieldError("#/roles", "bad_roles", f"there are {known}")])


class EmailTaken(Conflict):
    """An account with this e-mail exists; log in, or reset its password."""

    code, title = "email_taken", "This e-mail has an account"


class BadLogin(Unauthenticated):
    """E-mail and password do not belong together. It is not told which of them is wrong."""

    code, title = "bad_login", "E-mail or password is wrong"


class BadToken(Unauthenticated):
    """The token is expired, revoked, already used, badly signed or of another organization."""

    code, title = "bad_token", "The token is not accepted"


class AddressNotAllowed(Forbidden):
    """The API key may not be used from this address; its organization listed those that it may be used from."""

    code, title = "address_not_allowed", "The key may not be used from here"


class KeyRevoked(Conflict):
    """The API key was revoked, which cannot be undone. Make another."""

    code, title = "key_revoked", "The key has been revoked"


def wrong_password() -> Invalid:
    """Refuse to change a password for somebody who does not know the present one."""
    why = "this is not the present password"
    return Invalid("The present password is another one", errors=[FieldError("#/current_password", "wrong", why)])


def bad_expiry(days: int) -> Invalid:
    """Refuse a moment for a key to expire."""
    why = f"choose a moment in the future, at most {days} days away"
    return Invalid("The key cannot expire then", errors=[FieldError("#/expires_at", "bad_expiry", why)])


def weak_password(reasons: list[str]) -> Invalid:
    """Refuse a password, with every reason."""
    return Invalid(
        "The password is too weak", errors=[FieldError("#/password", "weak_password", why) for why in reasons]
    )
