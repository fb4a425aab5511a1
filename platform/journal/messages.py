"""Types of journal entries: the public contract of webhooks, feeds and the audit trail.

Each app declares its own in its `messages.py`; declaring registers.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import GenerateJsonSchema

EVENT_TYPES: dict[str, "EventType"] = {}


class Payload(BaseModel):
    """What entries of a public type say of their subject. A member with a default may be left out.

    Readers are promised these members and let others pass, as payloads grow. Writers do not go through it: the tests
    hold what was written against it, and refuse others.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)


class PayloadSchema(GenerateJsonSchema):
    """Writes a payload's schema, without titles of members: they would say their names once more."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        """Say no."""
        return False


@cache
def _schema_of(payload: type[Payload]) -> dict[str, Any]:
    return {"$schema": PayloadSchema.schema_dialect, **payload.model_json_schema(schema_generator=PayloadSchema)}


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of entry. `version` grows when the payload changes in a way that a reader must notice.

    A type that is not public is written for the audit trail alone and never sent to anyone; it promises no payload.
    """

    name: str
    description: str
    payload: type[Payload] = Payload
    example: dict[str, Any] = field(default_factory=dict)
    version: int = 1
    is_public: bool = True

    def __post_init__(self) -> None:
        """Register the type under its name.

        Raises:
            ValueError: there is one of this name, or it is public and tells nobody what its payload is.
        """
        if self.name in EVENT_TYPES:
            msg = f"the event type {self.name} is declared twice"
            raise ValueError(msg)
        if self.is_public and self.payload is Payload:
            msg = f"the public event type {self.name} declares no payload"
            raise ValueError(msg)
        EVENT_TYPES[self.name] = self

    def __str__(self) -> str:
        return self.name

    @property
    def schema(self) -> dict[str, Any]:
        """Give the JSON Schema (2020-12) of the payload, which refers to nothing outside of it. Not to be changed."""
        return _schema_of(self.payload)


def public_types() -> dict[str, EventType]:
    """Give the types that may be told to others, by name. Entries may be of types that another version knew."""
    return {name: one for name, one in EVENT_TYPES.items() if one.is_public}


ACCESS_DENIED = EventType("access.denied", "Somebody known was refused something not theirs.", is_public=False)
WRITE_REFUSED = EventType("write.refused", "A write of staff or of a key clashed with what is there.", is_public=False)
