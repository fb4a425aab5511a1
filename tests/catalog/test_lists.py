"""Lists, searches and deltas of the catalogue, over HTTP."""

from datetime import datetime, timedelta
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.utils.timezone import now

from catalog.models import Category, Event, Room, Session, Speaker
from catalog.rules import Stage
from catalog.selectors.statuses import EVENT_STATUS, SESSION_STATUS
from catalog.services import cancel_event, cancel_session, delete_event, suspend_event, update_event
from kit.actor import SYSTEM
from tests.conftest import Api, Callers
from tests.factories import NOW, SOON, make_event, make_named, make_registration, make_session

DAY = timedelta(days=1)


def on_day(day: int, **fields: Any) -> Event:
    return make_event(starts_at=SOON + day * DAY, ends_at=SOON + day * DAY + timedelta(hours=8), **fields)


def names(api: Api, query: str) -> list[str]:
    response = api.get(f"/events?{query}")
    assert response.status_code == 200, response.content
    return [item["name"] for item in response.json()["items"]]


@pytest.fixture
def fair(acme: Any) -> Event:
    event = make_event(
        name="Feria de Energía Solar", description="Paneles, *baterías* y redes inteligentes", place="Bogotá, Ágora"
    )
    speaker = make_named(Speaker, name="María Ñáñez")
    make_session(event, title="Microrredes rurales", speaker_ids=[speaker.id], stage=Stage.ON_SALE)
    return update_event(event_id=event.id, changes={"resources": "x"}, by=SYSTEM, at=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "energia", "ENERGÍA", "ener", "solar energia", "feria", "ferias", "baterias", "bateria", "paneles", "panel",
        "bogota", "ágora", "maria", "nanez", "ÑÁÑEZ", "microrredes", "microrred", "  solar ,feria! ",
    ],
)  # fmt: skip
def test_a_search_minds_no_case_no_accent_and_finds_beginnings(anonymous: Api, fair: Event, text: str) -> None:
    make_event(name="Otra cosa")
    assert names(anonymous, f"search={quote(text)}") == [fair.name]
    hints = anonymous.get(f"/events/search?q={quote(text)}").json()["items"]
    assert [hint["name"] for hint in hints] == [fair.name]
    assert set(hints[0]) == {"id", "name", "place", "starts_at", "ends_at", "status"}


@pytest.mark.parametrize(
    "text", ["nergia", "energia eolica", "¿¡!?", "' OR 1=1 --", "energia:*&!x", "\\", "%", "a" * 200]
)
def test_a_search_finds_no_more_than_it_should_and_breaks_on_nothing(anonymous: Api, fair: Event, text: str) -> None:
    assert names(anonymous, f"search={quote(text)}") == []
    assert anonymous.get(f"/events/search?q={quote(text)}").json() == {"items": []}


def test_english_inflects_as_well(anonymous: Api) -> None:
    event = make_event(name="Running data conferences")
    for text in ("run", "runs", "conference", "conferences", "datum conference"[6:]):
        assert names(anonymous, f"search={quote(text)}") == [event.name]


def test_what_weighs_more_comes_first(anonymous: Api) -> None:
    make_event(name="Third", description="solar")
    make_event(name="Second", place="Solar")
    make_event(name="Solar first")
    assert names(anonymous, "search=solar") == ["Solar first", "Second", "Third"]
    assert names(anonymous, "search=solar&sort=name") == ["Second", "Solar first", "Third"]


def test_a_speaker_held_back_is_not_told_by_a_search(caller: Callers, anonymous: Api) -> None:
    event = make_event(name="Open")
    speaker = make_named(Speaker, name="Secret Star")
    session = make_session(event, speaker_ids=[speaker.id])
    assert names(anonymous, "search=secret") == []
    api = caller("organizer")
    api.post(f"/sessions/{session.id}/publish")
    assert names(anonymous, "search=secret") == ["Open"]
    api.patch(f"/speakers/{speaker.id}", {"name": "Renamed"})
    assert (names(anonymous, "search=secret"), names(anonymous, "search=renam")) == ([], ["Open"])
    api.post(f"/sessions/{session.id}/cancel")
    assert names(anonymous, "search=renam") == []


def test_filters(anonymous: Api) -> None:
    category = make_named(Category, name="Congreso")
    on_day(1, name="Congress", category_id=category.id, place="Bogotá, Ágora")
    full = on_day(2, name="Full", capacity=1, place="Medellín")
    make_registration(full)
    by_session = on_day(3, name="By session", admission="session")
    make_session(by_session, capacity=2)
    assert names(anonymous, "category=congreso") == names(anonymous, f"category={category.id}") == ["Congress"]
    assert names(anonymous, "category=nothing") == []
    assert names(anonymous, f"place={quote('bogotá ag')}") == ["Congress"]
    assert names(anonymous, "place=congress") == []
    assert names(anonymous, "has_seats=true") == ["Congress"]
    assert names(anonymous, "has_seats=false") == ["Full", "By session"]
    until, since = (quote((SOON + day * DAY).isoformat()) for day in (2, 2.5))
    assert names(anonymous, f"to={until}") == ["Congress"]
    assert names(anonymous, f"from={since}") == ["By session"]
    assert anonymous.get("/events?has_seats=false&size=1").json()["total"] == 2


