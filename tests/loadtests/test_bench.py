"""The bench's arithmetic and bookkeeping, and that its references are what they say. Nothing here measures time."""

import json
import math
import socket
from pathlib import Path
from threading import Thread
from uuid import UUID

from attendance.services import Attendee, seating
from dev.places import free_port
from kit.actor import SYSTEM
from loadtests.bench import __main__ as bench
from loadtests.bench import pgbench
from loadtests.bench.driver import Measured, drive, request
from loadtests.bench.report import Result, keep, legend, machine, percentiles
from loadtests.bench.rows import ROWS, Row
from loadtests.bench.stage import Seats, Stage
from tests.factories import NOW

EVENT, ONE, TWO = UUID(int=1), UUID(int=2), UUID(int=3)


def test_ratios_are_taken_round_by_round() -> None:
    result = Result("row", "", target=0.5)
    for mine, other in ((100.0, 200.0), (300.0, 400.0), (50.0, 100.0)):
        result.add(Measured(1.0, [0.001] * int(mine)), other)
    assert result.ratios == [0.5, 0.75, 0.5]
    assert "0.50 (0.50..0.75)" in result.line()
    assert result.line().endswith("wanted 0.5: holds")


def test_a_missed_target_is_said() -> None:
    result = Result("row", "", target=2.0)
    result.add(100.0, 100.0)
    assert result.line().endswith("wanted 2: MISSED")


def test_a_row_with_a_wrong_answer_holds_nothing() -> None:
    result = Result("row", "", target=0.1)
    result.add(Measured(1.0, [0.1, 0.2], ["500: x"]), Measured(1.0, [0.1], ["409: y"]))
    assert result.wrong == ["500: x", "409: y"]
    assert result.line().endswith("WRONG 2 times")


def test_a_reference_that_gave_nothing_gives_no_ratio() -> None:
    result = Result("row", "", target=None)
    result.add(100.0, 0.0)
    assert math.isnan(result.ratios[0])
    assert "nan" in result.line()


def test_percentiles_are_in_milliseconds() -> None:
    assert percentiles([number / 1_000 for number in range(1, 101)]) == "50.5 / 96.0 / 100.0 ms"
    assert percentiles([]) == "-"


def test_every_round_is_kept(tmp_path: Path) -> None:
    result = Result("row", "says", target=0.5)
    result.add(Measured(2.0, [0.001] * 4), 4.0)
    result.add(Measured(2.0, [0.002] * 6), 4.0)
    keep([result], tmp_path / "new" / "kept.json", facts=machine(database="PostgreSQL 18"))
    kept = json.loads((tmp_path / "new" / "kept.json").read_text())
    (row,) = kept["rows"]
    assert (row["subject"], row["reference"], row["ratios"]) == ([2.0, 3.0], [4.0, 4.0], [0.5, 0.75])
    assert row["p50 / p95 / p99"] == ["1.0 / 1.0 / 1.0 ms", "2.0 / 2.0 / 2.0 ms"]
    assert kept["machine"].keys() >= {"commit", "cores", "memory_gib", "python", "database", "load_before"}
    assert legend([result]) == "row                says"


def test_sides_take_turns_in_going_first() -> None:
    order: list[str] = []

    def side(name: str) -> float:
        order.append(name)
        return 1.0

    row = Row("row", "", lambda _, __: side("subject"), lambda _, __: side("reference"))
    (result,) = bench.measure([row], Stage.__new__(Stage), rounds=3, seconds=0)
    assert order == ["subject", "reference", "reference", "subject", "subject", "reference"]
    assert result.ratios == [1.0, 1.0, 1.0]


def test_a_request_says_how_long_it_is() -> None:
    assert request("POST", "/a", host="h", token="t", body=b"{}") == (
        b"POST /a HTTP/1.1\r\nhost: h\r\nauthorization: Bearer t\r\ncontent-type: application/json\r\n"
        b"content-length: 2\r\n\r\n{}"
    )


def test_a_server_that_is_not_there_is_told_and_does_not_hang() -> None:
    measured = drive(free_port(), lambda: b"", expected=200, connections=2, seconds=0.1)
    assert measured.latencies == []
    assert any("ConnectionRefused" in what for what in measured.wrong)


def test_a_connection_that_breaks_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            server.accept()[0].close()

        closing = Thread(target=hang_up)
        closing.start()
        measured = drive(
            server.getsockname()[1], lambda: b"GET / HTTP/1.1\r\n\r\n", expected=200, connections=1, seconds=0.1
        )
        closing.join()
    assert measured.latencies == []
    assert measured.wrong


def test_pgbench_runs_the_very_statement_of_a_registration() -> None:
    """It is the same object, its one placeholder is filled, and nothing else is changed."""
    assert vars(pgbench)["TAKE_SEATS"] is seating.TAKE_SEATS
    setting, statement = pgbench.script(EVENT, [ONE, TWO]).splitlines()
    assert setting == "\\set session random(1, 2)"
    # But for texts that pgbench would take for variables.
    before, after = seating.TAKE_SEATS.replace(":null", ":' || 'null").split("%(asked)s")
    assert statement.startswith(before)
    assert statement.endswith(f"{after};")
    assert f"'session_id', ('{{{ONE},{TWO}}}'::uuid[])[:session]" in statement


def test_pgbench_leaves_out_what_writes_the_entry_and_nothing_else() -> None:
    whole, without = (pgbench.script(EVENT, [ONE], is_recorded=is_so) for is_so in (True, False))
    before, _, rest = whole.partition(", entry AS (")
    assert without.startswith(f"{before}, kept AS (")
    assert rest.endswith(without.removeprefix(before))
    assert "journal_entry" in whole
    assert "journal_entry" not in without


def test_pgbench_asks_as_a_request_does() -> None:
    asked = seating.ask(Attendee("A", "a@example.com"), event_id=EVENT, session_id=ONE, by=SYSTEM, at=NOW)
    assert {*pgbench._ASKED, "event_id", "pool_id", "session_id"} == {*asked, "number"}


def test_psycopg_remembers_how_the_statement_is_bound() -> None:
    """It does of short ones alone."""
    assert len(seating.TAKE_SEATS) < 4096


def test_the_control_is_asked_as_the_subject_is() -> None:
    seats = Seats(EVENT, [ONE])
    tail = f"/events/{EVENT}/sessions/{ONE}/register"
    assert seats.paths() == [f"/api/v1{tail}"]
    assert seats.paths("/bench/textbook") == [f"/bench/textbook{tail}"]


def test_rows_have_names_of_their_own() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert {row.name for row in ROWS} >= {"empty view", "detail", "list", "register", "register, control"}
