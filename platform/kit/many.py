"""Many things in one call, and what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field
from pydantic import BaseModel, ValidationError

from kit.api import field_error
from kit.errors import FieldError, Invalid, Refusal
from kit.problems import members_of
from kit.schemas import Flag, In, Out

MAX_ITEMS = 1_000

type Mode = Literal["atomic", "partial"]
type ClientRef = Annotated[str, Field(max_length=200)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item: an id if it was made or found, a refusal if it was wrong, neither if the others were.

    `more` are further members of its result.
    """

    id: UUID | None = None
    refusal: Refusal | None = None
    is_found: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)


class HowIn(In):
    """How to take many in: `atomic` makes all or none, `partial` whichever are sound; a dry run makes none."""

    mode: Mode = "atomic"
    dry_run: Flag = False

    @property
    def is_atomic(self) -> bool:
        """Tell whether one fault stands against all."""
        return self.mode == "atomic"


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
    """What became of one item, or of one line of a table.

    `found`: it was there already; `skipped`: it was sound, and others were not.
    """

    index: int
    line: int = 0
    client_ref: str = ""
    status: Literal["created", "found", "valid", "refused", "skipped"]
    id: UUID | None = None
    error: RefusalOut | None = None


class SummaryOut(Out):
    """How many of each."""

    total: int
    created: int
    found: int
    valid: int
    refused: int
    skipped: int


class BulkOut(Out):
    """What became of all, in the order they came."""

    summary: SummaryOut
    results: list[ResultOut]


def read[Item: BaseModel](raw: Any, schema: type[Item]) -> Item | Refusal:
    """Read one item, or say why it cannot be read."""
    try:
        return schema.model_validate(raw)
    except ValidationError as error:
        return Invalid.of([field_error({**fault, "loc": ("body", "item", *fault["loc"])}) for fault in error.errors()])


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
    counted = dict.fromkeys(("created", "found", "valid", "refused", "skipped"), 0)
    for result in told:
        counted[result["status"]] += 1
    well = counted["created"] + counted["found"] + counted["valid"]
    status = (
        HTTPStatus.OK if well == len(told) else HTTPStatus.MULTI_STATUS if well else HTTPStatus.UNPROCESSABLE_ENTITY
    )
    return status, {"summary": {"total": len(told), **counted}, "results": told}


def _result(outcome: Outcome, *, is_dry: bool) -> dict[str, Any]:
    if outcome.refusal:
        return {"status": "refused"}
    if outcome.id is None:
        return {"status": "skipped"}
    if outcome.is_found:
        return {"status": "found", "id": outcome.id, **outcome.more}
    return {"status": "valid"} if is_dry else {"status": "created", "id": outcome.id, **outcome.more}


def _error(refusal: Refusal, place: str) -> dict[str, Any]:
    errors = [FieldError(place + error.pointer.removeprefix("#"), error.code, error.detail) for error in refusal.errors]
    return members_of(refusal, errors=errors)
