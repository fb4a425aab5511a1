"""Every route, met by another organization's credential, host and ids, gives nothing."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils.timezone import now

from catalog.models import Category, Event, Room, Speaker, Venue
from config.api import api
from identity import services, tokens
from identity.authentication import Requires
from identity.models import ApiKey, RefreshToken
from identity.rules import SCOPES
from identity.services.logins import _grant
from journal.models import Entry
from kit import scope
from kit.actor import SYSTEM, Actor
from kit.idempotency import name_of
from kit.ids import new_id
from kit.models import PartnerRequest, StoredAnswer
from notifications.models import Mail
from tenants.models import Organization
from tests.conftest import Members
from tests.factories import make_event, make_member, make_named, make_registration, make_session
from webhooks.services import add_endpoint

METHODS = ("get", "post", "put", "patch", "delete")
PUBLIC_KEY = {"kty": "OKP", "crv": "Ed25519", "kid": "1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
# The address of each call, in the order they were made.
probes: list[str] = []
# Routes that need no credential say so here, one by one.
OPEN = {
    ("POST", "/auth/register"),
    ("POST", "/auth/login"),
    ("POST", "/auth/refresh"),
    ("POST", "/auth/logout"),
    ("POST", "/auth/password/forgot"),
    ("POST", "/auth/password/reset"),
    ("GET", "/event-types"),
}


_SPAN = {"starts_at": "2047-01-01T00:00:00Z", "ends_at": "2047-01-01T01:00:00Z", "capacity": 1}
# What routes must be sent before they look at the ids: by route, or by method and noun.
BODIES: dict[str, Any] = {
    "POST /webhooks/endpoints/{uuidstr:endpoint_id}/replay": {"since": "2027-01-01T00:00:00Z"},
    "POST /events/{uuidstr:event_id}/sessions": {"title": "x", **_SPAN},
    "PUT /events/{uuidstr:event_id}/coordinators": {"user_ids": []},
    "PUT events": {"name": "x", **_SPAN},
    "PUT sessions": {"title": "x", **_SPAN},
    "POST /events/{uuidstr:event_id}/reserve": {"name": "x", "email": "x@example.com"},
    "POST /sessions/{uuidstr:session_id}/reserve": {"name": "x", "email": "x@example.com"},
    **{f"PUT {noun}": {"name": "x"} for noun in ("categories", "venues", "rooms", "speakers")},
}


def operations() -> Iterator[tuple[str, str, Any]]:
    for _, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    yield method, path, operation


def routes() -> list[tuple[str, str]]:
    return [(method, path) for method, path, _ in operations()]


def guarded() -> list[tuple[str, str]]:
    return [route for route in routes() if route not in OPEN]


def test_every_route_is_guarded_or_named_as_open() -> None:
    unguarded = {
        (method, path)
        for method, path, operation in operations()
        if not any(isinstance(callback, Requires) for callback in operation.auth_callbacks)
    }
    assert unguarded == OPEN
    assert len(routes()) > 25


def filled(path: str, ids: dict[str, Any]) -> str:
    for name, value in {**ids, "row_id": ids.get(path.split("/")[1])}.items():
        path = path.replace(f"{{uuidstr:{name}}}", str(value)).replace(f"{{{name}}}", str(value))
    assert "{" not in path, path
    return f"/api/v1{path}"


def answered() -> UUID:
    """Have a request of this organization's that was answered; give its key."""
    key, member = uuid4(), make_member("admin")
    by = Actor("user", member.id, member.email, "admin")
    StoredAnswer.objects.create(
        name=name_of(str(key), by=by), fingerprint=b"", status=201, body=b"Secret", created_at=now()
    )
    return key


def noted(key: ApiKey) -> str:
    """Have a request of this organization's that was noted; give its id."""
    row = PartnerRequest.objects.create(
        request_id="noted-request", actor_id=key.id, at=now(), method="GET", path="/secret", status=200, milliseconds=1
    )
    return row.request_id


