"""/metrics: what is counted, how it is labelled, and who may read it."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from journal.messages import EventType
from journal.services import record
from kit.actor import SYSTEM
from tenants.models import Organization
from tenants.tasks import STATE_KEY, sweep
from tests.conftest import Callers
from tests.factories import NOW, make_event

HAPPENED = EventType("test.metered", "A thing of this test.", is_public=False)


@pytest.fixture(autouse=True)
def _open_to_this_machine(settings: Any) -> None:
    settings.METRICS_ADDRESSES = ["127.0.0.1"]


def read(**headers: str) -> dict[str, float]:
    text = Client(headers=headers).get("/metrics").content.decode()
    samples = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in samples}


def test_requests_are_counted_by_route_and_plan(acme: Organization, caller: Callers) -> None:
    event = make_event()
    route = 'route="api/v1/events/<uuidstr:event_id>"'
    counter = f'aforo_requests_total{{method="GET",plan="free",{route},status="200"}}'
    seconds = f'aforo_request_seconds_count{{method="GET",plan="free",{route}}}'
    before = read()
    api = caller("organizer")
    for _ in range(3):
        api.get(f"/events/{event.id}")
    after = read()
    assert after[counter] - before.get(counter, 0) == 3
    assert after[seconds] - before.get(seconds, 0) == 3
    assert str(event.id) not in " ".join(after)


def test_made_up_addresses_make_no_labels(acme: Organization) -> None:
    client = Client(headers={"host": "acme.localhost"})
    for number in range(5):
        client.generic(f"MADE{number}", f"/made/up/{number}")
    assert not any("made" in name.lower() for name in read())


def test_what_waits_is_told(acme: Organization) -> None:
    record(HAPPENED, subject=None, by=SYSTEM, at=NOW)
    cache.delete(STATE_KEY)
    assert read()["aforo_journals_behind"] != read()["aforo_journals_behind"], "nothing is known before the first sweep"
    sweep(schema_name="public")
    told = read()
    assert 0 <= told["aforo_sweep_age_seconds"] < 30
    assert told["aforo_journal_lag_seconds"] >= 0
    assert all(told[f'aforo_queue_depth{{queue="{name}"}}'] >= 0 for name in ("default", "webhooks", "mail"))
    held = sum(value for name, value in told.items() if name.startswith("aforo_database_connections{"))
    assert 1 <= held <= told["aforo_database_connections_max"]


@pytest.mark.parametrize(
    ("address", "token", "sent", "status"),
    [
        ([], "", "", 404),
        ([], "secret", "", 404),
        ([], "secret", "Bearer wrong", 404),
        ([], "secret", "Bearer secret", 200),
        ([], "", "Bearer ", 404),
        (["127.0.0.1"], "", "", 200),
        (["192.0.2.0/24"], "", "", 404),
    ],
)
def test_it_is_shown_to_whom_it_is_meant_for(
    acme: Organization, settings: Any, address: list[str], token: str, sent: str, status: int
) -> None:
    settings.METRICS_ADDRESSES, settings.METRICS_TOKEN = address, token
    for host in ("acme.localhost", "localhost"):
        answer = Client(headers={"host": host, **({"authorization": sent} if sent else {})}).get("/metrics")
        assert answer.status_code == status
        if status == 404:
            assert answer.json()["code"] == "not_found"
