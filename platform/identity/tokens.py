"""Access tokens: EdDSA JWT (RFC 7519, RFC 8037), signed by the organization's own key, valid 15 minutes."""

from datetime import datetime, timedelta
from uuid import UUID

import jwt

from identity import keys
from identity.messages import BadToken
from identity.models import User
from kit import scope
from kit.ids import new_id

ALGORITHM = "EdDSA"
AUDIENCE = "urn:aforo:api"
ACCESS_LIFETIME = timedelta(minutes=15)
REFRESH_LIFETIME = timedelta(days=30)
_REQUIRED = ["iss", "aud", "sub", "role", "jti", "iat", "exp"]


def issuer() -> str:
    """Name the present schema as the issuer of its tokens."""
    return f"urn:aforo:{scope.current()}"


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


def user_id(token: str) -> UUID:
    """Verify an access token and give the user it speaks for.

    The algorithm is ours and never the token's; the key is found among this schema's own, so a token of
    another organization finds none.

    Raises:
        BadToken: expired, unsigned, badly signed, or of another organization.
    """
    try:
        key = keys.pairs()[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(
            token,
            key.public,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=issuer(),
            options={"require": _REQUIRED},
        )
        return UUID(claims["sub"])
    except jwt.ExpiredSignatureError as error:
        raise BadToken("The token has expired") from error
    except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
        raise BadToken from error