def test_filters_by_what_the_clock_says(anonymous: Api) -> None:
    begun, over = now() - timedelta(hours=1), now() - timedelta(minutes=1)
    make_event(name="Draft", stage=None)
    make_event(name="On sale")
    suspended = make_event(name="Suspended")
    suspend_event(event_id=suspended.id, by=SYSTEM, at=NOW)
    cancel_event(event_id=make_event(name="Cancelled").id, by=SYSTEM, at=NOW)
    for name, ends_at in (("Running", SOON), ("Over", over)):
        event = make_event(name=name, starts_at=begun - 3 * DAY, ends_at=SOON)
        Event.objects.filter(id=event.id).update(starts_at=begun, ends_at=ends_at)
    for status, name in (
        ("on_sale", "On sale"), ("suspended", "Suspended"), ("cancelled", "Cancelled"), ("in_progress", "Running"),
        ("finished", "Over"),
    ):  # fmt: skip
        assert names(anonymous, f"status={status}") == [name]
    assert set(names(anonymous, "status=in_progress,finished&status=cancelled")) == {"Running", "Over", "Cancelled"}
    assert names(anonymous, "status=draft") == []
    assert anonymous.get("/events?status=open").json()["errors"][0]["pointer"].startswith("?status")


def test_the_status_in_sql_is_that_of_the_rules(acme: Any) -> None:
    event = make_event(stage=None)
    session = make_session(event)
    marks = (None, NOW)
    moments = [event.starts_at + timedelta(minutes=minutes) for minutes in (-1, 0, 30, 60, 600)]
    differing = []
    for stage, suspended_at, cancelled_at in product(Stage, marks, marks):
        Event.objects.update(stage=stage, suspended_at=suspended_at, cancelled_at=cancelled_at)
        for own_stage, own_suspended, own_cancelled in product(Stage, marks, marks):
            Session.objects.update(stage=own_stage, suspended_at=own_suspended, cancelled_at=own_cancelled)
            known = Session.objects.select_related("event").get(id=session.id)
            with connection.cursor() as cursor:
                for at in moments:
                    cursor.execute(
                        f"SELECT {EVENT_STATUS}, {SESSION_STATUS} FROM catalog_session s JOIN catalog_event e"  # noqa: S608 - constants
                        " ON e.id = s.event_id",
                        {"at": at},
                    )
                    if cursor.fetchone() != (known.event.status(at=at), known.status(at=at)):
                        differing.append((known.event.life, known.own_life, at))
    assert differing == []


def test_sorting_minds_no_accents(anonymous: Api) -> None:
    for name in ("Zeta", "Ágora", "beta"):
        make_event(name=name)
    assert names(anonymous, "sort=name") == ["Ágora", "beta", "Zeta"]
    assert names(anonymous, "sort=-name") == ["Zeta", "beta", "Ágora"]
    assert anonymous.get("/events?sort=capacity").status_code == 422


@pytest.mark.parametrize("sort", ["starts_at", "-starts_at", "name", "-name", "created_at", "-updated_at"])
def test_a_cursor_misses_and_repeats_nothing_while_others_write(anonymous: Api, sort: str) -> None:
    for number in range(7):
        on_day(number % 3, name=f"Event {number % 2}")
    expected = anonymous.get(f"/events?sort={sort}&size=100").json()["items"]
    seen: list[str] = []
    response = anonymous.get(f"/events?sort={sort}&limit=2")
    while True:
        page = response.json()
        seen += [item["id"] for item in page["items"]]
        assert set(page) == {"items", "next", "has_more"}
        if not page["has_more"]:
            break
        link = response["Link"].removeprefix("</api/v1").removesuffix('>; rel="next"')
        assert link == f"/events?sort={sort}&limit=2&after={page['next']}"
        victim = Event.objects.get(id=seen[0])
        victim.deleted_at = NOW
        victim.save(update_fields=["deleted_at"])
        response = anonymous.get(link)
    assert seen == [item["id"] for item in expected]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("after=nonsense", 400), ("after=W10", 400), ("after=" + "A" * 1_001, 422), ("limit=2&page=1", 422),
        ("limit=101", 422), ("after=eyJhIjoxfQ", 400),
    ],
)  # fmt: skip
def test_a_broken_cursor_is_told(anonymous: Api, query: str, status: int) -> None:
    response = anonymous.get(f"/events?{query}")
    assert response.status_code == status
    assert response.json()["errors"][0]["pointer"].startswith("?")


def test_a_cursor_of_another_order_is_refused(anonymous: Api) -> None:
    for _ in range(2):
        make_event()
    after = anonymous.get("/events?limit=1").json()["next"]
    assert anonymous.get(f"/events?limit=1&sort=name&after={after}").json()["errors"][0]["code"] == "bad_cursor"


