"""What the journal shows."""

from typing import Any

from ninja import Field

from kit.schemas import Out


class EventTypeOut(Out):
    """One type of entry that partners can receive."""

    name: str
    version: int
    description: str
    # pydantic's models have a `schema` of their own.
    payload_schema: dict[str, Any] = Field(alias="schema", description="JSON Schema 2020-12 of the payload")
    example: dict[str, Any]
