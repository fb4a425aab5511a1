"""REST: the keys of programs that work for the organization."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils.timezone import now
from ninja import Query, Router, Status

from identity import selectors, services
from identity.authentication import TenantRequest, requires
from identity.models import ApiKey
from identity.rules import Operation
from identity.schemas.api_keys import ApiKeyChangesIn, ApiKeyIn, ApiKeyOut, MadeKeyOut, RotateIn
from identity.services import Made
from kit.answers import Answer, listed
from kit.pagination import StretchIn, StretchOut

router = Router(tags=["API keys"])
reads, writes = requires(Operation.KEYS_READ), requires(Operation.KEYS_WRITE)


@router.get("/api-keys", response=StretchOut[ApiKeyOut], auth=reads)
def list_keys(request: TenantRequest, query: Query[StretchIn]) -> Answer:
    """List the keys, the youngest first; those that are expired or revoked as well."""
    return listed(request, selectors.key_page(query.cut(), at=now()))


@router.post("/api-keys", response={201: MadeKeyOut}, auth=writes)
def create_key(request: TenantRequest, payload: ApiKeyIn) -> Status[dict[str, Any]]:
    """Make a key. Its secret is shown this once: it goes where passwords go, as `Authorization: Bearer <secret>`."""
    return Status(201, _shown(services.create_key(fields=payload.model_dump(), by=request.actor, at=now())))


@router.get("/api-keys/{uuid:key_id}", response=ApiKeyOut, auth=reads)
def show_key(request: TenantRequest, key_id: UUID) -> ApiKey:  # noqa: ARG001 - ninja passes it
    """Show a key, without its secret."""
    return selectors.api_key(key_id)


@router.patch("/api-keys/{uuid:key_id}", response=ApiKeyOut, auth=writes)
def update_key(request: TenantRequest, key_id: UUID, payload: ApiKeyChangesIn) -> ApiKey:
    """Change what a key may do, from where, until when. It is felt within seconds."""
    changes = payload.model_dump(exclude_unset=True)
    return services.update_key(key_id=key_id, changes=changes, by=request.actor, at=now())


@router.delete("/api-keys/{uuid:key_id}", response={204: None}, auth=writes)
def revoke_key(request: TenantRequest, key_id: UUID) -> Status[None]:
    """End a key; it stays in the list. Idempotent; felt within seconds."""
    services.revoke_key(key_id=key_id, by=request.actor, at=now())
    return Status(204, None)


@router.post("/api-keys/{uuid:key_id}/rotate", response=MadeKeyOut, auth=writes)
def rotate_key(request: TenantRequest, key_id: UUID, payload: RotateIn = RotateIn()) -> dict[str, Any]:  # noqa: B008 - never changed
    """Give a key a new secret, shown this once. The present one stays good for the overlap, an older one does not."""
    overlap = timedelta(hours=payload.overlap_hours)
    return _shown(services.rotate_key(key_id=key_id, overlap=overlap, by=request.actor, at=now()))


def _shown(made: Made) -> dict[str, Any]:
    return {**ApiKeyOut.model_validate(made.key).model_dump(), "secret": made.secret}
