"""REST: categories, venues, rooms and speakers, all alike."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.utils.timezone import now
from ninja import Query, Router, Status

from catalog import selectors, services
from catalog.api.rendering import reads, served_ready, writes
from catalog.models import Category, Named, Room, Speaker, Venue
from catalog.schemas import named as schemas
from catalog.schemas.named import NamedListOut
from identity.authentication import TenantRequest
from kit.answers import Answer, answer, listed
from kit.conditional import expected
from kit.openapi import VERSIONED
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


@dataclass(frozen=True, slots=True)
class _Route:
    """Registers what one noun's routes have in common: guard, names and descriptions."""

    router: Router
    noun: _Noun

    def all(self, method: str, verb: str, says: str, **how: Any) -> Callable[[Any], Any]:
        """Register a route of all of them."""
        return self._add(f"/{self.noun.path}", method, verb, says, **how)

    def one(self, method: str, verb: str, says: str, *, under: str = "", **how: Any) -> Callable[[Any], Any]:
        """Register a route of one of them."""
        path = f"/{self.noun.path}/{{uuid:row_id}}{under}"
        return self._add(path, method, verb, says, **{"response": self.noun.out, **how})

    def _add(self, path: str, method: str, verb: str, says: str, **how: Any) -> Callable[[Any], Any]:
        word = self.noun.path if verb == "list" else self.noun.name
        return self.router.api_operation(
            [method], path, auth=reads if method == "GET" else writes, operation_id=f"{verb}_{word}",
            summary=f"{verb.title()} {word}", description=says, **how,
        )  # fmt: skip


def _shown(request: TenantRequest, noun: _Noun, row_id: UUID, *, status: int = HTTPStatus.OK) -> Answer:
    row = selectors.named(noun.model, row_id, reader=request.actor, at=now())
    return answer(row, status=status, version=row["version"])


def _reading(router: Router, noun: _Noun) -> None:
    route = _Route(router, noun)

    @route.all("GET", "list", "List them by name.", response=NamedListOut[noun.out])  # type: ignore[name-defined] # made here
    @served_ready
    def list_them(request: TenantRequest, query: Query[noun.query]) -> Answer:  # type: ignore[name-defined] # as above
        page = selectors.named_page(noun.model, query.filters(), query.cut(), reader=request.actor, at=now())
        return listed(request, page)

    @route.one("GET", "show", "Show one.")
    @served_ready
    def show_one(request: TenantRequest, row_id: UUID) -> Answer:
        return _shown(request, noun, row_id)


def _writing(router: Router, noun: _Noun) -> None:
    route = _Route(router, noun)

    @route.all("POST", "create", "Make one.", response={201: noun.out})
    def create_one(request: TenantRequest, payload: noun.fields) -> Answer:  # type: ignore[name-defined] # made here
        row = services.create_named(noun.model, fields=payload.model_dump(), by=request.actor, at=now())
        return _shown(request, noun, row.pk, status=HTTPStatus.CREATED)

    @route.one("PUT", "replace", "Set every field; what the body leaves out gets its default.", openapi_extra=VERSIONED)
    def replace_one(request: TenantRequest, row_id: UUID, payload: noun.fields) -> Answer:  # type: ignore[name-defined] # made here
        return _update(request, noun, row_id, payload.model_dump())

    @route.one("PATCH", "update", "Change the fields that the body names.", openapi_extra=VERSIONED)
    def update_one(request: TenantRequest, row_id: UUID, payload: noun.changes) -> Answer:  # type: ignore[name-defined] # made here
        return _update(request, noun, row_id, payload.model_dump(exclude_unset=True))

    @route.one(
        "DELETE", "delete", "Delete one that nothing planned needs.", response={204: None}, openapi_extra=VERSIONED
    )
    def delete_one(request: TenantRequest, row_id: UUID) -> Status[None]:
        services.delete_named(noun.model, row_id=row_id, seen=expected(request), by=request.actor, at=now())
        return Status(204, None)

    @route.one("POST", "restore", "Bring a deleted one back.", under="/restore")
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
