"""The shape of bodies: strict on the way in, plain on the way out."""

from typing import Annotated

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

EARLIEST_YEAR, LATEST_YEAR = 2000, 2199


def at_most(length: int) -> BeforeValidator:
    """Count a text's blanks as well, as the contract does that names its length: they are taken off afterwards."""

    def check(value: object) -> object:
        if isinstance(value, str) and len(value) > length:
            says = "String should have at most {max_length} characters"
            raise PydanticCustomError("string_too_long", says, {"max_length": length})
        return value

    return BeforeValidator(check)


def _no_number(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise PydanticCustomError("bool_type", "Input should be a valid boolean")
    return value


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


# Not 1 for yes, nor yes for 1. Texts of either are taken, as cells of tables have them.
Flag = Annotated[bool, BeforeValidator(_no_number)]
WHOLE = BeforeValidator(_no_truth)

type Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), at_most(200)]
type Text = Annotated[str, StringConstraints(max_length=20_000)]
type ShortText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), at_most(500)]


class In(BaseModel):
    """A body that refuses fields it does not know: a typo is told, not dropped.

    Plain pydantic: ninja's own base wraps what it reads to reach into Django's objects, which bodies are not.
    """

    model_config = ConfigDict(extra="forbid")


class Out(Schema):
    """A body of ours."""


def _moment(value: object) -> object:
    """Take RFC 3339 text only: a bare number would be read as seconds or milliseconds, at a guess."""
    if isinstance(value, int | float):
        msg = "give a date and time as RFC 3339 text, such as 2027-03-01T09:00:00Z"
        raise ValueError(msg)  # noqa: TRY004 - pydantic turns ValueError, not TypeError, into a field error
    return value


def _within_reason(value: AwareDatetime) -> AwareDatetime:
    if not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        msg = f"the year must lie between {EARLIEST_YEAR} and {LATEST_YEAR}"
        raise ValueError(msg)
    return value


type Moment = Annotated[AwareDatetime, BeforeValidator(_moment), AfterValidator(_within_reason)]
