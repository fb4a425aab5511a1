"""Every route, sent what nobody should send, answers with a problem: never a page, never a trace, never a 500."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.timezone import now

from identity import tokens
from kit.errors import REGISTRY
from tenants.models import Organization
from tests.conftest import Members
from tests.contracts.documented import check_documented
from tests.factories import make_event, make_session
from tests.isolation.test_routes import operations

JSON = "application/json"
PROBLEM = {"type", "title", "status", "detail", "instance", "code", "request_id", "errors"}
ROUTES = sorted({(method, path) for method, path, _ in operations()})

BODIES: dict[str, tuple[Any, str]] = {
    "nothing": (b"", JSON),
    "no JSON": (b"{", JSON),
    "two values": (b"{} {}", JSON),
    "null": (b"null", JSON),
    "a list": (b"[]", JSON),
    "a number": (b"1e400", JSON),
    "a text": (b'"text"', JSON),
    "not a number": (b"NaN", JSON),
    "no UTF-8": (b'{"name": "\xff\xfe"}', JSON),
    "half a surrogate": (b'{"name": "\\ud800"}', JSON),
    "NUL": (b'{"name": "\\u0000"}', JSON),
    "depth": (b"[" * 5_000, JSON),
    "a deep object": (b'{"a":' * 500 + b"1" + b"}" * 500, JSON),
    "a large number": (b'{"capacity": 1' + b"0" * 400 + b"}", JSON),
    "a member twice": (b'{"name": "a", "name": "b"}', JSON),
    "an unknown field": (b'{"__proto__": {}, "nobody": 1}', JSON),
    "wrong types": (b'{"name": {}, "items": 1, "capacity": [], "email": 5, "starts_at": true}', JSON),
    "a form": (b"name=x", "application/x-www-form-urlencoded"),
    "parts": (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
    "XML": (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "application/xml"),
    "an unknown charset": (b"{}", "application/json; charset=klingon"),
    "no type": (b"{}", ""),
}
QUERIES = {
    "an unknown parameter": "nobody=1",
    "an array": "filter[name]=x",
    "NUL": "search=%00",
    "no UTF-8": "search=%ff%fe",
    "a broken cursor": "after=abc",
    "another cursor": "after=WyJuYW1lIiwxLDJd",
    "a page before the first": "page=0",
    "a page after all": "page=99999999999999999999",
    "a huge size": "size=1000000",
    "a size that is none": "size=abc",
    "both": "page=1&after=x",
    "an unknown order": "sort=password",
    "an injected order": "sort=name;DROP TABLE",
    "a date that is none": "updated_since=yesterday",
    "a number for a date": "updated_since=1e99",
    "an unknown expansion": "expand=users",
    "much": "search=" + "x" * 4_000,
}
HEADERS: dict[str, dict[str, str]] = {
    "a tag that is none": {"if-match": "abc"},
    "tags without end": {"if-match": '"' * 999},
    "a key that is none": {"idempotency-key": "ñ"},
    "an empty key": {"idempotency-key": ""},
    "a long key": {"idempotency-key": "x" * 300},
    "another scheme": {"authorization": "Basic YTpi"},
    "a token that is none": {"authorization": "Bearer ñ"},
    "an API key that is none": {"authorization": "Bearer afo_nothing"},
    "no language": {"accept-language": "\u00ff;q=abc,,,"},
    "no encoding": {"accept-encoding": "gzip;q=0, \u00ff;;"},
    "a request id that is none": {"x-request-id": "a b\tc"},
    "another organization": {"x-tenant": "globex"},
    "no organization": {"x-tenant": "../../acme"},
    "no host": {"host": "a b"},
    "a host of its own": {"host": "acme.localhost@attacker.example"},
    "a host with a port that is none": {"host": "acme.localhost:port"},
}
IDS = ("not-an-id", "%2e%2e", "0", str(uuid4()).upper(), "' OR 1=1", "x" * 300)


@pytest.fixture(autouse=True)
def _uncounted(settings: Any) -> None:
    settings.RATE_LIMITS = False


@pytest.fixture
def client(acme: Organization, member: Members) -> Client:
    token = tokens.access_token(member(acme, "admin"), at=now())
    # Errors are answers: the client must not raise them.
    return Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token}"}, raise_request_exception=False)


@pytest.fixture
def ids(acme: Organization) -> dict[str, Any]:
    event = make_event()
    return {"event_id": event.id, "session_id": make_session(event).id}


def address(path: str, ids: dict[str, Any]) -> str:
    return "/api/v1" + re.sub(r"\{(?:uuidstr:)?(\w+)\}", lambda found: str(ids.get(found[1], uuid4())), path)


def check(what: str, response: Any, *, may_succeed: bool = True) -> None:
    """See that an answer is one of ours: a success, or a problem with all its members."""
    status = response.status_code
    assert status < 500, (what, status, response.content[:300])
    if status < 400:
        assert may_succeed, (what, status)
        return
    assert response["Content-Type"] == "application/problem+json", (what, response.content[:300])
    told = response.json()
    assert set(told) >= PROBLEM, (what, told)
    assert (told["status"], told["code"] in REGISTRY) == (status, True), (what, told)
    assert response["X-Request-Id"] == told["request_id"], what
    assert "Traceback" not in response.content.decode(), what
    method, _, rest = what.partition(" ")
    check_documented(method, f"/api/v1{rest.partition(' ')[0]}".replace("/api/v1/api/v1", "/api/v1"), response)
    if status == 401:
        assert response["WWW-Authenticate"], what
    if status == 405:
        assert response["Allow"], what


def sent(method: str) -> bool:
    return method in {"POST", "PUT", "PATCH"}


def broken_bodies(method: str) -> Iterator[tuple[str, Any, str]]:
    if sent(method):
        for name, (body, content_type) in BODIES.items():
            yield name, body, content_type


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_route_answers_broken_input_with_problems(
    client: Client, ids: dict[str, Any], method: str, path: str
) -> None:
    here = address(path, ids)
    key = {"idempotency-key": "a-key-of-this-test"}
    for name, body, content_type in broken_bodies(method):
        for headers in ({}, key):
            answer = client.generic(method, here, body, content_type=content_type, headers={"if-match": "*", **headers})
            check(f"{method} {path} with {name}", answer)
    for name, query in QUERIES.items():
        answer = client.generic(method, f"{here}?{query}", b"{}" if sent(method) else b"", content_type=JSON)
        check(f"{method} {path} asked for {name}", answer, may_succeed=name != "an unknown parameter")
    for name, headers in HEADERS.items():
        answer = client.generic(method, here, b"{}" if sent(method) else b"", content_type=JSON, headers=headers)
        check(f"{method} {path} under {name}", answer)


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "{uuidstr:" in route[1]])
def test_an_id_that_is_none_leads_nowhere(client: Client, method: str, path: str) -> None:
    for one in IDS:
        here = "/api/v1" + re.sub(r"\{[^}]*\}", one, path)
        answer = client.generic(method, here, b"{}", content_type=JSON, headers={"if-match": "*"})
        check(f"{method} {here}", answer, may_succeed=False)


@pytest.mark.parametrize("path", sorted({path for _, path in ROUTES}))
def test_another_method_is_told_which_there_are(client: Client, ids: dict[str, Any], path: str) -> None:
    there = {method for method, other in ROUTES if other == path}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - there:
        answer = client.generic(method, address(path, ids))
        if answer.status_code != 404:
            assert answer.status_code == 405, (method, path, answer.status_code)
            assert {one.strip() for one in answer["Allow"].split(",")} >= there
        check(f"{method} {path}", answer, may_succeed=False)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing", "/api/v1/nothing", "/api/v2/events", "/api/v1/events/", "/api/v1//events", "/%2e%2e/etc/passwd",
        "/api/v1/events/%00", "/.env", "/wp-login.php", "/problems/nothing", "/tickets", "/" + "x" * 5_000,
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_a_404(client: Client, path: str) -> None:
    check(path, client.get(path), may_succeed=False)


@pytest.mark.parametrize(("path", "size"), [("/events", 1_000_001), ("/events/bulk", 10_000_001)])
def test_a_body_that_is_too_long_is_a_413(client: Client, path: str, size: int) -> None:
    answer = client.post(f"/api/v1{path}", b"x" * size, content_type=JSON)
    check(path, answer, may_succeed=False)
    assert answer.status_code == 413
