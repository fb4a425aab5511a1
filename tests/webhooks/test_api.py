"""Endpoints over REST, and the feed."""

from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest
from django.utils.timezone import now

from journal import services as journal
from journal.models import Entry
from kit.turns import turn
from tenants.models import Organization
from tests.conftest import Callers
from tests.factories import happened, make_event
from tests.webhooks.conftest import Endpoints
from tests.webhooks.receiver import Receiver, is_signed
from webhooks.models import Endpoint
from webhooks.services import deliver, trying

ENDPOINTS = "/webhooks/endpoints"


def test_an_endpoint_is_added_changed_and_deleted(acme: Organization, caller: Callers, receiver: Receiver) -> None:
    api = caller("admin")
    body = {"url": receiver.url, "description": "The CRM", "event_types": ["event.created"], "max_per_second": 10}
    made = api.post(ENDPOINTS, body)
    assert made.status_code == 201
    told = made.json()
    assert told["secret"].startswith("whsec_")
    one = f"{ENDPOINTS}/{told['id']}"
    shown = api.get(one).json()
    assert "secret" not in shown
    assert (shown["health"]["attempts"], shown["health"]["success_rate"], shown["health"]["pending"]) == (0, None, 0)
    assert [item["id"] for item in api.get(ENDPOINTS).json()] == [told["id"]]
    changed = api.patch(one, {"is_enabled": False, "event_types": []}).json()
    assert (changed["is_enabled"], changed["disabled_reason"]) == (False, "Disabled by its organization")
    assert api.patch(one, {"is_enabled": True}).json()["disabled_reason"] == ""
    other = api.post(f"{one}/rotate-secret").json()["secret"]
    assert other != told["secret"]
    assert api.delete(one).status_code == 204
    assert (api.get(one).status_code, api.patch(one, {}).status_code, api.get(ENDPOINTS).json()) == (410, 410, [])
    assert happened() == [
        "endpoint.created", "endpoint.updated", "endpoint.updated", "endpoint.secret_rotated", "endpoint.deleted",
    ]  # fmt: skip
    assert told["secret"] not in str(list(Entry.objects.values()))


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"url": "https://169.254.169.254/latest/meta-data/"}, "#/url", "url_not_allowed"),
        ({"url": "http://10.0.0.1/"}, "#/url", "url_not_allowed"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "#/url", "url_not_allowed"),
        ({"url": ""}, "#/url", "string_too_short"),
        ({"event_types": ["event.created", "event.invented"]}, "#/event_types", "unknown_event_type"),
        ({"event_types": ["access.denied"]}, "#/event_types", "unknown_event_type"),
        ({"max_per_second": 0}, "#/max_per_second", "greater_than_equal"),
        ({"max_per_second": True}, "#/max_per_second", "int_type"),
        ({"payload": "fat"}, "#/payload", "literal_error"),
        ({"secret": "whsec_mine"}, "#/secret", "extra_forbidden"),
    ],
)
def test_a_bad_endpoint_is_refused_at_its_field(
    change: dict[str, Any], pointer: str, code: str, acme: Organization, caller: Callers, endpoint: Endpoints
) -> None:
    made = endpoint()
    api = caller("admin")
    before = Endpoint.objects.values().get()
    refused = [
        api.post(ENDPOINTS, {"url": made.endpoint.url, **change}),
        api.patch(f"{ENDPOINTS}/{made.endpoint.id}", change),
    ]
    for problem in refused:
        assert problem.status_code == 422
        assert [(one["pointer"], one["code"]) for one in problem.json()["errors"]] == [(pointer, code)]
    assert Endpoint.objects.values().get() == before


def test_only_admins_and_keys_with_the_scope_come_near(acme: Organization, caller: Callers) -> None:
    for role in ("organizer", "coordinator", "scanner", "attendee"):
        api = caller(role)
        assert api.get(ENDPOINTS).status_code == 403
        assert api.post(ENDPOINTS, {"url": "https://93.184.216.34/"}).status_code == 403
        assert api.get("/journal").status_code == 403


def test_trying_an_endpoint_tells_what_is_seen_of_it(
    acme: Organization, caller: Callers, receiver: Receiver, endpoint: Endpoints
) -> None:
    made = endpoint()
    api, path = caller("admin"), f"{ENDPOINTS}/{made.endpoint.id}/test"
    told = api.post(path).json()
    assert (told["is_success"], told["status"], told["response_head"]) == (True, 200, "ok")
    assert (told["addresses"], told["tls_expires_at"]) == (["127.0.0.1"], None)
    assert is_signed(receiver.heard[0], made.secret)
    assert (receiver.heard[0].body["type"], receiver.heard[0].id) == ("endpoint.test", told["webhook_id"])
    receiver.answers = lambda _: (500, {}, b"\x00broken")
    told = api.post(path).json()
    assert (told["is_success"], told["status"], told["response_head"]) == (False, 500, "broken")
    receiver.close()
    told = api.post(path).json()
    assert (told["is_success"], told["status"], told["error"][:12]) == (False, None, "ConnectError")


