"""Why a seat is refused, in the order in which a person should hear of it."""

from datetime import timedelta
from typing import Any

import pytest

from attendance.messages import BadAccessCode, Overlaps, RegistrationClosed, SoldOut
from attendance.rules import CODE_LENGTH, Seat, new_code, refusals
from catalog.messages import AlreadyOver
from kit.errors import Refusal
from tests.factories import NOW

OPEN: dict[str, Any] = {
    "is_open": True, "closes_at": NOW + timedelta(hours=1), "needs_code": False, "is_full": False,
    "has_waitlist": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, []),
        ({"is_full": True, "has_waitlist": True}, []),
        ({"is_full": True}, [SoldOut]),
        ({"is_full": True, "needs_code": True}, [BadAccessCode, SoldOut]),
        ({"needs_code": True, "is_open": False}, [RegistrationClosed, BadAccessCode]),
        ({"is_open": False, "closes_at": NOW}, [AlreadyOver]),
        ({"overlaps": True, "is_full": True}, [Overlaps, SoldOut]),
    ],
)
def test_every_rule_that_stands_against_a_seat_is_told_in_order(
    change: dict[str, Any], told: list[type[Refusal]]
) -> None:
    against = list(refusals(Seat(**{**OPEN, **change}), at=NOW))
    assert [type(one) for one in against] == told
    assert all(one.extra["next_step"] for one in against)


def test_codes_are_long_and_never_the_same() -> None:
    codes = {new_code() for _ in range(1_000)}
    assert len(codes) == 1_000
    assert {len(code) for code in codes} == {CODE_LENGTH}
    assert not set("ILOU") & set("".join(codes))
