"""Bodies of trusted issuers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from identity.schemas.accounts import MemberRole
from kit.schemas import Flag, In, Out

type Line = Annotated[str, StringConstraints(min_length=1, max_length=500)]
_CLAIM = r"^[A-Za-z0-9_:/-]+(\.[A-Za-z0-9_:/-]+)*$"
type Claim = Annotated[str, StringConstraints(pattern=_CLAIM, max_length=100)]
_UNSET: Any = None


class IssuerIn(In):
    """An issuer to trust: the `iss` of its tokens, its public keys as a JWK set, and the `aud` meant for you."""

    issuer: Line
    jwks: dict[str, Any]
    audience: Line
    email_claim: Claim = "email"
    # Where tokens say a role, such as `app_metadata.role`, and which role each of its values is here.
    role_claim: Claim | Annotated[str, StringConstraints(max_length=0)] = ""
    roles: Annotated[dict[str, MemberRole], Field(max_length=50)] = {}
    opens_accounts: Flag = False
    is_active: Flag = True


class IssuerChangesIn(IssuerIn):
    """What may change of an issuer; what is left out stays."""

    issuer: Line = _UNSET
    jwks: dict[str, Any] = _UNSET
    audience: Line = _UNSET


class IssuerOut(Out):
    """An issuer that is trusted."""

    id: UUID
    issuer: str
    jwks: dict[str, Any]
    audience: str
    email_claim: str
    role_claim: str
    roles: dict[str, str]
    opens_accounts: bool
    is_active: bool
    created_at: datetime
    updated_at: datetime
