"""`manage.py verify_journal`: compare each organization's audit trail with its seals."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from journal.sealing import verdict
from journal.verify import told
from kit import scope
from tenants import selectors


class Command(BaseCommand):
    """Verify the trails of all organizations, or of those named."""

    help = (
        "Compare audit trails with their seals, and name the first entry that is not as it was sealed. Keep the number"
        " and hash that it prints somewhere else: given as --known, they show a trail that was written anew."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("slug", nargs="*", help="organizations, by their short names; all if none is named")
        parser.add_argument("--known", action="append", default=[], metavar="NUMBER:HASH", help="a seal kept elsewhere")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        """Run."""
        known = {int(number): hashed for number, _, hashed in (one.partition(":") for one in options["known"])}
        with scope.entered(scope.PUBLIC):
            found = selectors.schemas(options["slug"])
        if unknown := set(options["slug"]) - {slug for slug, _ in found}:
            raise CommandError(f"No such organization: {', '.join(sorted(unknown))}")
        faults = 0
        for slug, schema_name in found:
            with scope.entered(schema_name):
                seen = verdict(known=known)
            faults += bool(seen.fault)
            self.stdout.write(f"{slug}: {told(seen)}")
        if faults:
            raise CommandError(f"{faults} of {len(found)} trails are not as they were sealed")