def test_a_delta_tells_of_changes_and_deletions(caller: Callers, anonymous: Api) -> None:
    kept, changed, deleted, draft = make_event(), make_event(), make_event(), make_event(stage=None)
    Event.objects.update(updated_at=NOW - DAY)
    since = now()
    update_event(event_id=changed.id, changes={"name": "Changed"}, by=SYSTEM, at=NOW)
    cancel_event(event_id=deleted.id, by=SYSTEM, at=NOW)
    delete_event(event_id=deleted.id, by=SYSTEM, at=NOW)
    delete_event(event_id=draft.id, by=SYSTEM, at=NOW)
    path = f"/events?updated_since={quote(since.isoformat())}&limit=10"
    told = anonymous.get(path).json()["items"]
    assert [item["id"] for item in told] == [str(changed.id), str(deleted.id)]
    assert set(told[1]) == {"id", "version", "updated_at", "deleted_at"}
    of_staff = caller("organizer").get(path).json()["items"]
    assert [item["id"] for item in of_staff] == [str(one.id) for one in (changed, deleted, draft)]
    assert str(kept.id) not in {item["id"] for item in of_staff}


def test_a_delta_tells_of_sessions_that_went_with_their_event(anonymous: Api) -> None:
    event = make_event()
    session = make_session(event, stage=Stage.ON_SALE)
    Session.objects.update(updated_at=NOW - DAY)
    since = now()
    cancel_event(event_id=event.id, by=SYSTEM, at=now())
    path = f"/sessions?updated_since={quote(since.isoformat())}"
    assert [item["status"] for item in anonymous.get(path).json()["items"]] == ["cancelled"]
    delete_event(event_id=event.id, by=SYSTEM, at=now())
    (tombstone,) = anonymous.get(path).json()["items"]
    assert (tombstone["id"], "title" in tombstone) == (str(session.id), False)


def test_expanding_shows_what_the_reader_may_see(caller: Callers, anonymous: Api) -> None:
    ana, berta = make_named(Speaker, name="Ana"), make_named(Speaker, name="Berta")
    event = make_event(stage=None)
    for number, speaker in enumerate((berta, ana, ana)):
        starts_at = event.starts_at + timedelta(hours=number)
        make_session(event, speaker_ids=[speaker.id], starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
    api = caller("organizer")
    api.post(f"/events/{event.id}/publish")
    make_session(event, title="Draft")
    for path in (f"/events/{event.id}?expand=sessions,speakers", "/events?expand=sessions&expand=speakers"):
        shown = anonymous.get(path).json()
        shown = shown["items"][0] if "items" in shown else shown
        assert len(shown["sessions"]) == 3
        assert [speaker["name"] for speaker in shown["speakers"]] == ["Ana", "Berta"]
    assert len(api.get(f"/events/{event.id}?expand=sessions").json()["sessions"]) == 4
    assert "sessions" not in anonymous.get(f"/events/{event.id}").json()
    assert anonymous.get("/events?expand=users").status_code == 422


def test_sessions_are_listed_by_event_room_and_speaker(anonymous: Api, caller: Callers) -> None:
    room, speaker = make_named(Room), make_named(Speaker)
    event, other = make_event(), make_event()
    here = make_session(event, room_id=room.id, stage=Stage.ON_SALE)
    there = make_session(other, speaker_ids=[speaker.id], stage=Stage.ON_SALE)
    cancel_session(session_id=make_session(other, stage=Stage.ON_SALE).id, by=SYSTEM, at=NOW)

    def found(query: str) -> list[str]:
        return [item["id"] for item in anonymous.get(f"/sessions?{query}").json()["items"]]

    assert found(f"event_id={event.id}") == found(f"room_id={room.id}") == [str(here.id)]
    assert found(f"speaker_id={speaker.id}") == [str(there.id)]
    assert len(found("status=cancelled")) == 1
    assert len(found("limit=2")) == 2
    assert anonymous.get(f"/events/{event.id}/sessions?status=on_sale").json()["total"] == 1


def test_a_page_behind_the_last_is_empty_and_keeps_the_total(anonymous: Api) -> None:
    make_event()
    page = anonymous.get("/events?page=9").json()
    assert (page["items"], page["total"], page["page"]) == ([], 1, 9)


def test_times_are_read_in_any_zone(anonymous: Api) -> None:
    make_event()
    for text in ("2026-01-01T00:00:00+05:00", "2026-01-01T00:00:00Z"):
        assert len(names(anonymous, f"from={quote(text)}")) == 1
    assert anonymous.get("/events?from=2026-01-01T00:00:00").status_code == 422
    assert anonymous.get("/events?from=yesterday").json()["errors"][0]["pointer"] == "?from"
    assert isinstance(datetime.fromisoformat(anonymous.get("/events").json()["items"][0]["starts_at"]), datetime)
