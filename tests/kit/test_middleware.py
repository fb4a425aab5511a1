"""A request has an id and one log line, and its errors are problems."""

from typing import Any

import pytest
from django.test import Client
from structlog.testing import capture_logs

from tenants.models import Organization
from tests.conftest import Callers


def get(path: str, **headers: str) -> Any:
    return Client().get(path, headers={"host": "acme.localhost", **headers})


def test_an_id_is_echoed_or_made(acme: Organization) -> None:
    assert get("/api/v1/events", **{"x-request-id": "abc-1.2_3"})["X-Request-Id"] == "abc-1.2_3"
    made = get("/api/v1/events")["X-Request-Id"]
    assert len(made) == 36
    assert made != get("/api/v1/events")["X-Request-Id"]


@pytest.mark.parametrize("bad", ["a b", "x" * 65, "a\tb", "é", "a;b"])
def test_an_id_that_could_forge_a_log_is_replaced(acme: Organization, bad: str) -> None:
    assert len(get("/api/v1/events", **{"x-request-id": bad})["X-Request-Id"]) == 36


def test_one_line_says_what_happened_and_keeps_secrets(acme: Organization) -> None:
    with capture_logs() as lines:
        body = {"email": "a@b.example", "password": "very-secret-thing"}
        Client(headers={"host": "acme.localhost"}).post("/api/v1/auth/login?x=hidden", body, "application/json")
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["method"], line["path"], line["status"]) == ("POST", "/api/v1/auth/login", 422)
    assert line["ms"] > 0
    assert "secret" not in str(lines)
    assert "hidden" not in str(lines)


def test_every_answer_says_how_long_it_is(acme: Organization) -> None:
    for path in ("/api/v1/events", "/nothing", "/health"):
        answer = get(path)
        assert int(answer["Content-Length"]) == len(answer.content)


def test_what_breaks_is_a_problem_without_a_trace(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: Any) -> None:
        raise RuntimeError("the secret inner state")

    monkeypatch.setattr("catalog.selectors.events", broken)
    answer = get("/api/v1/events")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/events.ics", "/health", "/api/v1/events/x"])
def test_head_answers_as_get_does_but_for_the_body(acme: Organization, path: str) -> None:
    client = Client(headers={"host": "acme.localhost"})
    got, asked = client.get(path), client.head(path)
    assert (asked.status_code, asked.content) == (got.status_code, b"")
    names = ("Content-Length", "Content-Type", "ETag")
    if got.status_code == 200:
        assert [asked.get(name) for name in names] == [got.get(name) for name in names]


def test_head_of_what_is_streamed_streams_nothing(caller: Callers) -> None:
    response = caller("organizer")("head", "/events.csv")
    assert (response.status_code, b"".join(response.streaming_content)) == (200, b"")