def test_one_sample_of_an_organization_is_on_its_way_at_once_and_few_of_all(
    acme: Organization, caller: Callers, receiver: Receiver, endpoint: Endpoints
) -> None:
    api, path = caller("admin"), f"{ENDPOINTS}/{endpoint().endpoint.id}/test"
    with turn("webhooks.try"):
        refused = api.post(path)
        assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    with ExitStack() as others:
        for _ in range(trying.AT_ONCE):
            others.enter_context(trying._others)
        assert api.post(path).status_code == 503
    assert receiver.heard == []
    assert api.post(path).status_code == 200


def test_trying_an_endpoint_whose_secret_cannot_be_read_says_so(
    acme: Organization, caller: Callers, receiver: Receiver, endpoint: Endpoints
) -> None:
    made = endpoint()
    Endpoint.objects.update(secret=b"sealed by nobody")
    told = caller("admin").post(f"{ENDPOINTS}/{made.endpoint.id}/test").json()
    assert (told["is_success"], told["error"].startswith("Its secret cannot be read")) == (False, True)
    assert receiver.heard == []


def test_an_address_that_has_become_hostile_is_not_sent_to(
    acme: Organization, caller: Callers, receiver: Receiver, endpoint: Endpoints, settings: Any
) -> None:
    made = endpoint()
    settings.EGRESS_NETWORKS = []
    told = caller("admin").post(f"{ENDPOINTS}/{made.endpoint.id}/test").json()
    assert (told["is_success"], "not a public address" in told["error"]) == (False, True)
    assert receiver.heard == []


@pytest.mark.usefixtures("all_settled")
def test_attempts_are_listed_and_sent_again(
    acme: Organization, caller: Callers, receiver: Receiver, endpoint: Endpoints
) -> None:
    made = endpoint(event_types=["event.created"])
    receiver.answers = lambda _: (503, {}, b"later")
    make_event()
    journal.dispatch()
    deliver()
    api = caller("admin")
    (told,) = api.get(f"/webhooks/attempts?endpoint_id={made.endpoint.id}&is_success=false").json()["items"]
    assert (told["status"], told["number"], told["response_head"]) == (503, 1, "later")
    assert (told["delivery_status"], told["type"]) == ("pending", "event.created")
    assert told["webhook_id"] == receiver.heard[0].id
    for nothing in ("is_success=true", f"delivery_id={uuid4()}", "type=event.deleted", f"webhook_id={uuid4()}"):
        assert api.get(f"/webhooks/attempts?{nothing}").json()["items"] == []
    health = api.get(f"{ENDPOINTS}/{made.endpoint.id}").json()["health"]
    assert (health["attempts"], health["success_rate"], health["failures"], health["pending"]) == (1, 0.0, 1, 1)
    assert health["next_attempt_at"] is not None
    again = api.post(f"/webhooks/deliveries/{told['delivery_id']}/replay").json()
    assert (again["status"], again["attempts"], again["webhook_id"]) == ("pending", 0, told["webhook_id"])
    assert api.post(f"/webhooks/deliveries/{uuid4()}/replay").status_code == 404
    since = now().replace(hour=0, minute=0).isoformat()
    replayed = api.post(f"{ENDPOINTS}/{made.endpoint.id}/replay", {"since": since, "only_failed": True})
    assert replayed.json() == {"count": 0}


@pytest.mark.usefixtures("all_settled")
def test_the_feed_says_what_webhooks_say_under_the_same_ids(
    acme: Organization, caller: Callers, receiver: Receiver, endpoint: Endpoints
) -> None:
    endpoint()
    api = caller("admin")
    start = api.get("/journal?limit=100").json()["next"]
    for _ in range(3):
        make_event()
    journal.dispatch()
    deliver()
    read: list[dict[str, Any]] = []
    cursor, more = start, True
    while more:
        page = api.get(f"/journal?limit=2&after={cursor}").json()
        read += page["items"]
        cursor, more = page["next"], page["has_more"]
    heard = {one.id: one.body for one in receiver.heard}
    assert {one["id"]: {name: one[name] for name in ("type", "timestamp", "data")} for one in read} == heard
    assert len(read) == 6
    # Whoever has read all of it asks with the same cursor, and is told nothing twice.
    assert api.get(f"/journal?after={cursor}").json() == {"items": [], "next": cursor, "has_more": False}
    assert {one["type"] for one in api.get("/journal?types=event.created").json()["items"]} == {"event.created"}
    assert api.get("/journal?types=access.denied").json()["items"] == []
    assert api.get(f"/journal?after={cursor[:-4]}").status_code == 400
