"""`manage.py catalog_export acme events > events.csv`."""

import argparse
from typing import Any, get_args

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from catalog.schemas import tables
from catalog.schemas.tables import Kind
from kit import scope
from kit.actor import SYSTEM
from tenants import selectors


class Command(BaseCommand):
    """Export an organization's events or sessions as a table."""

    help = "Write an organization's events or sessions as comma-separated values."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say what is asked for."""
        add_arguments(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        """Write the table."""
        with scope.entered(schema_of(options["organization"])):
            for line in tables.export(options["kind"], by=SYSTEM, at=now()):
                self.stdout.write(line, ending="")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for an organization and a kind of table."""
    parser.add_argument("organization", help="its short name, such as acme")
    parser.add_argument("kind", choices=get_args(Kind.__value__))


def schema_of(slug: str) -> str:
    """Find the schema of an organization.

    Raises:
        CommandError: there is none of this name.
    """
    tenant = selectors.by_slug(slug)
    if tenant is None:
        raise CommandError(f"No organization is called {slug}")
    return tenant.schema_name
