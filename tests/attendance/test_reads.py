"""Who is registered, what is one's own, and what is left."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from attendance.models import Registration
from attendance.schemas.registrations import OwnEventsOut, RegistrationOut, TrialOut
from attendance.schemas.tickets import AvailabilityOut, BundleOut, CheckInsOut, ScanOut, TicketOut
from kit.pagination import StretchOut
from tenants.models import Organization
from tests.conftest import Api, Callers, Members
from tests.contracts.test_answers import conforms
from tests.factories import make_event, make_registration, make_session, soon


def names(api: Api, query: str = "") -> list[str]:
    return [one["attendee"]["name"] for one in api.get(f"/registrations{query}").json()["items"]]


def test_filters_narrow_the_list(caller: Callers) -> None:
    event, other = soon(capacity=2, has_waitlist=True), make_event()
    people = [make_registration(event, name=name) for name in ("Ana", "Luis", "Eva")]
    make_registration(other, name="Óscar", role_text="Press")
    api = caller("organizer")
    api.post("/tickets/validate", {"code": people[0].code, "event_id": str(event.id)})
    api.post(f"/registrations/{people[1].id}/cancel")
    of = f"?event_id={event.id}"
    assert names(api) == ["Óscar", "Eva", "Luis", "Ana"]
    assert names(api, of) == ["Eva", "Luis", "Ana"]
    assert names(api, f"{of}&status=cancelled") == ["Luis"]
    assert names(api, f"{of}&status=cancelled&status=confirmed") == ["Eva", "Luis", "Ana"]
    assert names(api, f"{of}&checked_in=true") == ["Ana"]
    assert names(api, f"{of}&checked_in=false&status=confirmed") == ["Eva"]
    assert names(api, "?role_text=Press") == ["Óscar"]
    assert names(api, f"?email={people[2].attendee_email}") == ["Eva"]
    assert names(api, "?sort=name") == ["Ana", "Eva", "Luis", "Óscar"]
    assert names(api, "?source=guest") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gomez", ["José Gómez"]), ("GÓMEZ josé", ["José Gómez"]), ("jos", ["José Gómez", "Josefa Núñez"]),
        ("j.gomez@", ["José Gómez"]), ("example.com", ["José Gómez", "Josefa Núñez"]), ("xyz", []), ("100%", []),
        ("_", []), ("'; DROP TABLE", []), ("\\", []),
    ],
)  # fmt: skip
def test_search_finds_names_and_emails_whatever_their_accents(caller: Callers, text: str, found: list[str]) -> None:
    event = make_event()
    make_registration(event, name="José Gómez", email="j.gomez@example.com")
    make_registration(event, name="Josefa Núñez", email="jn@example.com")
    answer = caller("organizer").get("/registrations", data={"search": text, "sort": "created_at"})
    assert [one["attendee"]["name"] for one in answer.json()["items"]] == found


def test_search_finds_a_code(caller: Callers) -> None:
    wanted = make_registration(make_event(), name="Ana")
    make_registration(make_event())
    assert names(caller("organizer"), f"?search={wanted.code.lower()}") == ["Ana"]


def test_the_cursor_misses_and_repeats_nothing(caller: Callers) -> None:
    event = make_event(capacity=50)
    made = [str(make_registration(event).id) for _ in range(7)]
    api = caller("organizer")
    seen: list[str] = []
    after = ""
    while True:
        answer = api.get(f"/registrations?limit=3&event_id={event.id}{after}")
        page = answer.json()
        seen += [one["id"] for one in page["items"]]
        make_registration(event)
        if not page["has_more"]:
            break
        assert f"after={page['next']}" in answer["Link"]
        after = f"&after={page['next']}"
    assert seen == made[::-1]
    assert api.get("/registrations?after=rubbish").status_code == 400


def test_a_list_costs_one_query_however_long(caller: Callers) -> None:
    event = make_event(capacity=1, has_waitlist=True)
    api = caller("organizer")
    make_registration(event)
    api.get("/registrations")
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            api.get("/registrations")
        assert len(queries) == 1
        for _ in range(3):
            make_registration(event)


def test_changes_are_listed_since(caller: Callers) -> None:
    event = make_event()
    first = make_registration(event, name="Ana")
    make_registration(event, name="Luis")
    Registration.objects.update(updated_at=now() - timedelta(hours=1))
    api = caller("organizer")
    since = now().isoformat().replace("+", "%2B")
    api.post(f"/registrations/{first.id}/cancel", {"reason": "Asked by phone"})
    (changed,) = api.get(f"/registrations?updated_since={since}").json()["items"]
    assert (changed["status"], changed["cancel_reason"]) == ("cancelled", "Asked by phone")


def test_coordinators_see_the_events_assigned_to_them(acme: Organization, caller: Callers, member: Members) -> None:
    event = make_event()
    make_registration(event, name="Ana")
    make_registration(make_event(), name="Luis")
    user = member(acme, "coordinator")
    assert names(caller(user=user)) == []
    event.coordinators.add(user)
    assert names(caller(user=user)) == ["Ana"]


def test_ones_own(caller: Callers) -> None:
    event = make_event(admission="session", stage=None, name="Foro")
    hour = timedelta(hours=1)
    sessions = [
        make_session(event, starts_at=event.starts_at + n * hour, ends_at=event.starts_at + (n + 1) * hour)
        for n in range(2)
    ]
    caller("organizer").post(f"/events/{event.id}/publish")
    api, other = caller("attendee"), caller("organizer")
    for session in sessions:
        api.post(f"/events/{event.id}/sessions/{session.id}/register")
    whole = make_event(name="Before")
    api.post(f"/events/{whole.id}/register")
    other.post(f"/events/{whole.id}/register", {"attendee": {"name": "X", "email": "x@example.com"}})
    assert len(api.get("/users/me/registrations").json()["items"]) == 3
    assert other.get("/users/me/registrations").json()["items"] == []
    body = api.get("/users/me/events").json()
    conforms(body, OwnEventsOut)
    assert {one["name"]: [own["session"] for own in one["registrations"]] for one in body["items"]} == {
        "Foro": [session.title for session in sessions], "Before": [None],
    }  # fmt: skip
    assert other.get("/users/me/events").json() == {"items": []}


def test_availability_counts_and_hides_from_the_public_who_came(caller: Callers, anonymous: Api) -> None:
    event = soon(capacity=2, has_waitlist=True)
    people = [make_registration(event) for _ in range(3)]
    api = caller("organizer")
    api.post("/tickets/validate", {"code": people[0].code, "event_id": str(event.id)})
    told = api.get(f"/events/{event.id}/availability").json()
    conforms(told, AvailabilityOut)
    assert (told["capacity"], told["taken"], told["left"], told["waitlisted"], told["checked_in"]) == (2, 2, 0, 1, 1)
    assert anonymous.get(f"/events/{event.id}/availability").json()["checked_in"] is None
    # Cached for a second, whoever registers.
    api.patch(f"/events/{event.id}", {"capacity": 9})
    assert api.get(f"/events/{event.id}/availability").json()["capacity"] == 2
    cache.clear()
    assert api.get(f"/events/{event.id}/availability").json()["capacity"] == 9
    draft = make_event(stage=None)
    assert anonymous.get(f"/events/{draft.id}/availability").status_code == 404


def test_availability_of_sessions_is_their_sum(caller: Callers) -> None:
    event = make_event(admission="session", stage=None)
    sessions = [make_session(event, capacity=size) for size in (3, 4)]
    api = caller("organizer")
    api.post(f"/events/{event.id}/publish")
    make_registration(event, session=sessions[0])
    told = api.get(f"/events/{event.id}/availability").json()
    assert (told["capacity"], told["taken"], told["left"]) == (7, 1, 6)
    assert [(one["session_id"], one["taken"]) for one in told["sessions"]] == [
        (str(sessions[0].id), 1), (str(sessions[1].id), 0),
    ]  # fmt: skip
    api.post(f"/sessions/{sessions[1].id}/cancel")
    cache.clear()
    assert api.get(f"/events/{event.id}/availability").json()["capacity"] == 3


def test_answers_are_what_their_schemas_say(caller: Callers) -> None:
    event = soon()
    api = caller("organizer")
    registration = make_registration(event)
    conforms(api.get("/registrations").json(), StretchOut[RegistrationOut])
    conforms(api.get(f"/tickets/{registration.id}").json(), TicketOut)
    conforms(api.get(f"/events/{event.id}/offline-bundle").json(), BundleOut)
    body = {"code": registration.code, "event_id": str(event.id)}
    conforms(api.post("/tickets/validate", body).json(), ScanOut)
    conforms(api.get(f"/events/{event.id}/check-ins").json(), CheckInsOut)
    conforms(api.post(f"/events/{event.id}/register?dry_run=true", {}).json(), TrialOut)
