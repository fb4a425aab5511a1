"""The one vocabulary of refusal.

A service refuses by raising a `Refusal`; each edge (REST, admin, command, task) translates it once.
The class carries what never changes (kind, code, title); the instance carries what happened this time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar


class Kind(StrEnum):
    """What sort of refusal it is; an edge maps each to its own words (HTTP: a status)."""

    MALFORMED = "malformed"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD = "method"
    CONFLICT = "conflict"
    GONE = "gone"
    PRECONDITION_FAILED = "precondition_failed"
    TOO_SLOW = "too_slow"
    LENGTH_REQUIRED = "length_required"
    TOO_LARGE = "too_large"
    MEDIA_TYPE = "media_type"
    INVALID = "invalid"
    PRECONDITION_REQUIRED = "precondition_required"
    TOO_MANY = "too_many"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of one field.

    `pointer` is a JSON pointer into the body (`#/sessions/0/title`), or `?name` for a query parameter.
    """

    pointer: str
    code: str
    detail: str

    def as_dict(self) -> dict[str, str]:
        """Give the member of a problem's `errors`."""
        return {"pointer": self.pointer, "code": self.code, "detail": self.detail}


REGISTRY: dict[str, type["Refusal"]] = {}


@dataclass
class Refusal(Exception):  # noqa: N818 - the name is the refusal itself
    """A request that cannot be granted, for a reason the caller can act on."""

    kind: ClassVar[Kind]
    code: ClassVar[str]
    title: ClassVar[str]
    # Where the problem is explained, if not on a page of ours.
    type: ClassVar[str] = ""

    detail: str = ""
    errors: Sequence[FieldError] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    # Seconds after which it is worth asking again.
    retry_after: int | None = None

    def __init_subclass__(cls) -> None:
        """Register the code: two refusals with one code would be one promise with two meanings."""
        super().__init_subclass__()
        taken = REGISTRY.setdefault(cls.code, cls)
        if taken.__qualname__ != cls.__qualname__:
            msg = f"{cls.__qualname__} repeats the code {cls.code!r} of {taken.__qualname__}"
            raise TypeError(msg)

    def __str__(self) -> str:
        return self.detail or self.title


class Malformed(Refusal):
    """The request could not be read: broken JSON, a broken header, a NUL character."""

    kind, code, title = Kind.MALFORMED, "malformed", "The request could not be read"


class Unauthenticated(Refusal):
    """The credential is missing, expired, revoked, or of another organization."""

    kind, code, title = Kind.UNAUTHENTICATED, "unauthenticated", "A valid credential is needed"


class Forbidden(Refusal):
    """The caller is known, and this is not theirs to do."""

    kind, code, title = Kind.FORBIDDEN, "forbidden", "This is not yours to do"


class NotFound(Refusal):
    """There is no such thing here, or none that this caller may know of."""

    kind, code, title = Kind.NOT_FOUND, "not_found", "There is no such thing here"


class Deleted(Refusal):
    """It was here and has been deleted."""

    kind, code, title = Kind.GONE, "deleted", "It has been deleted"


class PreconditionFailed(Refusal):
    """It was changed since the version that `If-Match` names. Read it again, and decide anew."""

    kind, code, title = Kind.PRECONDITION_FAILED, "precondition_failed", "It was changed meanwhile"


class PreconditionRequired(Refusal):
    """Several people may write here: name the version you saw, the `ETag` of your last answer, in `If-Match`."""

    kind, code, title = Kind.PRECONDITION_REQUIRED, "precondition_required", "Say which version you saw"


class MethodNotAllowed(Refusal):
    """The path exists and does not take this method; `Allow` lists those it takes."""

    kind, code, title = Kind.METHOD, "method_not_allowed", "The path does not take this method"


class TooSlow(Refusal):
    """The body did not come in time. Nothing was done; send it again."""

    kind, code, title = Kind.TOO_SLOW, "too_slow", "The body came too slowly"


class LengthRequired(Refusal):
    """The body comes in chunks and does not say how long it is; send `Content-Length`."""

    kind, code, title = Kind.LENGTH_REQUIRED, "length_required", "The body must say how long it is"


class TooLarge(Refusal):
    """The body is longer than the path takes."""

    kind, code, title = Kind.TOO_LARGE, "too_large", "The body is too large"


class MediaType(Refusal):
    """The body is not of a type that the path reads; send `application/json`."""

    kind, code, title = Kind.MEDIA_TYPE, "unsupported_media_type", "The body is of a type that is not read here"


class Invalid(Refusal):
    """The request was read, and some values cannot be accepted; `errors` points at each."""

    kind, code, title = Kind.INVALID, "invalid", "Some values cannot be accepted"

    @classmethod
    def of(cls, errors: Sequence[FieldError]) -> "Invalid":
        """Sum the faults up."""
        return cls("; ".join(f"{error.pointer}: {error.detail}" for error in errors), errors=errors)


class Conflict(Refusal):
    """The request is sound and clashes with the present state."""

    kind, code, title = Kind.CONFLICT, "conflict", "The request clashes with the present state"


class InternalError(Refusal):
    """Something broke on our side; the request id finds it in the logs."""

    kind, code, title = Kind.INTERNAL, "internal_error", "Something broke on our side"


class Unavailable(Refusal):
    """A part that the platform stands on does not answer; try again after `Retry-After` seconds."""

    kind, code, title = Kind.UNAVAILABLE, "unavailable", "The platform is not available right now"
