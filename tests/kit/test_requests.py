"""What partners may look up of their own requests."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from identity import services
from kit import requests
from kit.actor import SYSTEM
from kit.models import PartnerRequest
from tenants.models import Organization
from tests.conftest import Api, Callers


@pytest.fixture(autouse=True)
def _noting(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Note requests, and write them here and now."""
    settings.REQUEST_LOG = True
    requests._waiting.clear()
    monkeypatch.setattr(requests.writing, "ask", requests.write)


def program(*scopes: str) -> Api:
    fields = {"name": "CRM", "scopes": list(scopes)}
    return Api("acme", services.create_key(fields=fields, by=SYSTEM, at=now()).secret)


def ask(api: Api, request_id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = api.get(f"/requests/{request_id}").json().get("items", [])
    return items


def test_a_request_is_told_to_whoever_sent_it(acme: Organization, caller: Callers) -> None:
    api = program("events:write")
    headers = {"x-request-id": "req-1", "user-agent": "crm/1"}
    refused = api.post("/categories?nobody=1&token=abc", {"name": "x"}, headers=headers)
    (told,) = ask(api, "req-1")
    assert (told["method"], told["path"], told["query"]) == ("POST", "/api/v1/categories", "nobody=1&token=***")
    assert (told["status"], told["problem"]) == (422, refused.json())
    assert (told["body"], told["user_agent"], told["address"]) == ('{"name":"x"}', "crm/1", "127.0.0.1")
    assert told["milliseconds"] > 0
    api.post("/categories", {"name": "x"}, headers=headers)
    assert [one["status"] for one in ask(api, "req-1")] == [201, 422]
    assert ask(api, "req-1")[0]["problem"] is None
    packed = {"x-request-id": "req-3", "accept-encoding": "gzip"}
    # An answer with many faults: a short one is as often left as it is, for what is random in the packing.
    unknown = "&".join(f"nobody{number}=1" for number in range(20))
    assert api.post(f"/events?{unknown}", {}, headers=packed)["Content-Encoding"] == "gzip"
    assert ask(api, "req-3")[0]["problem"]["code"] == "invalid"
    for other in (program("events:write"), caller("admin")):
        assert ask(other, "req-1") == []


def test_secrets_are_left_out(acme: Organization) -> None:
    api = program("registrations:write", "tickets:validate")
    body = {
        "code": "HIDDEN-1",
        "email": "a@example.com",
        "deep": [{"Password": "HIDDEN-2", "access_token": "HIDDEN-3"}],
    }
    api.post("/registrations/cancel", body, headers={"x-request-id": "req-2"})
    api.post("/registrations/cancel", b"HIDDEN-4", content_type="text/plain", headers={"x-request-id": "req-2"})
    api.post("/registrations/cancel", {"name": "x" * 70_000}, headers={"x-request-id": "req-2"})
    api.get("/idempotency/HIDDEN-5-of-mine", headers={"x-request-id": "req-2"})
    kept = str(list(PartnerRequest.objects.values()))
    assert "HIDDEN" not in kept
    assert "a@example.com" in kept
    assert api.token not in kept
    assert len(ask(api, "req-2")) == 4
    assert all(len(row.body) < 500 for row in PartnerRequest.objects.all())


def test_only_keys_are_noted(acme: Organization, caller: Callers, anonymous: Api, settings: Any) -> None:
    for api in (caller("organizer"), anonymous, Api("acme", "afo_unknown")):
        api.get("/events")
    settings.REQUEST_LOG = False
    program("events:read").get("/events")
    assert not PartnerRequest.objects.exists()


def test_a_week_later_it_is_forgotten(acme: Organization) -> None:
    program("events:read").get("/events")
    assert requests.forget_old(at=now() + timedelta(days=6)) == 0
    assert requests.forget_old(at=now() + timedelta(days=8)) == 1


def test_what_cannot_be_written_harms_nobody(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    api = program("events:read")
    monkeypatch.setattr(requests.writing, "ask", lambda: None)
    for _ in range(3):
        assert api.get("/events", headers={"user-agent": "x" * 900, "x-request-id": "y"}).status_code == 200
    assert len(requests._waiting) == 3
    requests.write()
    assert len(ask(api, "y")) == 3
