"""`manage.py catalog_import acme events events.csv`."""

import argparse
import json
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from catalog.management.commands.catalog_export import add_arguments, schema_of
from catalog.schemas import tables
from kit import scope
from kit.actor import SYSTEM
from kit.errors import Refusal
from kit.many import HowIn


class Command(BaseCommand):
    """Import events or sessions of an organization from a table."""

    help = "Draft up to 1,000 events or sessions from comma-separated values; all or none, unless --partial."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say what is asked for."""
        add_arguments(parser)
        parser.add_argument("file", help="a file in UTF-8, or - for what is piped in")
        parser.add_argument(
            "--partial", action="store_true", help="draft the lines that are sound, and name the others"
        )
        parser.add_argument("--dry-run", action="store_true", help="check everything and write nothing")

    def handle(self, *_: Any, **options: Any) -> None:
        """Take the table in, and name the lines that were refused.

        Raises:
            CommandError: the table cannot be read, or a line was refused.
        """
        file = options["file"]
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8-sig")
            with scope.entered(schema_of(options["organization"])):
                how = HowIn(mode="partial" if options["partial"] else "atomic", dry_run=options["dry_run"])
                status, told = tables.take_in(text, options["kind"], how, by=SYSTEM, at=now())
        except (OSError, UnicodeDecodeError, Refusal) as error:
            raise CommandError(str(error)) from error
        for result in told["results"]:
            if result["status"] == "refused":
                self.stderr.write(f"line {result['line']}: {result['error']['detail']}")
        self.stdout.write(json.dumps(told["summary"]))
        if status != HTTPStatus.OK:
            raise CommandError("not every line was taken in")
