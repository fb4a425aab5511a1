"""Whether it lives, and whether it can serve: each part is named when it is down."""

from typing import Any

import pytest
from django.db.utils import OperationalError
from django.test import Client

from config import health
from tenants.models import Organization


def broken(*_: Any) -> None:
    raise OperationalError("no such server at 192.0.2.1")


@pytest.mark.parametrize("host", ["acme.localhost", "localhost", "nobody.localhost", "192.0.2.9"])
def test_every_host_answers_about_its_health(host: str) -> None:
    assert Client().get("/health", headers={"host": host}).json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_when_all_parts_answer() -> None:
    response = Client().get("/ready", headers={"host": "nobody.localhost"})
    assert (response.status_code, response.json()) == (200, {"status": "ok", "database": "ok", "cache": "ok"})


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["database", "cache"])
def test_the_part_that_is_down_is_named_and_its_address_is_not(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    monkeypatch.setattr(health, f"_ask_{part}", broken)
    response = Client().get("/ready")
    parts = {"database": "ok", "cache": "ok", part: "down"}
    assert (response.status_code, response.json()) == (503, {"status": "unavailable", **parts})
    assert "192.0.2.1" not in response.content.decode()


@pytest.mark.django_db
def test_a_cache_that_is_gone_is_down_and_requests_are_served_all_the_same(acme: Organization, settings: Any) -> None:
    """Against a port where nothing listens."""
    settings.CACHES = {
        **settings.CACHES,
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"},
    }
    response = Client().get("/ready", headers={"host": "acme.localhost"})
    assert (response.status_code, response.json()["cache"]) == (503, "down")
    assert Client().get("/api/v1/events", headers={"host": "acme.localhost"}).status_code == 200
