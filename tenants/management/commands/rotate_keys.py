"""`manage.py rotate_keys acme`: make an organization's next signing key."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from identity import keys
from kit import scope
from tenants import selectors


class Command(BaseCommand):
    """Make a key pair that signs from now on."""

    help = (
        "Make a new signing key. The keys before go on verifying tokens and tickets, unless --retire: then every"
        " session ends, and tickets that were saved or printed are good by their code alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("slug", nargs="+", help="organizations, by their short names")
        parser.add_argument("--retire", action="store_true", help="trust what the keys before signed no more")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        """Run."""
        with scope.entered(scope.PUBLIC):
            found = selectors.schemas(options["slug"])
        if unknown := set(options["slug"]) - {slug for slug, _ in found}:
            raise CommandError(f"No such organization: {', '.join(sorted(unknown))}")
        for slug, schema_name in found:
            with scope.entered(schema_name):
                kid = keys.create()
                retired = keys.retire_others(kid, at=now()) if options["retire"] else 0
            self.stdout.write(f"{slug}: {kid} signs, {retired} retired")
