"""`make storm`, or `python -m loadtests.storm --entries 500` with DATABASE_URL and REDIS_URL set."""

import argparse
import os
import sys
from statistics import median
from typing import TYPE_CHECKING

from dev.places import free_port
from loadtests import environment
from loadtests.receiver import listening
from loadtests.storm.processes import database, running, valkey
from loadtests.storm.receiver import SHARE, Flaky

if TYPE_CHECKING:
    from loadtests.storm.weather import Told


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Send webhooks to receivers that fail, by workers that are killed.")
    parser.add_argument("--entries", type=int, default=10_000, help="in all")
    parser.add_argument("--organizations", type=int, default=5, help="at least two")
    parser.add_argument("--minutes", type=float, default=30, help="what is not delivered by then is lost")
    parser.add_argument("--seed", type=int, default=7, help="of the failures")
    return parser.parse_args()


def lines(told: "Told", flaky: Flaky) -> list[str]:
    """Tell what came of it."""
    ways = ", ".join(f"{count} {name}" for name, count in flaky.failed.most_common())
    seconds = " ".join(f"{one:.2f}" for one in sorted(told.single))
    rate = told.entries / told.seconds
    return [
        f"entries        {told.entries:,}, made in {told.made_seconds:.1f} s",
        f"delivered      {told.delivered:,} in {told.seconds:.1f} s ({rate:.0f}/s)",
        f"requests       {told.requests:,}, of which {SHARE:.0%} were to fail; with those of fairness: {ways}",
        f"duplicates     {told.duplicates} heard again after they had been accepted, {told.changed} with other bytes",
        f"signatures     {told.verified} of {told.sampled} that were looked at are right",
        f"disturbances   the worker killed {told.kills} times, Valkey flushed {told.flushes} times",
        f"clock          moved for {told.moved} that waited for their third attempt or a later one",
        f"410            the endpoint was {'' if told.is_given_up else 'NOT '}given up, and the feed says so",
        f"fairness       another organization's single entry is heard after {median(told.single):.2f} s ({seconds})",
        f"               while {told.waiting[0]:,} of one organization wait, and {told.waiting[1]:,} in the end",
    ]


def storm(asked: argparse.Namespace, *, port: int) -> int:
    """Play it on an empty database; give the exit status."""
    import django  # noqa: PLC0415 - the environment is set first

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up first
    from django.db import connection  # noqa: PLC0415 - as above

    from loadtests.storm.scene import organizations  # noqa: PLC0415 - as above
    from loadtests.storm.weather import Storm  # noqa: PLC0415 - as above

    call_command("migrate_schemas", verbosity=0)
    flaky = Flaky(asked.seed)
    with listening(flaky.hear) as heard_at, running(port) as platform:
        receiver = f"http://127.0.0.1:{heard_at}"
        with organizations(asked.organizations, url=platform.url, receiver=receiver) as (made, gone):
            raging = Storm(platform, flaky, made, entries=asked.entries)
            raging.rage(seconds=asked.minutes * 60)
            raging.look_for(gone)
            raging.be_fair()
    connection.close()
    faults = raging.told.faults
    verdict = faults or ["everything was heard, and nothing with two bodies"]
    print("", *lines(raging.told, flaky), "", *verdict, sep="\n")
    return bool(faults)


def main() -> int:
    """Run the storm; give 1 if anything was lost, changed on the way, or kept waiting."""
    asked = arguments()
    if asked.organizations < 2 or asked.entries < asked.organizations:  # noqa: PLR2004 - one waits for the other
        print("There are at least two organizations, with an entry each")
        return 2
    port = free_port()
    with database(os.environ["DATABASE_URL"]) as address:
        environment.enter(
            DJANGO_SETTINGS_MODULE="config.settings", DATABASE_URL=address, REDIS_URL=valkey(os.environ["REDIS_URL"]),
            RATE_LIMITS="0", PORT=str(port),
        )  # fmt: skip
        return storm(asked, port=port)


if __name__ == "__main__":
    sys.exit(main())
