"""Who acts: the one answer that every credential resolves to."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

type ActorKind = Literal["user", "key", "anonymous", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller, as services and the journal see one.

    `role` is a value of `identity.rules.Role`; kit does not know which ones there are.
    """

    kind: ActorKind
    id: UUID | None
    label: str
    role: str
    email: str = ""
    name: str = ""
    # What a key may do, whatever its role; nothing for whoever may do what the role may.
    scopes: frozenset[str] | None = None
    # How much a key may ask for in a while.
    rate_class: str = ""

    @property
    def user_id(self) -> UUID | None:
        """Give the account that acts, if it is one."""
        return self.id if self.kind == "user" else None


SYSTEM = Actor(kind="system", id=None, label="system", role="system")
ANONYMOUS = Actor(kind="anonymous", id=None, label="anonymous", role="anonymous")


def caller_of(request: object) -> Actor | None:
    """Give who sent a request, as far as it was found out: its actor, or somebody known who was refused before that."""
    found: Actor | None = getattr(request, "actor", None) or getattr(request, "refused", None)
    return found
