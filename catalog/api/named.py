"""REST: categories, venues, rooms and speakers, all alike."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.utils.timezone import now
from ninja import Query, Router, Status

from catalog import selectors, services
from catalog.api.rendering import listed, reads, served_ready, writes
from catalog.models import Category, Named, Room, Speaker, Venue
from catalog.schemas import named as schemas
from catalog.schemas.named import NamedListOut
from identity.authentication import TenantRequest
from kit.answers import Answer, answer
from kit.conditional import expected
from kit.pagination import CutIn
from kit.schemas import In, Out


@dataclass(frozen=True, slots=True)
class _Noun:
    """One of the four, with its address and its bodies."""

    model: type[Named]
    path: str
    query: type[CutIn]
    fields: type[In]
    changes: type[In]
    out: type[Out]

    @property
    def name(self) -> str:
        """The word itself."""
        return self.model.__name__.lower()


def _shown(request: TenantRequest, noun: _Noun, row_id: UUID, *, status: int = HTTPStatus.OK) -> Answer:
    row = selectors.named(noun.model, row_id, reader=request.actor, at=now())
    return answer(row, status=status, version=row["version"])


def _reading(router: Router, noun: _Noun) -> None:
    @router.get(f"/{noun.path}", response=NamedListOut[noun.out], auth=reads, operation_id=f"list_{noun.path}")  # type: ignore[name-defined]
    @served_ready
    def list_them(request: TenantRequest, query: Query[noun.query]) -> Answer:  # type: ignore[name-defined]
        page = selectors.named_page(noun.model, query.filters(), query.cut(), reader=request.actor, at=now())
        return listed(request, page)

    @router.get(f"/{noun.path}/{{uuid:row_id}}", response=noun.out, auth=reads, operation_id=f"show_{noun.name}")
    @served_ready
    def show_one(request: TenantRequest, row_id: UUID) -> Answer:
        return _shown(request, noun, row_id)


def _writing(router: Router, noun: _Noun) -> None:
    @router.post(f"/{noun.path}", response={201: noun.out}, auth=writes, operation_id=f"create_{noun.name}")
    def create_one(request: TenantRequest, payload: noun.fields) -> Answer:  # type: ignore[name-defined]
        row = services.create_named(noun.model, fields=payload.model_dump(), by=request.actor, at=now())
        return _shown(request, noun, row.pk, status=HTTPStatus.CREATED)

    @router.put(f"/{noun.path}/{{uuid:row_id}}", response=noun.out, auth=writes, operation_id=f"replace_{noun.name}")
    def replace_one(request: TenantRequest, row_id: UUID, payload: noun.fields) -> Answer:  # type: ignore[name-defined]
        return _update(request, noun, row_id, payload.model_dump())

    @router.patch(f"/{noun.path}/{{uuid:row_id}}", response=noun.out, auth=writes, operation_id=f"update_{noun.name}")
    def update_one(request: TenantRequest, row_id: UUID, payload: noun.changes) -> Answer:  # type: ignore[name-defined]
        return _update(request, noun, row_id, payload.model_dump(exclude_unset=True))

    @router.delete(
        f"/{noun.path}/{{uuid:row_id}}", response={204: None}, auth=writes, operation_id=f"delete_{noun.name}"
    )
    def delete_one(request: TenantRequest, row_id: UUID) -> Status[None]:
        services.delete_named(noun.model, row_id=row_id, seen=expected(request), by=request.actor, at=now())
        return Status(204, None)

    @router.post(
        f"/{noun.path}/{{uuid:row_id}}/restore", response=noun.out, auth=writes, operation_id=f"restore_{noun.name}"
    )
    def restore_one(request: TenantRequest, row_id: UUID) -> Answer:
        services.restore_named(noun.model, row_id=row_id, by=request.actor, at=now())
        return _shown(request, noun, row_id)


def _update(request: TenantRequest, noun: _Noun, row_id: UUID, changes: dict[str, Any]) -> Answer:
    seen = expected(request)
    services.update_named(noun.model, row_id=row_id, changes=changes, seen=seen, by=request.actor, at=now())
    return _shown(request, noun, row_id)


def _router(noun: _Noun) -> Router:
    router = Router(tags=[noun.path.title()])
    _reading(router, noun)
    _writing(router, noun)
    return router


_NOUNS = (
    _Noun(
        Category, "categories", schemas.NamedListIn, schemas.CategoryIn, schemas.CategoryChangesIn, schemas.CategoryOut
    ),
    _Noun(Venue, "venues", schemas.NamedListIn, schemas.VenueIn, schemas.VenueChangesIn, schemas.VenueOut),
    _Noun(Room, "rooms", schemas.RoomListIn, schemas.RoomIn, schemas.RoomChangesIn, schemas.RoomOut),
    _Noun(Speaker, "speakers", schemas.SpeakerListIn, schemas.SpeakerIn, schemas.SpeakerChangesIn, schemas.SpeakerOut),
)
routers = [_router(noun) for noun in _NOUNS]
