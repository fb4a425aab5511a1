"""Many at once, and what became of each."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field
from pydantic import SkipValidation, ValidationError

from catalog.schemas.events import EventIn, SessionIn
from catalog.services.bulk import MAX_ITEMS, Item, Outcome
from kit.api import field_error
from kit.errors import FieldError, Invalid, Refusal
from kit.schemas import In, Out

type Mode = Literal["atomic", "partial"]
type ClientRef = Annotated[str, Field(max_length=200)]


class BulkEventIn(EventIn):
    """An event with its sessions."""

    client_ref: ClientRef = ""
    sessions: Annotated[list[SessionIn], Field(max_length=200)] = []


class BulkSessionIn(SessionIn):
    """A session of an event that is there."""

    client_ref: ClientRef = ""
    event_id: UUID


class HowIn(In):
    """How to take many in: `atomic` makes all or none, `partial` whichever are sound; a dry run makes none."""

    mode: Mode = "atomic"
    dry_run: bool = False

    @property
    def is_atomic(self) -> bool:
        """Tell whether one fault stands against all."""
        return self.mode == "atomic"


class BulkEventsIn(HowIn):
    """Events to draft. Each is read by itself: what is wrong with one is told in its result."""

    items: Annotated[list[SkipValidation[BulkEventIn]], Field(min_length=1, max_length=MAX_ITEMS)]


class BulkSessionsIn(HowIn):
    """Sessions to draft. Each is read by itself: what is wrong with one is told in its result."""

    items: Annotated[list[SkipValidation[BulkSessionIn]], Field(min_length=1, max_length=MAX_ITEMS)]


class FieldErrorOut(Out):
    """One fault of one field."""

    pointer: str
    code: str
    detail: str


class RefusalOut(Out):
    """Why an item was refused, in the words of problems."""

    code: str
    title: str
    detail: str
    errors: list[FieldErrorOut]


class ResultOut(Out):
    """What became of one item, or of one line of a table. `skipped`: it was sound, and others were not."""

    index: int
    line: int = 0
    client_ref: str = ""
    status: Literal["created", "valid", "refused", "skipped"]
    id: UUID | None = None
    session_ids: list[UUID] = []
    error: RefusalOut | None = None


class SummaryOut(Out):
    """How many of each."""

    total: int
    created: int
    valid: int
    refused: int
    skipped: int


class BulkOut(Out):
    """What became of all, in the order they came."""

    summary: SummaryOut
    results: list[ResultOut]


def read_item(raw: Any, schema: type[BulkEventIn | BulkSessionIn]) -> Item:
    """Read one item, or say why it cannot be read."""
    try:
        read = schema.model_validate(raw)
    except ValidationError as error:
        faults = [field_error({**fault, "loc": ("body", "item", *fault["loc"])}) for fault in error.errors()]
        return Item(refusal=Invalid.of(faults))
    fields = read.model_dump(exclude={"client_ref", "sessions", "event_id"})
    if isinstance(read, BulkSessionIn):
        return Item(fields, event_id=read.event_id)
    return Item(fields, [session.model_dump() for session in read.sessions])


def client_ref(raw: Any) -> dict[str, str]:
    """Give back the caller's own name for an item, even for one that cannot be read."""
    ref = raw.get("client_ref") if isinstance(raw, dict) else None
    return {"client_ref": ref} if isinstance(ref, str) and ref else {}


def results(
    outcomes: Sequence[Outcome], labels: Sequence[dict[str, Any]], *, is_dry: bool, place: str = "#/items/{index}"
) -> tuple[HTTPStatus, dict[str, Any]]:
    """Tell what became of each: 200 if all went well, 207 if some did, 422 if none.

    `labels` are more members of each result; `place` is where a pointer to a fault of an item begins.
    """
    told = []
    for index, (outcome, label) in enumerate(zip(outcomes, labels, strict=True)):
        result = {"index": index, **label, **_result(outcome, is_dry=is_dry)}
        if outcome.refusal:
            result["error"] = _error(outcome.refusal, place.format(**result))
        told.append(result)
    counted = dict.fromkeys(("created", "valid", "refused", "skipped"), 0)
    for result in told:
        counted[result["status"]] += 1
    well = counted["created"] + counted["valid"]
    status = (
        HTTPStatus.OK if well == len(told) else HTTPStatus.MULTI_STATUS if well else HTTPStatus.UNPROCESSABLE_ENTITY
    )
    return status, {"summary": {"total": len(told), **counted}, "results": told}


def _result(outcome: Outcome, *, is_dry: bool) -> dict[str, Any]:
    if outcome.refusal:
        return {"status": "refused"}
    if outcome.id is None:
        return {"status": "skipped"}
    if is_dry:
        return {"status": "valid"}
    made: dict[str, Any] = {"status": "created", "id": outcome.id}
    return {**made, "session_ids": outcome.session_ids} if outcome.session_ids else made


def _error(refusal: Refusal, place: str) -> dict[str, Any]:
    errors = [FieldError(place + error.pointer.removeprefix("#"), error.code, error.detail) for error in refusal.errors]
    told = {"code": refusal.code, "title": refusal.title, "detail": str(refusal)}
    return {**told, "errors": [error.as_dict() for error in errors], **refusal.extra}
