"""`manage.py check_seats`: compare every counter of seats with its rows, for every organization."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from attendance import selectors
from kit import scope
from tenants import selectors as tenants


class Command(BaseCommand):
    """Find seats that were lost or doubled: there should be none, ever."""

    help = "Compare the counters of seats with the registrations. Ends with 1 if any differs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the organizations to look at."""
        parser.add_argument("slugs", nargs="*", help="organizations, by slug; all if none is named")

    def handle(self, *, slugs: list[str], **_: Any) -> None:
        """Look, and tell."""
        with scope.entered(scope.PUBLIC):
            schemas = tenants.schemas(slugs)
        broken = 0
        for slug, schema_name in schemas:
            with scope.entered(schema_name):
                found = selectors.drift()
            broken += len(found)
            self.stdout.write(f"{slug}: {len(found) or 'no'} counters differ from their rows")
            for one in found:
                self.stdout.write(
                    f"  pool {one.pool_id}: seats_taken {one.seats_taken[0]}, rows {one.seats_taken[1]};"
                    f" waiting {one.waiting[0]}, rows {one.waiting[1]}; tail {one.waitlist_tail[0]},"
                    f" highest {one.waitlist_tail[1]}"
                )
        if broken:
            sys.exit(1)
