"""Bodies of API keys."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from identity.rules import SCOPES
from kit.addresses import network
from kit.schemas import In, Moment, Out, at_most

MAX_OVERLAP_HOURS = 7 * 24
_UNSET: Any = None


def _known(scopes: list[str]) -> list[str]:
    """Keep each once, in the order of the table."""
    return [scope for scope in SCOPES if scope in scopes]


def _network(text: str) -> str:
    return str(network(text))


type Scope = Literal[
    "events:read",
    "events:read_drafts",
    "events:write",
    "registrations:read",
    "registrations:write",
    "tickets:validate",
    "users:read",
    "audit:read",
    "webhooks:read",
    "webhooks:write",
    "journal:read",
    "notifications:read",
    "notifications:write",
]
type Scopes = Annotated[list[Scope], Field(min_length=1, max_length=50), AfterValidator(_known)]
type Addresses = Annotated[
    list[Annotated[str, AfterValidator(_network)]],
    Field(max_length=50, description="Networks that the key may be used from (CIDR notation); none for any"),
]
type KeyName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), at_most(100)]
type RateClass = Literal["standard", "reduced"]


class ApiKeyIn(In):
    """A new key. Without `expires_at` it lives a year; two at most."""

    name: KeyName
    scopes: Scopes
    expires_at: Moment | None = None
    rate_class: RateClass = "standard"
    addresses: Addresses = []


class ApiKeyChangesIn(In):
    """What may change of a key; what is left out stays."""

    name: KeyName = ""
    scopes: Scopes = []
    expires_at: Moment = _UNSET
    rate_class: RateClass = "standard"
    addresses: Addresses = []


class RotateIn(In):
    """How long the present secret stays good beside the new one."""

    overlap_hours: Annotated[int, Field(ge=0, le=MAX_OVERLAP_HOURS)] = 24


class ApiKeyOut(Out):
    """A key. Its secret is not stored; `prefix` is how it begins."""

    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    rate_class: str
    addresses: list[str]
    expires_at: datetime
    # A minute old at most.
    last_used_at: datetime | None
    # Until then the secret before the last rotation is good as well.
    previous_until: datetime | None
    revoked_at: datetime | None
    created_by_id: UUID | None
    created_at: datetime
    updated_at: datetime


class MadeKeyOut(ApiKeyOut):
    """A key with its secret: shown this once."""

    secret: str
