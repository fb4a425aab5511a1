"""REST: endpoints for webhooks, what they were told, and the feed for whoever would rather ask."""

from typing import Any
from uuid import UUID

from django.utils.timezone import now
from ninja import Query, Router, Status

from identity.authentication import TenantRequest, requires
from identity.rules import Operation
from journal import selectors as journal
from kit.answers import Answer, answer, listed
from kit.pagination import StretchOut
from webhooks import selectors, services
from webhooks.models import Delivery, Endpoint
from webhooks.schemas import (
    AttemptOut,
    AttemptsIn,
    DeliveryOut,
    EndpointChangesIn,
    EndpointDetailOut,
    EndpointIn,
    EndpointMadeOut,
    EndpointOut,
    EndpointTrialOut,
    FeedIn,
    FeedOut,
    ReplayIn,
    ReplayOut,
)
from webhooks.services import Made
from webhooks.services.trying import Trial

router = Router(tags=["Webhooks"])
reads, writes = requires(Operation.WEBHOOKS_READ), requires(Operation.WEBHOOKS_WRITE)


def _made(made: Made) -> dict[str, Any]:
    return {**EndpointOut.from_orm(made.endpoint).model_dump(), "secret": made.secret}


@router.get("/webhooks/endpoints", response=list[EndpointOut], auth=reads)
def list_endpoints(request: TenantRequest) -> list[Endpoint]:  # noqa: ARG001 - ninja passes it
    """List the endpoints, the youngest first."""
    return selectors.endpoints()


@router.post("/webhooks/endpoints", response={201: EndpointMadeOut}, auth=writes)
def add_endpoint(request: TenantRequest, payload: EndpointIn) -> Status[dict[str, Any]]:
    """Tell an address what happens from now on. The secret that signs is shown this once."""
    fields = payload.model_dump(mode="json")
    return Status(201, _made(services.add_endpoint(fields=fields, by=request.actor, at=now())))


@router.get("/webhooks/endpoints/{uuid:endpoint_id}", response=EndpointDetailOut, auth=reads)
def show_endpoint(request: TenantRequest, endpoint_id: UUID) -> dict[str, Any]:  # noqa: ARG001 - ninja passes it
    """Show an endpoint, and how it fared in the last 24 hours."""
    found = selectors.endpoint(endpoint_id)
    return {**EndpointOut.from_orm(found).model_dump(), "health": selectors.health(found, at=now())}


@router.patch("/webhooks/endpoints/{uuid:endpoint_id}", response=EndpointOut, auth=writes)
def update_endpoint(request: TenantRequest, endpoint_id: UUID, payload: EndpointChangesIn) -> Endpoint:
    """Change an endpoint, enable it again, or disable it. What waits for it while it is disabled is sent afterwards."""
    changes = payload.model_dump(mode="json", exclude_unset=True)
    return services.update_endpoint(endpoint_id=endpoint_id, changes=changes, by=request.actor, at=now())


@router.delete("/webhooks/endpoints/{uuid:endpoint_id}", response={204: None}, auth=writes)
def delete_endpoint(request: TenantRequest, endpoint_id: UUID) -> Status[None]:
    """Tell an endpoint nothing more."""
    services.delete_endpoint(endpoint_id=endpoint_id, by=request.actor, at=now())
    return Status(204, None)


@router.post("/webhooks/endpoints/{uuid:endpoint_id}/rotate-secret", response=EndpointMadeOut, auth=writes)
def rotate_secret(request: TenantRequest, endpoint_id: UUID) -> dict[str, Any]:
    """Give an endpoint another secret. For 24 hours webhooks bear both signatures."""
    return _made(services.rotate_secret(endpoint_id=endpoint_id, by=request.actor, at=now()))


@router.post("/webhooks/endpoints/{uuid:endpoint_id}/test", response=EndpointTrialOut, auth=writes)
def test_endpoint(request: TenantRequest, endpoint_id: UUID) -> Trial:  # noqa: ARG001 - ninja passes it
    """Send a sample (`endpoint.test`) now, and tell all that is seen of it. It counts neither for nor against."""
    return services.try_endpoint(endpoint_id=endpoint_id, at=now())


@router.post("/webhooks/endpoints/{uuid:endpoint_id}/replay", response=ReplayOut, auth=writes)
def replay(request: TenantRequest, endpoint_id: UUID, payload: ReplayIn) -> dict[str, int]:
    """Send again what happened since a moment, at most 30 days ago, under the ids that it had."""
    count = services.replay(endpoint_id=endpoint_id, **payload.model_dump(), by=request.actor, at=now())
    return {"count": count}


@router.post("/webhooks/deliveries/{uuid:delivery_id}/replay", response=DeliveryOut, auth=writes)
def replay_delivery(request: TenantRequest, delivery_id: UUID) -> Delivery:  # noqa: ARG001 - ninja passes it
    """Send one webhook again, from the beginning of its schedule."""
    return services.replay_one(delivery_id=delivery_id, at=now())


@router.get("/webhooks/attempts", response=StretchOut[AttemptOut], auth=reads)
def list_attempts(request: TenantRequest, query: Query[AttemptsIn]) -> Answer:
    """List the attempts to tell endpoints, the newest first."""
    return listed(request, selectors.attempts(query.filters(), query.cut(), at=now()))


@router.get("/journal", response=FeedOut, auth=requires(Operation.FEED_READ))
def read_feed(request: TenantRequest, query: Query[FeedIn]) -> Answer:  # noqa: ARG001 - ninja passes it
    """Read what happened in the last 30 days, in order and without gaps: what webhooks say, for whoever asks."""
    types = [name for name in query.types.split(",") if name]
    return answer(journal.feed(types, query.cut(), at=now()))
