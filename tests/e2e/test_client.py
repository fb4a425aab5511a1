"""A Python client made of the contract by openapi-python-client, which calls the real thing."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.utils.timezone import now

from config.demo import PASSWORD
from tests.live import Platform

pytestmark = pytest.mark.xdist_group("live")
DOCS = Path(settings.ROOT) / "docs"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Make the client, and give how its modules are imported."""
    place = tmp_path_factory.mktemp("client")
    done = subprocess.run(
        [
            Path(sys.executable).parent / "openapi-python-client", "generate", "--meta", "none",
            "--path", DOCS / "openapi.json", "--config", DOCS / "openapi-python-client.yml",
            "--output-path", place / "aforo_client",
        ], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    # It understands every operation.
    assert "WARNING" not in done.stdout + done.stderr, done.stdout
    sys.path.insert(0, str(place))
    yield lambda name: importlib.import_module(f"aforo_client.{name}")
    sys.path.remove(str(place))


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_a_generated_client_plays_a_part_of_the_story(client: Any, platform: Platform, opened: ExitStack) -> None:
    models: ModuleType = client("models")
    settled = {"base_url": platform.url, "headers": {"X-Tenant": "acme"}}
    stranger = opened.enter_context(client("client").Client(**settled))
    grant = client("api.auth.login").sync(
        client=stranger, body=models.LoginIn(email="organizer@acme.example", password=PASSWORD)
    )
    caller = opened.enter_context(client("client").AuthenticatedClient(**settled, token=grant.access_token))
    starts_at = now() + timedelta(days=20)
    event = client("api.events.create_event").sync(
        client=caller,
        body=models.EventIn(
            name="Made by a client", starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), capacity=2
        ),
    )
    assert (event.name, event.capacity, event.starts_at) == ("Made by a client", 2, starts_at)
    shown = client("api.events.show_event").sync(event.id, client=caller)
    assert shown.to_dict() == event.to_dict()
    refused = client("api.events.show_event").sync_detailed(event.id, client=stranger)
    assert (refused.status_code, refused.parsed.code) == (404, "not_found")
    published = client("api.events.publish_event").sync(
        event.id, client=caller, body=models.PublishIn(stage=models.PublishInStage.ON_SALE)
    )
    assert published.status == "on_sale"
    registration = client("api.attendance.register_for_event").sync(
        event.id,
        client=caller,
        body=models.RegistrationIn(attendee=models.AttendeeIn(name="Ana", email="ana@client.example")),
    )
    assert (registration.status, registration.attendee.name) == ("confirmed", "Ana")
