"""Rate limits over HTTP: who is counted, as what, what they are told, and what happens while Valkey is away."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from django.core.cache import caches
from django.test import Client

from identity import services
from kit import gate, scope, throttling, valkey
from kit.actor import SYSTEM
from kit.gate import Class
from tenants import selectors
from tenants.models import Organization
from tenants.rules import PLANS, faults_of, limits_of
from tenants.services import update_organization
from tests.conftest import Api, Callers
from tests.factories import NOW, PASSWORD, event_fields, happened, make_event

type Limit = Callable[..., None]


@pytest.fixture(autouse=True)
def _one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the counters' clock: a test that meets the end of a minute would count in two."""
    moment = time.time()
    monkeypatch.setattr("django_ratelimit.core.time", SimpleNamespace(time=lambda: moment))


@pytest.fixture
def limit(acme: Organization) -> Limit:
    """Give acme limits of its own: `limit(read=3)`."""

    def give(**limits: int) -> None:
        with scope.entered(scope.PUBLIC):
            update_organization(organization_id=acme.pk, changes={"plan": "custom", "limits": limits})
        selectors._known.clear()

    return give


def test_answers_say_what_is_left(limit: Limit, caller: Callers) -> None:
    limit(read=3)
    api = caller("attendee")
    left = []
    for _ in range(3):
        answer = api.get("/users/me")
        assert answer["RateLimit-Policy"] == '"minute";q=3;w=60'
        name, remaining, seconds = answer["RateLimit"].split(";")
        assert name == '"minute"'
        assert 0 <= int(seconds.removeprefix("t=")) <= 60
        left.append(remaining)
    assert left == ["r=2", "r=1", "r=0"]


