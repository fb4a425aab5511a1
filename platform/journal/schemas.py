"""What the journal shows."""

from typing import Any

from kit.schemas import Out


class EventTypeOut(Out):
    """One type of entry that partners can receive."""

    name: str
    version: int
    description: str
    example: dict[str, Any]
