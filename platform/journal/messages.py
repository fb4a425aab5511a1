"""Types of journal entries: the public contract of webhooks, feeds and the audit trail.

Each app declares its own in its `messages.py`; declaring registers.
"""

from dataclasses import dataclass, field
from typing import Any

EVENT_TYPES: dict[str, "EventType"] = {}


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of entry. `version` grows when the payload changes in a way that a reader must notice.

    A type that is not public is written for the audit trail alone and never sent to anyone.
    """

    name: str
    description: str
    example: dict[str, Any] = field(default_factory=dict)
    version: int = 1
    is_public: bool = True

    def __post_init__(self) -> None:
        """Register the type under its name."""
        if self.name in EVENT_TYPES:
            msg = f"the event type {self.name} is declared twice"
            raise ValueError(msg)
        EVENT_TYPES[self.name] = self

    def __str__(self) -> str:
        return self.name


def public_types() -> dict[str, EventType]:
    """Give the types that may be told to others, by name. Entries may be of types that another version knew."""
    return {name: one for name, one in EVENT_TYPES.items() if one.is_public}


ACCESS_DENIED = EventType("access.denied", "Somebody known was refused something not theirs.", is_public=False)
WRITE_REFUSED = EventType("write.refused", "A write of staff or of a key clashed with what is there.", is_public=False)