def test_whoever_asks_too_much_is_refused_and_told_until_when(limit: Limit, caller: Callers) -> None:
    limit(read=2, write=1)
    api = caller("organizer")
    for _ in range(2):
        assert api.get("/users/me").status_code == 200
    refused = api.get("/users/me")
    body = refused.json()
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert body["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert (body["code"], body["violated-policies"]) == ("quota_exceeded", ["minute"])
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused["RateLimit"].startswith('"minute";r=0;t=')
    # Each class has its own, and so has everybody.
    assert api.post("/categories", {"name": "One"}).status_code == 201
    assert api.post("/categories", {"name": "Two"}).status_code == 429
    assert caller("organizer").get("/users/me").status_code == 200
    assert happened() == ["category.created"]


def test_a_refused_caller_is_refused_by_ready_routes_too(limit: Limit, caller: Callers) -> None:
    limit(read=1)
    api = caller("organizer")
    event = make_event()
    assert api.get(f"/events/{event.id}").status_code == 200
    assert api.get(f"/events/{event.id}").status_code == 429
    assert api.get("/events").status_code == 429


def test_another_organization_is_not_disturbed(limit: Limit, anonymous: Api, globex: Organization) -> None:
    limit(search=1)
    told = [anonymous.get(f"/events/search?q={word}").status_code for word in ("one", "two", "three")]
    assert told == [200, 429, 429]
    assert Api("globex").get("/events/search?q=one").status_code == 200
    # What is ready costs no more than refusing.
    assert anonymous.get("/events/search?q=one").status_code == 200


def test_what_the_caller_has_already_is_free(limit: Limit, caller: Callers) -> None:
    limit(read=2)
    api = caller("organizer")
    event = make_event()
    first = api.get(f"/events/{event.id}")
    for _ in range(5):
        known = api.get(f"/events/{event.id}", headers={"if-none-match": first["ETag"]})
        assert known.status_code == 304
        assert known["RateLimit"].startswith('"minute";r=1;')
    stale = api.get(f"/events/{event.id}", headers={"if-none-match": '"old"'})
    assert (stale.status_code, stale["RateLimit"].split(";")[1]) == (200, "r=0")
    assert api.get(f"/events/{event.id}", headers={"if-none-match": '"old"'}).status_code == 429


@pytest.mark.parametrize(
    ("method", "path", "of"),
    [
        ("get", "/events", "read"),
        ("get", "/events/search?q=x", "search"),
        ("get", "/registrations?search=ana", "search"),
        ("get", "/registrations.csv", "bulk"),
        ("post", "/events/bulk", "bulk"),
        ("post", "/categories", "write"),
        ("delete", "/categories/00000000-0000-7000-8000-000000000000", "write"),
    ],
)
def test_each_request_is_of_a_class(limit: Limit, caller: Callers, method: str, path: str, of: str) -> None:
    limit(**{name: number for number, name in enumerate(PLANS["free"], start=10)})
    answer = getattr(caller("organizer"), method)(path)
    quota = [*PLANS["free"]].index(of) + 10
    assert answer["RateLimit-Policy"] == f'"minute";q={quota};w=60'


def test_strangers_are_counted_by_address(limit: Limit, anonymous: Api) -> None:
    limit(write=2)
    event = make_event()
    body = {"name": "Ana", "email": "ana@example.com"}
    told = [anonymous.post(f"/events/{event.id}/reserve", body, REMOTE_ADDR="192.0.2.1").status_code for _ in range(3)]
    assert told == [201, 200, 429]
    assert anonymous.post(f"/events/{event.id}/reserve", body, REMOTE_ADDR="192.0.2.2").status_code == 200
    told = [
        anonymous.post(f"/events/{event.id}/reserve", body, REMOTE_ADDR=f"2001:db8::{host}").status_code
        for host in (1, 2, 3)
    ]
    assert told == [200, 200, 429]


def test_bad_credentials_are_counted_by_address(limit: Limit) -> None:
    limit(read=3)
    told = [Api("acme", f"afo_{number:048}").get("/users/me").status_code for number in range(5)]
    assert told == [401, 401, 401, 429, 429]


def test_logins_are_counted_by_address(limit: Limit, anonymous: Api) -> None:
    limit(login=2)
    told = [
        anonymous.post("/auth/login", {"email": f"{name}@example.com", "password": "x"}).status_code for name in "abc"
    ]
    assert told == [401, 401, 429]
    assert anonymous.post("/auth/refresh", {"refresh_token": "x"}).status_code == 429


def test_a_reduced_key_has_a_tenth(limit: Limit) -> None:
    limit(read=20)
    fields = {"name": "Widget", "scopes": ["registrations:read"], "rate_class": "reduced"}
    api = Api("acme", services.create_key(fields=fields, by=SYSTEM, at=NOW).secret)
    assert [api.get("/registrations").status_code for _ in range(3)] == [200, 200, 429]


def test_usage_tells_ones_own(limit: Limit, caller: Callers) -> None:
    limit(read=10, bulk=5)
    api = caller("organizer")
    api.get("/users/me")
    api.get("/registrations.csv")
    told = api.get("/usage").json()
    assert told["window_seconds"] == 60
    assert (told["read"]["limit"], told["read"]["used"], told["read"]["remaining"]) == (10, 2, 8)
    assert (told["bulk"]["used"], told["write"]["used"]) == (1, 0)
    assert caller("organizer").get("/usage").json()["bulk"]["used"] == 0


def test_all_can_be_turned_off(limit: Limit, caller: Callers, settings: Any) -> None:
    limit(read=1)
    settings.RATE_LIMITS = False
    api = caller("attendee")
    for _ in range(3):
        answer = api.get("/users/me")
        assert (answer.status_code, "RateLimit" in answer) == (200, False)


def test_without_valkey_reads_and_known_callers_pass(
    cache_away: Callable[[], None], acme: Organization, caller: Callers, anonymous: Api
) -> None:
    event = make_event()
    api = caller("organizer")
    assert api.get("/users/me").status_code == 200
    assert api.post("/categories", {"name": "One"}).status_code == 201
    assert anonymous.get("/events/search?q=x").status_code == 200
    refused = anonymous.post(f"/events/{event.id}/reserve", {"name": "Ana", "email": "ana@example.com"})
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert refused["Retry-After"]
    login = anonymous.post("/auth/login", {"email": "owner@acme.example", "password": PASSWORD})
    assert login.status_code == 503
    told = api.get("/usage").json()["read"]
    assert (told["limit"], told["used"]) == (PLANS["free"]["read"], None)
    cache_away()
    answer = anonymous.post(f"/events/{event.id}/reserve", {"name": "Ana", "email": "ana@example.com"})
    assert (answer.status_code, "RateLimit" in answer) == (201, True)


def test_a_counter_that_was_lost_begins_anew_and_ends(acme: Organization) -> None:
    first = throttling.used("read", "somebody", limit=9, counts=True)
    second = throttling.used("read", "somebody", limit=9, counts=True)
    assert first is not None
    assert second is not None
    assert (first.used, second.used) == (1, 2)
    valkey.ask(valkey.packed("FLUSHDB"))
    again = throttling.used("read", "somebody", limit=9, counts=True)
    assert again is not None
    assert again.used == 1
    (name,) = (name for name in _keys() if b":rl:" in name)
    assert 0 < int(valkey.ask(valkey.packed("TTL", name.decode())) or 0) <= 65


def _keys() -> list[bytes]:
    found: Any = valkey.ask(valkey.packed("KEYS", f"{caches['counters'].key_prefix}*"))
    return list(found)


def test_a_plan_that_is_no_more_is_the_free_one() -> None:
    assert limits_of("gold", {}) == PLANS["free"]
    assert limits_of("custom", {"read": 5, "tea": 1})["read"] == 5
    assert "tea" not in limits_of("custom", {"tea": 1})
    assert all(set(plan) == {one.value for one in Class} for plan in PLANS.values())


def test_limits_are_whole_numbers_of_known_classes() -> None:
    assert faults_of({"read": 5}) == []
    for wrong in ({"tea": 1}, {"read": 0}, {"read": True}, {"read": "5"}, {"read": 1e9}, ["read"]):
        assert len(faults_of(wrong)) == 1


def test_a_plan_can_be_chosen_by_operators(acme: Organization) -> None:
    client = Client(headers={"host": "localhost"})
    with scope.entered(scope.PUBLIC):
        client.post("/admin/login/?next=/admin/", {"username": "operator@aforo.example", "password": PASSWORD})
        form = {"name": "Acme", "locale": "es", "timezone": "UTC", "plan": "custom"}
        page = f"/admin/tenants/organization/{acme.pk}/change/"
        refused = client.post(page, {**form, "limits": '{"read": -1}'})
        assert "whole number" in refused.content.decode()
        assert client.post(page, {**form, "limits": '{"read": 7}'}).status_code == 302
        acme.refresh_from_db()
    assert (acme.plan, acme.limits) == ("custom", {"read": 7})


def test_one_event_is_made_however_often_its_writer_is_counted(limit: Limit, caller: Callers) -> None:
    """A key's answer is looked for inside: the request that repeats it counts as well."""
    limit(write=2)
    api = caller("organizer")
    fields = {name: str(value) for name, value in event_fields().items() if name == "name"}
    body = {
        "name": fields["name"],
        "starts_at": "2047-01-01T00:00:00Z",
        "ends_at": "2047-01-02T00:00:00Z",
        "capacity": 1,
    }
    told = [api.post("/events", body, headers={"idempotency-key": "one"}) for _ in range(3)]
    assert [answer.status_code for answer in told] == [201, 201, 429]
    assert told[1]["Idempotent-Replayed"] == "true"
    assert told[1]["RateLimit"].startswith('"minute";r=0;')


def test_the_gate_refuses_again_whoever_was_refused_and_nobody_else(limit: Limit, caller: Callers) -> None:
    """Through WSGI, as the server does it: Django's test client comes in behind the gate."""
    limit(read=1)
    api = caller("attendee")
    told: list[Any] = []
    passed: list[str] = []

    def application(environ: dict[str, Any], _: Any) -> list[bytes]:
        passed.append(environ["PATH_INFO"])
        throttling_request = {key: environ[key] for key in environ if key == gate._CALLER}
        told.append(api.get(environ["PATH_INFO"].removeprefix("/api/v1"), **throttling_request))
        return [told[-1].content]

    def call(path: str, **environ: str) -> Any:
        answers: list[Any] = []
        base = {"REQUEST_METHOD": "GET", "PATH_INFO": f"/api/v1{path}", "HTTP_HOST": "acme.localhost"}
        (body,) = gate.gated(application)({**base, **environ}, lambda *answer: answers.append(answer))
        return answers, body

    mine = {"HTTP_AUTHORIZATION": f"Bearer {api.token}", "REMOTE_ADDR": "127.0.0.1"}
    for _ in range(2):
        call("/users/me", **mine)
    assert [answer.status_code for answer in told] == [200, 429]
    ((status, headers),), body = call("/users/me", **mine, HTTP_X_REQUEST_ID="mine")
    assert len(passed) == 2
    assert status == "429 Too Many Requests"
    behind, before = told[1].json(), orjson.loads(body)
    assert {**behind, "request_id": "mine"} == before
    sent = dict(headers)
    for name in ("Content-Type", "RateLimit-Policy", "X-Content-Type-Options"):
        assert sent[name] == told[1][name]
    assert (sent["X-Request-Id"], sent["Content-Length"]) == ("mine", str(len(body)))
    assert sent["RateLimit"] == f'"minute";r=0;t={sent["Retry-After"]}'
    for other in ({"HTTP_AUTHORIZATION": "Bearer x"}, {"REMOTE_ADDR": "192.0.2.1"}, {"REQUEST_METHOD": "POST"}):
        call("/users/me", **{**mine, **other})
    assert len(passed) == 5
    gate.open_all()
    call("/users/me", **mine)
    assert len(passed) == 6


def somebody() -> str:
    """Name a caller whose minute is not soon over: in its last seconds each request is counted by itself."""
    return next(
        name
        for name in (f"user:{number}" for number in count())
        if (usage := throttling.used(Class.READ, name, limit=1)) and usage.resets_in > gate.MINUTE / 2
    )


def test_whoever_asks_for_much_is_counted_several_at_once_and_never_twice(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes take numbers in turns: none is given out twice, and what is taken and not given out is little."""
    processes: list[Any] = [{}, {}]
    numbers, asked = [], []
    take = throttling._asked

    def counted(*args: Any, **kwargs: Any) -> Any:
        asked.append(args)
        return take(*args, **kwargs)

    name = somebody()
    monkeypatch.setattr(throttling, "_asked", counted)
    for turn in range(6_000):
        monkeypatch.setattr(throttling, "_stocks", processes[turn % 2])
        usage = throttling.used(Class.READ, name, limit=1_000_000, counts=True)
        assert usage is not None
        numbers.append(usage.used)
    told = throttling.used(Class.READ, name, limit=1_000_000)
    assert told is not None
    assert len(set(numbers)) == 6_000
    assert max(numbers) <= told.used <= 6_000 * (1 + 2 / throttling.AT_ONCE)
    # The first of a caller are counted one by one, and of many each costs little.
    assert sorted(numbers[: throttling.AT_ONCE]) == [*range(1, throttling.AT_ONCE + 1)]
    assert len(asked) < 2_500


def test_threads_that_count_at_once_get_each_number_once(acme: Organization) -> None:
    name = somebody()

    def numbered(times: int) -> list[int]:
        with scope.entered(acme.schema_name):
            told = [throttling.used(Class.READ, name, limit=1_000_000, counts=True) for _ in range(times)]
        return [usage.used for usage in told if usage]

    with ThreadPoolExecutor(8) as pool:
        numbers = pool.submit(numbered, 2_000).result()
        numbers += [number for told in pool.map(numbered, [500] * 8) for number in told]
    assert len(set(numbers)) == len(numbers) == 6_000


def test_nobody_passes_a_limit_that_is_counted_several_at_once(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes: list[Any] = [{}, {}, {}]
    name, passed = somebody(), 0
    for turn in range(1_300):
        monkeypatch.setattr(throttling, "_stocks", processes[turn % 3])
        usage = throttling.used(Class.WRITE, name, limit=1_200, counts=True)
        passed += usage is not None and usage.used <= usage.limit
    assert passed == 1_200
