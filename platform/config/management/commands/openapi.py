"""`manage.py openapi`: write the REST contract to docs/openapi.json."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from ninja.responses import NinjaJSONEncoder

from config.api import api

SNAPSHOT = settings.ROOT / "docs" / "openapi.json"


def document() -> bytes:
    """Render the contract, keys sorted, so that two versions compare line by line."""
    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    return json.dumps(schema, cls=NinjaJSONEncoder, indent=2, sort_keys=True).encode()


class Command(BaseCommand):
    """Write the contract."""

    help = "Write the OpenAPI document to docs/openapi.json."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        """Run."""
        SNAPSHOT.write_bytes(document() + b"\n")
        self.stdout.write(f"wrote {SNAPSHOT.name}")
