"""Bodies of the audit trail."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import Field, IPvAnyAddress

from kit.pagination import StretchIn
from kit.schemas import In, Moment, Out

type Short = Annotated[str, Field(max_length=100)]


class TrailTableIn(In):
    """Which entries."""

    type: Short | None = None
    actor_kind: Literal["user", "key", "system"] | None = None
    actor_id: UUID | None = None
    subject_type: Short | None = None
    subject_id: UUID | None = None
    request_id: Short | None = None
    ip: IPvAnyAddress | None = None
    since: Moment | None = None
    until: Moment | None = None


class TrailIn(TrailTableIn, StretchIn):
    """Which entries, and which part of them."""


class EntryOut(Out):
    """One thing that happened. `changes` maps each changed field to what it was before and after."""

    id: UUID
    occurred_at: datetime
    type: str
    version: int
    subject_type: str
    subject_id: UUID | None
    payload: dict[str, Any]
    changes: dict[str, Any]
    actor_kind: str
    actor_id: UUID | None
    actor_label: str
    request_id: str
    ip: str | None


COLUMNS = tuple(EntryOut.model_fields)


def told(row: dict[str, Any]) -> list[object]:
    """Write an entry as the cells of a table; what has members of its own as JSON."""
    return [orjson.dumps(row[name]).decode() if isinstance(row[name], dict) else row[name] for name in COLUMNS]
