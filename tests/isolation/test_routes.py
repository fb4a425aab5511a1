"""Every route, met by another organization's credential, host and ids, gives nothing."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils.timezone import now

from catalog.models import Category, Event, Room, Speaker, Venue
from config.api import api
from identity import tokens
from identity.authentication import Requires
from journal.models import Entry
from kit import scope
from kit.actor import Actor
from kit.idempotency import name_of
from kit.models import StoredAnswer
from tenants.models import Organization
from tests.conftest import Members
from tests.factories import make_event, make_member, make_named, make_registration, make_session

METHODS = ("get", "post", "put", "patch", "delete")
# Routes that need no credential say so here, one by one.
OPEN = {
    ("POST", "/auth/register"),
    ("POST", "/auth/login"),
    ("POST", "/auth/refresh"),
    ("POST", "/auth/logout"),
    ("GET", "/event-types"),
}


_SPAN = {"starts_at": "2047-01-01T00:00:00Z", "ends_at": "2047-01-01T01:00:00Z", "capacity": 1}
# What routes must be sent before they look at the ids: by route, or by method and noun.
BODIES: dict[str, Any] = {
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


def filled(path: str, ids: dict[str, UUID]) -> str:
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


@pytest.fixture
def foreign(acme: Organization, globex: Organization) -> dict[str, UUID]:
    """Ids of globex: an event, a session and a registration that are really there."""
    with scope.entered(globex.schema_name):
        event = make_event(name="Secret of globex")
        session = make_session(event)
        registration = make_registration(event, name="Secret guest")
        return {
            "event_id": event.id,
            "session_id": session.id,
            "registration_id": registration.id,
            "ticket_id": registration.id,
            "key": answered(),
            "categories": make_named(Category, name="Secret category").id,
            "venues": make_named(Venue, name="Secret venue").id,
            "rooms": make_named(Room, name="Secret room").id,
            "speakers": make_named(Speaker, name="Secret speaker").id,
        }


def call(method: str, path: str, **headers: str) -> Any:
    send = getattr(Client(headers=headers), method.lower())
    return send(path) if method in {"GET", "DELETE"} else send(path, data={}, content_type="application/json")


def state(organization: Organization) -> tuple[int, int, int]:
    with scope.entered(organization.schema_name):
        events = Event.objects.values_list("version", flat=True)
        return Entry.objects.count(), sum(events), len(events)


@pytest.mark.parametrize(("method", "path"), guarded())
def test_a_foreign_credential_is_a_401(
    acme: Organization, globex: Organization, foreign: dict[str, UUID], method: str, path: str
) -> None:
    token = tokens.access_token(make_member("admin"), at=now())
    before = state(globex)
    for host in ({"host": "globex.localhost"}, {"host": "localhost", "x-tenant": "globex"}):
        response = call(method, filled(path, foreign), authorization=f"Bearer {token}", **host)
        assert (response.status_code, response.json()["code"]) == (401, "bad_token")
        assert "ecret" not in response.content.decode()
    assert state(globex) == before


@pytest.mark.parametrize(("method", "path"), [route for route in guarded() if "{" in route[1]])
def test_a_foreign_id_is_a_404_and_reads_like_an_unknown_one(
    acme: Organization, globex: Organization, member: Members, foreign: dict[str, UUID], method: str, path: str
) -> None:
    token = tokens.access_token(member(acme, "admin"), at=now())
    body = BODIES.get(f"{method} {path}", BODIES.get(f"{method} {path.split('/')[1]}", {}))
    before = state(globex)
    answers = []
    for ids in (foreign, {name: uuid4() for name in foreign}):
        client = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token}", "if-match": "*"})
        send = getattr(client, method.lower())
        address = filled(path, ids)
        response = (
            send(address) if method in {"GET", "DELETE"} else send(address, body, content_type="application/json")
        )
        assert (response.status_code, response.json()["code"]) == (404, "not_found"), response.content
        answers.append({k: v for k, v in response.json().items() if k not in {"request_id", "instance"}})
    assert answers[0] == answers[1]
    assert state(globex) == before


def test_lists_hold_nothing_foreign(acme: Organization, member: Members, foreign: dict[str, UUID]) -> None:
    token = tokens.access_token(member(acme, "admin"), at=now())
    for path in ("/events", "/sessions", "/categories", "/venues", "/rooms", "/speakers", "/registrations"):
        response = call("GET", f"/api/v1{path}", host="acme.localhost", authorization=f"Bearer {token}")
        assert response.json()["items"] == []


def test_ready_answers_are_each_organizations_own(acme: Organization, foreign: dict[str, UUID]) -> None:
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
    acme: Organization, foreign: dict[str, UUID], method: str, path: str
) -> None:
    for host, code in (("nobody.localhost", "unknown_host"), ("localhost", "not_found")):
        response = call(method, filled(path, foreign), host=host)
        assert (response.status_code, response.json()["code"]) == (404, code)