@pytest.fixture(autouse=True)
def _probes(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """Count the calls that should give nothing: the number is told after all tests."""
    before = len(probes)
    yield
    record_property("probes", len(probes) - before)


type Foreign = dict[str, Any]


@pytest.fixture
def foreign(acme: Organization, globex: Organization) -> Foreign:
    """What is really there in globex: ids of every noun, and two credentials that may do all there is."""
    with scope.entered(globex.schema_name):
        event = make_event(name="Secret of globex")
        session = make_session(event)
        registration = make_registration(event, name="Secret guest")
        admin = make_member("admin", name="Secret admin")
        key = services.create_key(fields={"name": "Secret key", "scopes": [*SCOPES]}, by=SYSTEM, at=now())
        issuer = services.add_issuer(
            fields={"issuer": "https://secret.example", "jwks": {"keys": [PUBLIC_KEY]}, "audience": "x"},
            by=SYSTEM,
            at=now(),
        )
        grant = _grant(admin, family=new_id(), at=now())
        endpoint = add_endpoint(fields={"url": "https://93.184.216.34/secret"}, by=SYSTEM, at=now()).endpoint
        delivery = endpoint.deliveries.create(entry_id=uuid4(), type="event.created", next_attempt_at=now())
        mail = Mail.objects.create(kind="test", recipient="secret@example.com", status="sent", next_attempt_at=now())
        return {
            "endpoint_id": endpoint.id,
            "delivery_id": delivery.id,
            "mail_id": mail.id,
            "event_id": event.id,
            "session_id": session.id,
            "registration_id": registration.id,
            "ticket_id": registration.id,
            "user_id": admin.id,
            "key_id": key.key.id,
            "issuer_id": issuer.id,
            "key": answered(),
            "request_id": noted(key.key),
            "categories": make_named(Category, name="Secret category").id,
            "venues": make_named(Venue, name="Secret venue").id,
            "rooms": make_named(Room, name="Secret room").id,
            "speakers": make_named(Speaker, name="Secret speaker").id,
            "credentials": (grant.access_token, key.secret),
            "refresh_token": grant.refresh_token,
            "code": registration.code,
            "email": registration.attendee_email,
        }


def call(method: str, path: str, body: Any = None, **headers: str) -> Any:
    probes.append(path)
    send = getattr(Client(headers=headers), method.lower())
    return send(path) if method in {"GET", "DELETE"} else send(path, data=body or {}, content_type="application/json")


def state(organization: Organization) -> tuple[Any, ...]:
    """Sum up what an organization has: any write would show, and so would a denial in its journal."""
    with scope.entered(organization.schema_name):
        events = Event.objects.values_list("version", flat=True)
        live = RefreshToken.objects.filter(revoked_at=None, used_at=None).count()
        return Entry.objects.count(), sum(events), len(events), live, ApiKey.objects.filter(revoked_at=None).count()


def admitted(organization: Organization, member: Members) -> dict[str, str]:
    """Give the headers of an admin of the organization."""
    with scope.entered(organization.schema_name):
        token = tokens.access_token(member(organization, "admin"), at=now())
    return {"host": f"{organization.slug}.localhost", "authorization": f"Bearer {token}"}


@pytest.mark.parametrize(("method", "path"), guarded())
def test_a_foreign_credential_is_a_401(
    acme: Organization, globex: Organization, foreign: Foreign, method: str, path: str
) -> None:
    before = state(acme), state(globex)
    for host in ({"host": "acme.localhost"}, {"host": "localhost", "x-tenant": "acme"}):
        for credential in foreign["credentials"]:
            response = call(method, filled(path, foreign), authorization=f"Bearer {credential}", **host)
            assert (response.status_code, response.json()["code"]) == (401, "bad_token")
            assert "ecret" not in response.content.decode().replace("rotate-secret", "")
    assert (state(acme), state(globex)) == before


@pytest.mark.parametrize(("method", "path"), [route for route in guarded() if "{" in route[1]])
def test_a_foreign_id_is_a_404_and_reads_like_an_unknown_one(
    acme: Organization, globex: Organization, member: Members, foreign: Foreign, method: str, path: str
) -> None:
    headers = {**admitted(acme, member), "if-match": "*"}
    body = BODIES.get(f"{method} {path}", BODIES.get(f"{method} {path.split('/')[1]}", {}))
    before = state(globex)
    answers = []
    for ids in (foreign, dict.fromkeys(foreign, uuid4())):
        response = call(method, filled(path, ids), body, **headers)
        assert (response.status_code, response.json()["code"]) == (404, "not_found"), response.content
        answers.append({k: v for k, v in response.json().items() if k not in {"request_id", "instance"}})
    assert answers[0] == answers[1]
    assert state(globex) == before


LISTS = ("/events", "/sessions", "/categories", "/venues", "/rooms", "/speakers", "/registrations", "/api-keys")


@pytest.mark.parametrize("path", LISTS)
def test_lists_hold_nothing_foreign_and_foreign_cursors_lead_nowhere_else(
    acme: Organization, globex: Organization, member: Members, foreign: Foreign, path: str
) -> None:
    here, there = admitted(acme, member), admitted(globex, member)
    assert call("GET", f"/api/v1{path}", **here).json()["items"] == []
    with scope.entered(globex.schema_name):
        make_session(make_event(name="Secret too"), title="Secret too")
        make_registration(make_event(), name="Secret too")
        services.create_key(fields={"name": "Secret too", "scopes": ["events:read"]}, by=SYSTEM, at=now())
        for model in (Category, Venue, Room, Speaker):
            make_named(model, name="Secret too")
    cursor = call("GET", f"/api/v1{path}?limit=1", **there).json()["next"]
    assert cursor
    followed = call("GET", f"/api/v1{path}?limit=1&after={cursor}", **here)
    assert (followed.status_code, followed.json()["items"]) == (200, [])


def test_foreign_tags_spare_and_admit_nobody(
    acme: Organization, globex: Organization, member: Members, foreign: Foreign
) -> None:
    here, there = admitted(acme, member), admitted(globex, member)
    path = f"/api/v1/events/{foreign['event_id']}"
    tag = call("GET", path, **there)["ETag"]
    before = state(globex)
    for method, header in (("GET", "if-none-match"), ("PATCH", "if-match"), ("DELETE", "if-match")):
        assert call(method, path, **here, **{header: tag}).status_code == 404
    lists = call("GET", "/api/v1/events", **there)["ETag"]
    assert call("GET", "/api/v1/events", **here, **{"if-none-match": lists}).json()["items"] == []
    assert state(globex) == before


def test_a_foreign_idempotency_key_is_another_one(
    acme: Organization, globex: Organization, member: Members, foreign: Foreign
) -> None:
    key = str(foreign["key"])
    body = {"name": "Mine", **_SPAN}
    answer = call("POST", "/api/v1/events", body, **admitted(acme, member), **{"idempotency-key": key})
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer
    assert "ecret" not in answer.content.decode()


def test_what_guests_know_and_refresh_tokens_are_good_at_home_alone(
    acme: Organization, globex: Organization, foreign: Foreign
) -> None:
    before = state(globex)
    token, code = {"refresh_token": foreign["refresh_token"]}, {"code": foreign["code"], "email": foreign["email"]}
    for path, body, status in (
        ("/auth/refresh", token, 401),
        ("/auth/logout", token, 204),
        ("/registrations/cancel", code, 404),
        ("/registrations/codes", {"email": foreign["email"]}, 202),
    ):
        assert call("POST", f"/api/v1{path}", body, host="acme.localhost").status_code == status
    assert state(globex) == before


def test_ready_answers_are_each_organizations_own(acme: Organization, foreign: Foreign) -> None:
    make_event(name="Of acme")
    for _ in range(2):
        for path in ("/events", "/events/search?q=of", "/events.ics"):
            for host, other in (("acme", "globex"), ("globex", "acme")):
                for headers in ({"host": f"{host}.localhost"}, {"host": "localhost", "x-tenant": host}):
                    body = call("GET", f"/api/v1{path}", **headers).content.decode()
                    assert f"f {host}" in body
                    assert f"f {other}" not in body


@pytest.mark.parametrize(("method", "path"), routes())
def test_an_unknown_host_and_the_public_one_serve_no_route(
    acme: Organization, foreign: Foreign, method: str, path: str
) -> None:
    for host, code in (("nobody.localhost", "unknown_host"), ("localhost", "not_found")):
        response = call(method, filled(path, foreign), host=host)
        assert (response.status_code, response.json()["code"]) == (404, code)
