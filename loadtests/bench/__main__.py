"""`make bench`, or `python -m loadtests.bench --only register` with DATABASE_URL and REDIS_URL set."""

import argparse
import os
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[1] / "results"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure ratios: ours against references, on one server.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of each side of a round")
    parser.add_argument("--only", default="", help="rows whose name begins so")
    parser.add_argument("--json", type=Path, default=RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.json")
    return parser.parse_args()


def main() -> int:
    """Run the rows in turns; give 1 if an answer was wrong or an invariant broke."""
    asked = arguments()
    os.environ["DJANGO_SETTINGS_MODULE"] = "loadtests.bench.settings"
    for name in ("SECRET_KEY", "ENCRYPTION_KEY"):
        os.environ.setdefault(name, secrets.token_urlsafe(48))
    import django  # noqa: PLC0415 - the environment is set first

    django.setup()
    from django.db import connection  # noqa: PLC0415 - Django is set up first

    from loadtests.bench.report import HEAD, Result, keep  # noqa: PLC0415 - as above
    from loadtests.bench.rows import ROWS  # noqa: PLC0415 - as above
    from loadtests.bench.stage import set_up  # noqa: PLC0415 - as above

    rows = [row for row in ROWS if row.name.startswith(asked.only)]
    results = [Result(row.name, row.says, row.target) for row in rows]
    stage = set_up()
    try:
        for number in range(asked.rounds):
            print(f"round {number + 1} of {asked.rounds}", flush=True)
            for row, result in zip(rows, results, strict=True):
                sides = [row.subject, row.reference]
                # Whoever goes second finds a warmer machine: take turns.
                order = sides if number % 2 == 0 else sides[::-1]
                measured = {side: side(stage, asked.seconds) for side in order}
                result.add(measured[row.subject], measured[row.reference])
        broken = stage.broken_invariants()
    finally:
        stage.close()
    print("\n".join([HEAD, *(result.line() for result in results)]))
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        keep(results, asked.json, database=f"PostgreSQL {cursor.fetchone()[0]}")
    wrong = [f"{result.name}: {what}" for result in results for what in result.wrong[:3]]
    print("\n".join(wrong + broken) or "every answer was right, and every counter equals its rows")
    return 1 if wrong or broken else 0


if __name__ == "__main__":
    sys.exit(main())
