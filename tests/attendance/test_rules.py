"""Why a seat is refused, in the order in which a person should hear of it."""

from datetime import timedelta
from typing import Any

import pytest

from attendance.messages import BadAccessCode, RegistrationClosed, SoldOut
from attendance.rules import CODE_LENGTH, new_code, why_refused
from catalog.messages import AlreadyOver
from kit.errors import Refusal
from tests.factories import NOW

OPEN: dict[str, Any] = {
    "is_open": True, "closes_at": NOW + timedelta(hours=1), "needs_code": False, "seats_left": 1, "has_waitlist": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({}, None),
        ({"seats_left": 0, "has_waitlist": True}, None),
        ({"seats_left": 0}, SoldOut),
        ({"seats_left": 0, "needs_code": True}, BadAccessCode),
        ({"needs_code": True, "is_open": False}, RegistrationClosed),
        ({"is_open": False, "closes_at": NOW}, AlreadyOver),
    ],
)
def test_the_first_reason_is_told(change: dict[str, Any], refusal: type[Refusal] | None) -> None:
    told = why_refused(**{**OPEN, **change}, at=NOW)
    assert told is None if refusal is None else isinstance(told, refusal)


def test_codes_are_long_and_never_the_same() -> None:
    codes = {new_code() for _ in range(1_000)}
    assert len(codes) == 1_000
    assert {len(code) for code in codes} == {CODE_LENGTH}
    assert not set("ILOU") & set("".join(codes))
