"""Access tokens: EdDSA JWT (RFC 7519, RFC 8037), signed by the organization's own key, valid 15 minutes."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from identity import keys
from identity.messages import BadToken
from identity.models import User
from kit import scope
from kit.ids import new_id

ALGORITHM = "EdDSA"
AUDIENCE = "urn:aforo:api"
ISSUER_PREFIX = "urn:aforo:"
ACCESS_LIFETIME = timedelta(minutes=15)
REFRESH_LIFETIME = timedelta(days=30)
MAX_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Speaker:
    """Whom a token speaks for, and since when (seconds of the epoch)."""

    user_id: UUID
    issued_at: float


# Tokens that were verified: the key they were signed with, when they expire, and whom they speak for. Verifying costs
# as much as all the rest of a short answer, and a caller sends the same token many times.
_verified: dict[tuple[str, str], tuple[str, float, Speaker]] = {}
_REQUIRED = ["iss", "aud", "sub", "role", "jti", "iat", "exp"]


def issuer() -> str:
    """Name the present schema as the issuer of its tokens."""
    return f"{ISSUER_PREFIX}{scope.current()}"


def access_token(user: User, *, at: datetime) -> str:
    """Sign an access token for the user."""
    key = keys.signing()
    claims = {
        "iss": issuer(),
        "aud": AUDIENCE,
        "sub": str(user.id),
        "role": user.role,
        "jti": str(new_id()),
        "iat": at,
        "exp": at + ACCESS_LIFETIME,
    }
    return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid})


def is_ours(token: str) -> bool:
    """Tell whether a token says that this organization issued it, or says nothing that can be read."""
    if (scope.current(), token) in _verified:
        return True
    try:
        claimed = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        return True
    return not isinstance(claimed, str) or claimed.startswith(ISSUER_PREFIX)


def forget_all() -> None:
    """Forget which tokens this process has verified."""
    _verified.clear()


def speaker(token: str) -> Speaker:
    """Verify an access token and give whom it speaks for.

    The algorithm is ours and never the token's; the key is found among this schema's own, so a token of
    another organization finds none. What was verified once is good until it expires or its key is retired.

    Raises:
        BadToken: expired, unsigned, badly signed, or of another organization.
    """
    known = _verified.get((scope.current(), token))
    if known is not None and known[1] > time.time() and known[0] in keys.pairs():
        return known[2]
    kid, claims = _claims(token)
    try:
        known_as = Speaker(UUID(claims["sub"]), float(claims["iat"]))
        expires_at = float(claims["exp"])
    except (ValueError, TypeError, AttributeError) as error:
        raise BadToken from error
    if len(_verified) >= MAX_REMEMBERED:
        _verified.clear()
    _verified[scope.current(), token] = (kid, expires_at, known_as)
    return known_as


def _claims(token: str) -> tuple[str, dict[str, Any]]:
    """Verify a token; give the id of its key, and what it claims."""
    try:
        kid = jwt.get_unverified_header(token)["kid"]
        pair = keys.pair(kid)
        if pair is None:
            raise BadToken
        claims = jwt.decode(
            token,
            pair.public,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=issuer(),
            options={"require": _REQUIRED},
        )
    except jwt.ExpiredSignatureError as error:
        raise BadToken("The token has expired") from error
    except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
        raise BadToken from error
    return kid, claims
