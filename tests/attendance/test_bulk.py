"""Many registrations in one call, as JSON and as tables."""

import csv
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attendance.models import Registration
from catalog.models import Event, SeatPool
from tests.conftest import Api, Callers
from tests.factories import happened, make_event, make_registration


def somebody(event: Event, number: int, **more: Any) -> dict[str, Any]:
    attendee = {"name": f"Guest {number}", "email": f"guest-{number}@example.com"}
    return {"event_id": str(event.id), "attendee": attendee, "client_ref": str(number), **more}


def bulk(api: Api, items: list[Any], **how: Any) -> Any:
    return api.post("/registrations/bulk", {"items": items, **how})


def test_the_capacity_is_exact_and_each_is_told(caller: Callers) -> None:
    event = make_event(capacity=3, has_waitlist=True)
    answer = bulk(caller("organizer"), [somebody(event, n) for n in range(5)], mode="partial")
    told = answer.json()
    assert answer.status_code == 200
    assert told["summary"] == {"total": 5, "created": 5, "found": 0, "valid": 0, "refused": 0, "skipped": 0}
    assert [one["registration_status"] for one in told["results"]] == ["confirmed"] * 3 + ["waitlisted"] * 2
    assert [one.get("waitlist_position") for one in told["results"]] == [None, None, None, 1, 2]
    assert [one["client_ref"] for one in told["results"]] == list("01234")
    assert happened()[-5:] == ["registration.confirmed"] * 3 + ["registration.waitlisted"] * 2
    assert set(Registration.objects.values_list("source", flat=True)) == {"bulk"}


def test_partial_seats_whoever_can_be(caller: Callers) -> None:
    event = make_event(capacity=2)
    items = [somebody(event, 0), {"event_id": "x"}, somebody(event, 1), somebody(event, 2), 7]
    answer = bulk(caller("organizer"), items, mode="partial")
    told = answer.json()
    assert answer.status_code == 207
    assert [one["status"] for one in told["results"]] == ["created", "refused", "created", "refused", "refused"]
    assert told["results"][3]["error"]["code"] == "sold_out"
    assert told["results"][1]["error"]["errors"][0]["pointer"].startswith("#/items/1/")
    assert Registration.objects.count() == 2


def test_atomic_seats_all_or_none(caller: Callers) -> None:
    event = make_event(capacity=2)
    answer = bulk(caller("organizer"), [somebody(event, n) for n in range(3)])
    told = answer.json()
    assert answer.status_code == 422
    assert [one["status"] for one in told["results"]] == ["skipped", "skipped", "refused"]
    assert not Registration.objects.exists()
    assert SeatPool.objects.get(id=event.id).seats_taken == 0


def test_a_dry_run_writes_nothing(caller: Callers) -> None:
    event = make_event(capacity=2)
    told = bulk(caller("organizer"), [somebody(event, n) for n in range(3)], mode="partial", dry_run=True).json()
    assert [one["status"] for one in told["results"]] == ["valid", "valid", "refused"]
    assert not Registration.objects.exists()


def test_whoever_is_registered_or_comes_twice_is_found(caller: Callers) -> None:
    event = make_event(capacity=3)
    api = caller("organizer")
    first = bulk(api, [somebody(event, 0)]).json()["results"][0]["id"]
    told = bulk(api, [somebody(event, 1), somebody(event, 0), somebody(event, 1)]).json()["results"]
    assert [one["status"] for one in told] == ["created", "found", "found"]
    assert (told[1]["id"], told[2]["id"]) == (first, told[0]["id"])
    assert SeatPool.objects.get(id=event.id).seats_taken == 2


def test_events_of_others_and_of_nobody_are_refused(caller: Callers) -> None:
    event = make_event()
    items = [somebody(event, 0), {**somebody(event, 1), "event_id": str(uuid4())}]
    told = bulk(caller("organizer"), items, mode="partial").json()["results"]
    assert [one["status"] for one in told] == ["created", "refused"]
    assert told[1]["error"]["code"] == "not_found"
    told = bulk(caller("coordinator"), [somebody(event, 2)], mode="partial").json()["results"]
    assert told[0]["error"]["code"] == "forbidden"
    assert bulk(caller("attendee"), [somebody(event, 3)]).status_code == 403


def test_a_thousand_cost_no_more_statements_than_one(caller: Callers) -> None:
    event = make_event(capacity=1_000)
    api = caller("organizer")
    counted = []
    api.get("/users/me")
    for first, last in ((0, 1), (1, 1_000)):
        with CaptureQueriesContext(connection) as queries:
            assert bulk(api, [somebody(event, n) for n in range(first, last)]).status_code == 200
        counted.append(len(queries))
    assert counted[0] == counted[1]
    assert SeatPool.objects.get(id=event.id).seats_taken == 1_000


@pytest.mark.parametrize("body", [{}, {"items": []}, {"items": [{}] * 1_001}, {"items": [{}], "mode": "x"}])
def test_bad_calls_are_told(caller: Callers, body: dict[str, Any]) -> None:
    assert caller("organizer").post("/registrations/bulk", body).status_code == 422


def table(api: Api, text: str, query: str = "?mode=partial") -> Any:
    return api.post(f"/registrations.csv{query}", text.encode(), content_type="text/csv")


def test_a_table_is_taken_in_line_by_line(caller: Callers) -> None:
    event = make_event(capacity=5)
    text = (
        "name;email;event_id;role_text\n"
        f"Ana Gil;Ana@Example.com;{event.id};Press\n"
        f"Luis;no mail;{event.id};\n"
        f'"José, the 2nd";jose@example.com;{event.id};\n'
    )
    answer = table(caller("organizer"), text)
    told = answer.json()["results"]
    assert answer.status_code == 207
    assert [(one["line"], one["status"]) for one in told] == [(2, "created"), (3, "refused"), (4, "created")]
    assert told[1]["error"]["errors"][0]["pointer"] == "#/lines/3/email"
    assert list(Registration.objects.order_by("id").values_list("attendee_name", "role_text", "source")) == [
        ("Ana Gil", "Press", "import"), ("José, the 2nd", "", "import"),
    ]  # fmt: skip


def test_an_export_can_be_taken_in_again(caller: Callers) -> None:
    event, other = make_event(), make_event()
    make_registration(event, name="=1+1", email="a@example.com")
    make_registration(event, name="Ana", email="b@example.com", role_text="Press")
    make_registration(other)
    api = caller("organizer")
    text = b"".join(api.get(f"/registrations.csv?event_id={event.id}").streaming_content).decode()
    rows = list(csv.DictReader(StringIO(text)))
    assert [row["name"] for row in rows] == ["'=1+1", "Ana"]
    told = table(api, text).json()
    assert told["summary"]["found"] == 2
    again = table(api, text.replace(str(event.id), str(other.id))).json()
    assert again["summary"]["created"] == 2
    assert Registration.objects.filter(event=other, attendee_name="=1+1").exists()


def test_one_attendee_may_ask_for_many_seats_in_order(caller: Callers) -> None:
    first, second = make_event(capacity=1), make_event(capacity=1)
    items = [somebody(first, 0), somebody(second, 0), somebody(second, 1)]
    told = bulk(caller("organizer"), items, mode="partial").json()["results"]
    assert [one["status"] for one in told] == ["created", "created", "refused"]
