"""Where the present work came from: read by `record`, set once at each edge."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """The request behind a change. Empty for work that no request asked for."""

    request_id: str = ""
    ip: str | None = None


NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def current() -> Origin:
    """Tell where the present work came from."""
    return _origin.get()


def begin(origin: Origin) -> None:
    """Attribute what follows on this thread to the origin."""
    _origin.set(origin)
