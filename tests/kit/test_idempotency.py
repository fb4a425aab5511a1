"""Idempotency-Key: sent again, done once, answered the same."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils.timezone import now
from structlog.testing import capture_logs

from attendance.models import Registration
from catalog.models import Category, Event
from kit import idempotency
from kit.models import StoredAnswer
from tests.conftest import Api, Callers
from tests.factories import make_event, make_registration, soon

PER_REQUEST = {"X-Request-Id", "Idempotent-Replayed", "RateLimit"}


def send(api: Api, path: str, body: Any, key: str) -> Any:
    return api.post(path, body, headers={"idempotency-key": key})


def same(first: Any, again: Any) -> None:
    """Compare two answers, headers and all; the second says that it is one."""
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    left, right = ({k: v for k, v in one.items() if k not in PER_REQUEST} for one in (first, again))
    assert left == right


@pytest.mark.parametrize(("body", "status"), [({"name": "Talks"}, 201), ({"name": ""}, 422)])
def test_a_request_sent_again_is_done_once_and_answered_the_same(
    caller: Callers, body: dict[str, Any], status: int
) -> None:
    api, key = caller("organizer"), str(uuid4())
    first, again = (send(api, "/categories", body, key) for _ in range(2))
    assert first.status_code == status
    same(first, again)
    assert Category.objects.count() == (status == 201)


def test_a_refusal_stays_what_it_was(caller: Callers) -> None:
    api, key, event = caller("organizer"), str(uuid4()), make_event(stage=None)
    assert send(api, f"/events/{event.id}/resume", {}, key).status_code == 409
    assert api.post(f"/events/{event.id}/publish").status_code == 200
    assert send(api, f"/events/{event.id}/resume", {}, key).json()["code"] == "wrong_stage"


def test_a_key_is_for_one_request(caller: Callers) -> None:
    api, key = caller("organizer"), str(uuid4())
    assert send(api, "/categories", {"name": "Talks"}, key).status_code == 201
    for path, body in (("/categories", {"name": "Music"}), ("/venues", {"name": "Talks"})):
        other = send(api, path, body, key)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert [one.name for one in Category.objects.all()] == ["Talks"]


def test_a_key_is_its_callers_own(caller: Callers) -> None:
    key = str(uuid4())
    for number, api in enumerate((caller("organizer"), caller("admin"))):
        assert send(api, "/categories", {"name": f"Talks {number}"}, key).status_code == 201
    outsider = caller("attendee")
    assert send(outsider, "/categories", {"name": "Talks 0"}, key).status_code == 403
    assert outsider.get(f"/idempotency/{key}").status_code == 404


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "señal"])
def test_what_is_no_key_is_refused(caller: Callers, key: str) -> None:
    refused = send(caller("organizer"), "/categories", {"name": "Talks"}, key)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_idempotency_key")
    assert not Category.objects.exists()


def test_what_makes_many_asks_for_a_key(caller: Callers) -> None:
    api = caller("organizer")
    refused = api._client.post("/api/v1/events/bulk", {"items": []}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_missing")
    event, key = soon(capacity=3), str(uuid4())
    people = [{"name": f"Guest {n}", "email": f"guest{n}@example.com"} for n in range(5)]
    body = {"mode": "partial", "items": [{"event_id": str(event.id), "attendee": one} for one in people]}
    first, again = (send(api, "/registrations/bulk", body, key) for _ in range(2))
    assert first.status_code == 207
    same(first, again)
    assert Registration.objects.count() == 3


@pytest.mark.parametrize("has_room", [True, False])
def test_a_seat_and_its_answer_are_one(caller: Callers, anonymous: Api, *, has_room: bool) -> None:
    """The statement that takes the seat writes the very bytes of the answer."""
    event = soon(capacity=1, has_waitlist=True)
    if not has_room:
        make_registration(event)
        make_registration(event)
    name = 'Ana "status":"","waitlist_position":null Gil ñ'
    for api, path, body in (
        (caller("organizer"), f"/events/{event.id}/register", {"attendee": {"name": name, "email": "ana@example.com"}}),
        (anonymous, f"/events/{event.id}/reserve", {"name": name, "email": "eva@example.com"}),
    ):
        key, before = str(uuid4()), Registration.objects.count()
        first, again = (send(api, path, body, key) for _ in range(2))
        assert first.status_code == 201
        assert first.json()["attendee"]["name"] == name
        same(first, again)
        assert Registration.objects.count() == before + 1
        other = send(api, path, {**body, "role_text": "other"}, key)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_whoever_was_refused_a_seat_is_refused_with_the_same_key(caller: Callers) -> None:
    staff, event, key = caller("organizer"), soon(capacity=1), str(uuid4())
    holder = make_registration(event)
    body = {"attendee": {"name": "Ana", "email": "ana@example.com"}}
    path = f"/events/{event.id}/register"
    assert send(staff, path, body, key).json()["code"] == "sold_out"
    staff.post(f"/registrations/{holder.id}/cancel")
    again = send(staff, path, body, key)
    assert (again.json()["code"], again["Idempotent-Replayed"]) == ("sold_out", "true")
    assert send(staff, path, body, str(uuid4())).status_code == 201


def test_a_second_key_finds_the_first_registration(caller: Callers) -> None:
    staff, event = caller("organizer"), soon()
    body, path = {"attendee": {"name": "Ana", "email": "ana@example.com"}}, f"/events/{event.id}/register"
    keys = [str(uuid4()) for _ in range(2)]
    first, second = (send(staff, path, body, key) for key in keys)
    assert (first.status_code, second.status_code) == (201, 200)
    same(second, send(staff, path, body, keys[1]))
    same(first, send(staff, path, body, keys[0]))


def test_guests_need_keys_that_nobody_guesses(anonymous: Api) -> None:
    body = {"name": "Ana", "email": "ana@example.com"}
    refused = send(anonymous, f"/events/{soon().id}/reserve", body, "1")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_idempotency_key")


def test_tokens_are_not_stored_in_the_clear(caller: Callers, anonymous: Api) -> None:
    caller("organizer")
    body = {"email": "new@example.com", "name": "New", "password": "correct horse battery"}
    key = str(uuid4())
    first, again = (send(anonymous, "/auth/register", body, key) for _ in range(2))
    assert first.status_code == 201
    same(first, again)
    (stored,) = StoredAnswer.objects.all()
    assert stored.is_sealed
    assert first.json()["refresh_token"].encode() not in bytes(stored.body)


def test_one_can_ask_what_became_of_a_request(caller: Callers) -> None:
    api, key = caller("organizer"), str(uuid4())
    assert api.get(f"/idempotency/{key}").status_code == 404
    send(api, "/categories", {"name": "Talks"}, key)
    told = api.get(f"/idempotency/{key}").json()
    assert (told["state"], told["status"]) == ("done", 201)


def test_keys_are_not_logged(anonymous: Api) -> None:
    """A guest's key and body give the answer again, with the code that cancels."""
    key = str(uuid4())
    with capture_logs() as lines:
        anonymous.get(f"/idempotency/{key}")
    assert [line["path"] for line in lines if line["event"] == "request"] == ["/api/v1/idempotency/***"]
    assert key not in str(lines)


def test_answers_are_kept_for_a_day(caller: Callers) -> None:
    api, key = caller("organizer"), str(uuid4())
    send(api, "/categories", {"name": "Talks"}, key)
    assert idempotency.forget_old(at=now() + timedelta(hours=23)) == 0
    assert idempotency.forget_old(at=now() + timedelta(hours=25)) == 1


def test_without_a_key_nothing_is_stored(caller: Callers) -> None:
    api = caller("organizer")
    api.post("/categories", {"name": "Talks"})
    api.post(f"/events/{soon().id}/register", {"attendee": {"name": "Ana", "email": "ana@example.com"}})
    assert not StoredAnswer.objects.exists()
    assert Event.objects.count() == Registration.objects.count() == 1
