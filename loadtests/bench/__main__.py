"""`make bench`, or `python -m loadtests.bench --only register` with DATABASE_URL and REDIS_URL set."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from loadtests import environment
from loadtests.bench.report import HEAD, Result, keep, legend, machine

if TYPE_CHECKING:
    from loadtests.bench.rows import Row
    from loadtests.bench.stage import Stage

RESULTS = Path(__file__).resolve().parents[1] / "results"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure ratios: ours against references, on one server.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of each side of a round")
    parser.add_argument("--only", default="", help="rows whose name begins so")
    parser.add_argument("--json", type=Path, default=RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.json")
    return parser.parse_args()


def measure(rows: list["Row"], stage: "Stage", *, rounds: int, seconds: float) -> list[Result]:
    """Run the rows in turns, so that whatever else the machine does falls upon all of them."""
    results = [Result(row.name, row.says, row.target) for row in rows]
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", flush=True)
        for row, result in zip(rows, results, strict=True):
            # Whoever goes second finds a warmer machine: take turns.
            if number % 2 == 0:
                subject = row.subject(stage, seconds)
                reference = row.reference(stage, seconds)
            else:
                reference = row.reference(stage, seconds)
                subject = row.subject(stage, seconds)
            result.add(subject, reference)
    return results


def main() -> int:
    """Measure and tell; give 1 if an answer was wrong or an invariant broke. A missed target is told, not failed."""
    asked = arguments()
    environment.enter(DJANGO_SETTINGS_MODULE="loadtests.bench.settings")
    import django  # noqa: PLC0415 - the environment is set first

    django.setup()
    from django.db import connection  # noqa: PLC0415 - Django is set up first

    from loadtests.bench.rows import ROWS  # noqa: PLC0415 - as above
    from loadtests.bench.stage import set_up  # noqa: PLC0415 - as above

    rows = [row for row in ROWS if row.name.startswith(asked.only)]
    if not rows:
        print(f"No row's name begins with {asked.only!r}; there are: {', '.join(row.name for row in ROWS)}")
        return 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('fsync')")
        facts = machine(database="PostgreSQL {}, fsync {}".format(*cursor.fetchone()))
    stage = set_up()
    try:
        results = measure(rows, stage, rounds=asked.rounds, seconds=asked.seconds)
        broken = stage.broken_invariants()
    finally:
        stage.close()
    keep(results, asked.json, facts=facts)
    print("", HEAD, *(result.line() for result in results), "", legend(results), "", sep="\n")
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    wrong = [f"{result.name}: {what}" for result in results for what in result.wrong[:3]]
    print("\n".join(wrong + broken) or "every answer was right, and every counter equals its rows")
    return 1 if wrong or broken else 0


if __name__ == "__main__":
    sys.exit(main())
