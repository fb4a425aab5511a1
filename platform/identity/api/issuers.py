"""REST: issuers of tokens that the organization trusts beside itself."""

from uuid import UUID

from django.utils.timezone import now
from ninja import Router, Status

from identity import selectors, services
from identity.authentication import TenantRequest, requires
from identity.models import TrustedIssuer
from identity.rules import Operation
from identity.schemas.issuers import IssuerChangesIn, IssuerIn, IssuerOut

router = Router(tags=["Trusted issuers"])
reads, writes = requires(Operation.ISSUERS_READ), requires(Operation.ISSUERS_WRITE)


@router.get("/trusted-issuers", response=list[IssuerOut], auth=reads)
def list_issuers(request: TenantRequest) -> list[TrustedIssuer]:  # noqa: ARG001 - ninja passes it
    """List the issuers whose tokens are taken."""
    return selectors.issuers()


@router.post("/trusted-issuers", response={201: IssuerOut}, auth=writes)
def add_issuer(request: TenantRequest, payload: IssuerIn) -> Status[TrustedIssuer]:
    """Take an issuer's tokens from now on: those of people who have an account here under the token's e-mail."""
    return Status(201, services.add_issuer(fields=payload.model_dump(), by=request.actor, at=now()))


@router.patch("/trusted-issuers/{uuid:issuer_id}", response=IssuerOut, auth=writes)
def update_issuer(request: TenantRequest, issuer_id: UUID, payload: IssuerChangesIn) -> TrustedIssuer:
    """Change what is trusted of an issuer, its keys for example. Felt within seconds."""
    changes = payload.model_dump(exclude_unset=True)
    return services.update_issuer(issuer_id=issuer_id, changes=changes, by=request.actor, at=now())


@router.delete("/trusted-issuers/{uuid:issuer_id}", response={204: None}, auth=writes)
def remove_issuer(request: TenantRequest, issuer_id: UUID) -> Status[None]:
    """Take an issuer's tokens no more. Felt within seconds."""
    services.remove_issuer(issuer_id=issuer_id, by=request.actor, at=now())
    return Status(204, None)
