"""`manage.py openapi`: write the REST contract to docs/openapi.json, and its requests as a collection for Postman."""

import json
from functools import cache
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from ninja.responses import NinjaJSONEncoder

from config.api import api
from config.breaking import breaks
from config.collection import collection

SNAPSHOT = settings.ROOT / "docs" / "openapi.json"
COLLECTION = settings.ROOT / "docs" / "aforo.postman_collection.json"


@cache
def contract() -> dict[str, Any]:
    """Give the contract, as it reads when it is written and read again."""
    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    told: dict[str, Any] = json.loads(json.dumps(schema, cls=NinjaJSONEncoder))
    return told


def rendered(document: dict[str, Any]) -> bytes:
    """Write a document, keys sorted, so that two versions compare line by line."""
    return json.dumps(document, indent=2, sort_keys=True).encode() + b"\n"


class Command(BaseCommand):
    """Write the contract, unless it breaks the one that is there."""

    help = "Write docs/openapi.json and docs/aforo.postman_collection.json. What breaks callers is refused."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the word for breaking callers."""
        parser.add_argument("--breaking", action="store_true", help="write although callers break; say so in CHANGELOG")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        """Run."""
        document = contract()
        found = breaks(json.loads(SNAPSHOT.read_bytes()), document)
        if found and not options["breaking"]:
            raise CommandError("Callers would break; nothing was written:\n" + "\n".join(found))
        SNAPSHOT.write_bytes(rendered(document))
        COLLECTION.write_bytes(rendered(collection(document)))
        self.stdout.write(f"wrote {SNAPSHOT.name} and {COLLECTION.name}")
