"""Ready answers are never older than what their reader wrote, nor than what anybody wrote before they asked."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from django_redis import get_redis_connection

from attendance.services import cancel
from catalog.models import Category, Event, Speaker
from catalog.rules import Stage
from catalog.services import (
    cancel_event,
    create_event,
    delete_event,
    publish_event,
    restore_event,
    resume_event,
    suspend_event,
    update_event,
    update_named,
)
from identity import tokens
from kit import answers, editions, valkey
from kit.actor import SYSTEM
from tests.factories import NOW, event_fields, make_event, make_member, make_named, make_registration, make_session
from tests.races.conftest import uncommitted

type Step = Callable[[], Any]


def read(path: str = "/events?limit=100", **headers: str) -> Any:
    return Client(headers={"host": "arena.localhost", **headers}).get(f"/api/v1{path}")


@pytest.fixture
def event(arena: str) -> Event:
    return make_event()


@pytest.fixture
def steps(event: Event) -> list[Step]:
    """Every kind of write that the public can see, in an order in which each is allowed."""
    named: Any = {"by": SYSTEM, "at": NOW}
    speaker = make_named(Speaker)
    make_session(event, speaker_ids=[speaker.id], stage=Stage.ON_SALE)
    path_taken: list[Any] = []
    return [
        lambda: update_event(event_id=event.id, changes={"name": "Changed"}, **named),
        lambda: path_taken.append(make_registration(event)),
        lambda: cancel(registration_id=path_taken[0].id, **named),
        lambda: suspend_event(event_id=event.id, **named),
        lambda: resume_event(event_id=event.id, **named),
        lambda: make_session(event, stage=Stage.ON_SALE),
        lambda: update_named(Speaker, row_id=speaker.id, changes={"name": "Renamed"}, **named),
        lambda: cancel_event(event_id=event.id, **named),
        lambda: delete_event(event_id=event.id, **named),
        lambda: restore_event(event_id=event.id, **named),
    ]


def test_each_write_is_seen_by_the_next_reader(steps: list[Step], event: Event) -> None:
    def shown() -> dict[str, Any]:
        answer = read(f"/events/{event.id}?expand=sessions,speakers")
        return {name: value for name, value in answer.json().items() if name != "request_id"}

    for number, write in enumerate(steps):
        before = shown()
        assert shown() == before
        write()
        assert shown() != before, f"step {number} was not seen"


def test_a_ready_answer_asks_the_database_nothing(event: Event) -> None:
    paths = (
        "/events?limit=100",
        "/events?status=on_sale",
        f"/events/{event.id}",
        "/events/search?q=event",
        "/speakers",
        "/events.ics",
    )
    for path in paths:
        first = read(path)
        with CaptureQueriesContext(connection) as queries:
            again = read(path)
        assert (len(queries), again.content, again["ETag"]) == (0, first.content, first["ETag"]), path


def test_staff_and_the_public_are_not_served_each_others_answers(event: Event) -> None:
    draft = make_event(stage=None)
    organizer, attendee = (tokens.access_token(make_member(role), at=now()) for role in ("organizer", "attendee"))
    for _ in range(2):
        for token, sees in ((organizer, True), ("", False), (attendee, False)):
            headers = {"authorization": f"Bearer {token}"} if token else {}
            ids = {item["id"] for item in read("/events?limit=100&sort=-created_at", **headers).json()["items"]}
            assert (str(draft.id) in ids) == sees
            assert read(f"/events/{draft.id}", **headers).status_code == (200 if sees else 404)
        assert read(authorization="Bearer nonsense").status_code == 401


def test_an_answer_made_before_a_commit_is_not_served_after_it(event: Event) -> None:
    """A reader that looks while a writer has not committed keeps what it saw under the old edition alone."""
    seen = read(f"/events/{event.id}").json()["name"]
    with uncommitted(lambda: update_event(event_id=event.id, changes={"name": "Committed"}, by=SYSTEM, at=NOW)):
        answers.forget_all()
        assert read(f"/events/{event.id}").json()["name"] == seen
    assert read(f"/events/{event.id}").json()["name"] == "Committed"


def test_control_without_a_new_edition_the_old_answer_stays(event: Event) -> None:
    before = read(f"/events/{event.id}").content
    Event.objects.filter(id=event.id).update(name="Behind the services' back")
    assert read(f"/events/{event.id}").content == before


def test_other_processes_learn_of_it(event: Event) -> None:
    """The name of the edition is what processes share: one that is renewed elsewhere ends what is kept here."""
    before = read(f"/events/{event.id}").content
    Event.objects.filter(id=event.id).update(name="Elsewhere")
    prefix = settings.CACHES["default"]["KEY_PREFIX"]
    get_redis_connection("default").set(f"{prefix}:t_arena:edition", "another")
    assert read(f"/events/{event.id}").content != before


def test_many_at_once_make_an_answer_once(event: Event, at_once: Any) -> None:
    answers.forget_all()
    path = f"/events/{event.id}"
    with CaptureQueriesContext(connection):
        bodies = at_once(*[lambda: read(path).content for _ in range(8)])
    assert len(set(bodies)) == 1
    assert len([key for key in answers._kept if key[1].endswith(path)]) == 1


def test_a_process_may_lose_its_connection_any_number_of_times(arena: str) -> None:
    """A server that is started again, threads that come and go: each makes another connection."""
    for _ in range(110):
        valkey._local.connection = None
        assert editions.present("t_arena", since=perf_counter()) is not None


def test_without_the_cache_answers_are_right_and_made_each_time(event: Event, cache_away: Step) -> None:
    names = []
    for name in ("One", "Two"):
        update_event(event_id=event.id, changes={"name": name}, by=SYSTEM, at=NOW)
        names.append(read(f"/events/{event.id}").json()["name"])
    assert names == ["One", "Two"]
    assert valkey._rests_until > 0
    with CaptureQueriesContext(connection) as queries:
        read(f"/events/{event.id}")
    assert len(queries) == 1


def test_what_was_written_while_the_cache_was_away_is_seen_when_it_is_back(event: Event, cache_away: Step) -> None:
    """The writer could not name an edition. The next reader of its process does so first."""
    cache_away()
    read(f"/events/{event.id}")
    assert len(answers._kept) == 1
    caches.settings["default"]["LOCATION"] = "redis://127.0.0.1:1/0"
    del caches["default"]
    valkey._local.connection = None
    update_event(event_id=event.id, changes={"name": "Meanwhile"}, by=SYSTEM, at=NOW)
    assert "t_arena" in editions._unnamed
    cache_away()
    assert read(f"/events/{event.id}").json()["name"] == "Meanwhile"
    assert "t_arena" not in editions._unnamed


def test_an_answer_ends_when_the_clock_changes_it(arena: str) -> None:
    event = make_event()
    Event.objects.filter(id=event.id).update(starts_at=now())
    assert read(f"/events/{event.id}").json()["status"] == "in_progress"


def test_what_callers_make_up_is_kept_within_bounds(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_BYTES", 20_000)
    answers.forget_all()
    for number in range(200):
        read(f"/events?search=x{number}")
    assert 0 < len(answers._kept) < 20
    assert answers._kept_bytes <= 20_000
    read(f"/events?search={'y' * 400}")
    assert not any("yyy" in key[2] for key in answers._kept)


def test_refusals_are_not_kept(arena: str) -> None:
    answers.forget_all()
    for path in ("/events?page=0", "/events/01a1fd1e-3da6-77d9-ad61-7fa5539955e0", "/events?after=x"):
        assert read(path).status_code in {400, 404, 422}
    assert not answers._kept
    event = create_event(fields=event_fields(), by=SYSTEM, at=NOW)
    assert read(f"/events/{event.id}").status_code == 404
    publish_event(event_id=event.id, by=SYSTEM, at=NOW)
    assert read(f"/events/{event.id}").status_code == 200
    make_named(Category)
