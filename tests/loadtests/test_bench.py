"""The bench's arithmetic, and that its references are what they say."""

from uuid import UUID

import pytest

from attendance.services.registering import TAKE_SEAT
from loadtests.bench import stage
from loadtests.bench.driver import Measured, request
from loadtests.bench.report import Result, percentiles
from loadtests.bench.rows import ROWS


def test_ratios_are_taken_round_by_round() -> None:
    result = Result("row", "", target=0.5)
    for mine, other in ((100.0, 200.0), (300.0, 400.0), (50.0, 100.0)):
        result.add(Measured(1.0, [0.001] * int(mine)), other)
    assert result.ratios == [0.5, 0.75, 0.5]
    assert "0.50 (0.50..0.75)" in result.line()
    assert "holds" in result.line()


def test_a_missed_target_is_said() -> None:
    result = Result("row", "", target=2.0)
    result.add(100.0, 100.0)
    assert "MISSED" in result.line()


def test_wrong_answers_are_kept() -> None:
    result = Result("row", "", target=None)
    result.add(Measured(1.0, [0.1, 0.2], ["500: x"]), 1.0)
    assert result.wrong == ["500: x"]


def test_percentiles_are_in_milliseconds() -> None:
    assert percentiles([number / 1_000 for number in range(1, 101)]) == "50.5 / 96.0 / 100.0 ms"
    assert percentiles([]) == "-"


def test_a_request_says_how_long_it_is() -> None:
    assert request("POST", "/a", host="h", token="t", body=b"{}") == (
        b"POST /a HTTP/1.1\r\nhost: h\r\nauthorization: Bearer t\r\ncontent-type: application/json\r\n"
        b"content-length: 2\r\n\r\n{}"
    )


def test_pgbench_runs_the_very_statement_of_a_registration() -> None:
    """Every placeholder is filled, and nothing of the statement's text is lost."""
    pool = f"'{UUID(int=1)}'"
    filled = TAKE_SEAT % {**stage._DRAWN, "pool_id": pool, "event_id": pool}
    assert "%(" not in filled
    with pytest.raises(KeyError):
        TAKE_SEAT % stage._DRAWN
    assert filled.count("UPDATE catalog_seatpool") == filled.count("INSERT INTO journal_entry") == 1


def test_rows_have_names_of_their_own() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS) >= 5
