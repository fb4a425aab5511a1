"""API keys: what they are good for, from where, and until when."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from catalog.models import Event
from identity import selectors, services
from identity.models import ApiKey
from identity.rules import SCOPES, Operation, allowed_by
from identity.schemas.api_keys import Scope
from journal.models import Entry
from kit import scope
from kit.actor import SYSTEM
from tenants.models import Organization
from tests.conftest import Api, Callers
from tests.factories import event_fields, happened, make_event, make_registration

WEEK = timedelta(days=7)


def made(*scopes: str, **fields: Any) -> services.Made:
    values = {"name": "CRM", "scopes": list(scopes), **fields}
    return services.create_key(fields=values, by=SYSTEM, at=now())


def program(*scopes: str, **fields: Any) -> Api:
    return Api("acme", made(*scopes, **fields).secret)


def test_a_key_is_made_shown_once_and_works(acme: Organization, caller: Callers) -> None:
    admin = caller("admin")
    answer = admin.post("/api-keys", {"name": " CRM ", "scopes": ["registrations:read", "events:read"]})
    key = answer.json()
    assert answer.status_code == 201
    assert (key["name"], key["scopes"]) == ("CRM", ["events:read", "registrations:read"])
    assert key["secret"].startswith(key["prefix"])
    assert len(key["secret"]) == 52
    row = ApiKey.objects.get()
    assert row.expires_at - row.created_at > timedelta(days=364)
    assert key["secret"] not in str(ApiKey.objects.values().get())
    (listed,) = admin.get("/api-keys").json()["items"]
    assert "secret" not in listed
    assert listed == admin.get(f"/api-keys/{key['id']}").json()
    assert Api("acme", key["secret"]).get("/registrations").status_code == 200
    assert happened()[-1] == "api_key.created"
    assert key["secret"] not in str(list(Entry.objects.values()))


def test_the_scopes_of_the_schema_are_those_of_the_table() -> None:
    assert Scope.__value__.__args__ == tuple(SCOPES)


@pytest.mark.parametrize("name", SCOPES)
def test_no_scope_lets_a_key_make_itself_more(name: str) -> None:
    never = {Operation.KEYS_READ, Operation.KEYS_WRITE, Operation.USERS_WRITE, Operation.PANEL, Operation.PROFILE}
    assert not allowed_by([name]) & never


def test_a_key_may_do_what_its_scopes_say(acme: Organization) -> None:
    event = make_event()
    draft = make_event(stage=None)
    registration = make_registration(event)
    reads = program("events:read")
    assert {row["id"] for row in reads.get("/events").json()["items"]} == {str(event.id)}
    assert reads.get(f"/events/{draft.id}").status_code == 404
    refused = reads.get("/registrations")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "scopes" in refused.json()["detail"]
    watches = program("registrations:read")
    assert watches.get(f"/registrations/{registration.id}").status_code == 200
    assert watches.get(f"/events/{event.id}/check-ins").status_code == 200
    for path in (f"/registrations/{registration.id}/cancel", f"/tickets/{registration.id}/reissue"):
        assert watches.post(path).status_code == 403
    assert watches.get("/users/me").status_code == 403


def test_a_key_writes_and_is_the_actor(acme: Organization) -> None:
    api = program("events:write", "registrations:write")
    fields = event_fields()
    moments = {name: fields[name].isoformat() for name in ("starts_at", "ends_at")}
    created = api.post("/events", {**fields, **moments})
    assert created.status_code == 201
    event = Event.objects.get(id=created.json()["id"])
    assert event.created_by_id is None
    entry = Entry.objects.get(type="event.created")
    key = ApiKey.objects.get()
    assert (entry.actor_kind, entry.actor_id, entry.actor_label) == ("key", key.id, f"CRM ({key.prefix}…)")
    assert api.post(f"/events/{event.id}/publish").status_code == 200
    nobody = api.post(f"/events/{event.id}/register")
    assert (nobody.status_code, nobody.json()["errors"][0]["pointer"]) == (422, "#/attendee")
    someone = {"attendee": {"name": "Ana", "email": "ana@example.com"}}
    assert api.post(f"/events/{event.id}/register", someone).status_code == 201
    assert api.get("/registrations").json()["items"][0]["attendee"]["name"] == "Ana"


def test_a_key_needs_nothing_else_to_be_refused(acme: Organization, globex: Organization, anonymous: Api) -> None:
    good = made("events:read")
    with scope.entered(globex.schema_name):
        foreign = made("events:read").secret
    ended = made("events:read")
    services.revoke_key(key_id=ended.key.id, by=SYSTEM, at=now())
    late = made("events:read", expires_at=now() + WEEK)
    ApiKey.objects.filter(id=late.key.id).update(expires_at=now() - WEEK)
    for secret in (foreign, ended.secret, late.secret, "afo_", "afo_" + "0" * 48, good.secret[:-1], good.key.prefix):
        answer = Api("acme", secret).get("/events")
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")
        assert answer["WWW-Authenticate"] == 'Bearer realm="aforo"'
    assert Api("acme", good.secret).get("/events").status_code == 200


def test_a_revoked_key_is_refused_at_once_here(acme: Organization, caller: Callers) -> None:
    one = made("events:read_drafts")
    api = Api("acme", one.secret)
    assert api.get("/events").status_code == 200
    admin = caller("admin")
    for _ in range(2):
        assert admin.delete(f"/api-keys/{one.key.id}").status_code == 204
    assert api.get("/events").status_code == 401
    assert happened().count("api_key.revoked") == 1
    again = admin.post(f"/api-keys/{one.key.id}/rotate")
    assert (again.status_code, again.json()["code"]) == (409, "key_revoked")


def test_a_rotation_overlaps(acme: Organization, caller: Callers) -> None:
    one = made("events:read")
    admin = caller("admin")
    rotated = admin.post(f"/api-keys/{one.key.id}/rotate", {"overlap_hours": 2}).json()
    old, new = Api("acme", one.secret), Api("acme", rotated["secret"])
    assert (old.get("/events").status_code, new.get("/events").status_code) == (200, 200)
    at = now()
    assert selectors.key_standing(one.secret, at=at + timedelta(minutes=119))[0] is not None
    assert selectors.key_standing(one.secret, at=at + timedelta(minutes=121))[0] is None
    assert selectors.key_standing(rotated["secret"], at=at + timedelta(minutes=121))[0] is not None
    third = admin.post(f"/api-keys/{one.key.id}/rotate", {"overlap_hours": 0}).json()
    assert [Api("acme", secret).get("/events").status_code for secret in (one.secret, rotated["secret"])] == [401, 401]
    assert Api("acme", third["secret"]).get("/events").status_code == 200
    assert happened().count("api_key.rotated") == 2


@pytest.mark.parametrize(
    ("peer", "status"),
    [("192.0.2.7", 200), ("192.0.3.7", 403), ("2001:db8::1", 200), ("::ffff:192.0.2.7", 200), ("", 403)],
)
def test_a_key_is_good_from_its_addresses_alone(acme: Organization, peer: str, status: int) -> None:
    api = program("registrations:read", addresses=["192.0.2.0/24", "2001:db8::/32"])
    answer = api.get("/registrations", REMOTE_ADDR=peer)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "address_not_allowed"
        assert happened()[-1] == "access.denied"


def test_that_a_key_is_used_is_written_once_a_minute(acme: Organization) -> None:
    api = program("registrations:read")
    assert api.get("/registrations").status_code == 200
    first = ApiKey.objects.get().last_used_at
    assert first is not None
    selectors.forget_keys()
    with CaptureQueriesContext(connection) as queries:
        api.get("/registrations")
        api.get("/registrations")
    assert ApiKey.objects.get().last_used_at == first
    assert sum("UPDATE" in query["sql"] for query in queries) == 1
    ApiKey.objects.update(last_used_at=now() - timedelta(minutes=2))
    selectors.forget_keys()
    api.get("/registrations")
    last = ApiKey.objects.get().last_used_at
    assert last is not None
    assert last > first


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"scopes": []}, "#/scopes"),
        ({"scopes": ["keys:write"]}, "#/scopes/0"),
        ({"name": " "}, "#/name"),
        ({"addresses": ["192.0.2.7/24"]}, "#/addresses/0"),
        ({"addresses": ["example.com"]}, "#/addresses/0"),
        ({"rate_class": "unlimited"}, "#/rate_class"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "#/expires_at"),
        ({"expires_at": (now() + timedelta(days=800)).isoformat()}, "#/expires_at"),
        ({"secret": "mine"}, "#/secret"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else next(iter(value)),
)
def test_a_bad_key_is_refused_at_its_field(caller: Callers, change: dict[str, Any], pointer: str) -> None:
    admin = caller("admin")
    answer = admin.post("/api-keys", {"name": "CRM", "scopes": ["events:read"], **change})
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {pointer}
    assert not ApiKey.objects.exists()


def test_a_key_is_changed_and_the_change_is_told(acme: Organization, caller: Callers) -> None:
    one = made("events:read")
    admin = caller("admin")
    changes = {"name": "ERP", "scopes": ["registrations:read"], "addresses": ["192.0.2.1"], "rate_class": "reduced"}
    answer = admin.patch(f"/api-keys/{one.key.id}", changes)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in changes} == {**changes, "addresses": ["192.0.2.1/32"]}
    assert Entry.objects.get(type="api_key.updated").changes["name"] == ["CRM", "ERP"]
    assert admin.patch(f"/api-keys/{one.key.id}", changes | {"addresses": ["192.0.2.1/32"]}).status_code == 200
    assert happened().count("api_key.updated") == 1
    assert admin.patch(f"/api-keys/{one.key.id}", {"expires_at": None}).status_code == 422
    assert admin.patch(f"/api-keys/{uuid4()}", {}).status_code == 404


def test_only_admins_keep_keys(acme: Organization, caller: Callers) -> None:
    one = made(*SCOPES)
    for api in (caller("organizer"), caller("scanner"), Api("acme", one.secret)):
        assert api.get("/api-keys").status_code == 403
        assert api.post("/api-keys", {"name": "x", "scopes": ["events:read"]}).status_code == 403
        assert api.post(f"/api-keys/{one.key.id}/rotate").status_code == 403
    assert ApiKey.objects.count() == 1
