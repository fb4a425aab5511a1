"""The admin panels: whoever may, writes through the services; whoever may not, does not get in."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendance.models import Registration
from catalog.models import Event, Room, Session, Venue
from catalog.services import assign_coordinators
from identity.models import User
from kit import scope
from kit.actor import SYSTEM
from tenants.models import Domain, Organization
from tests.conftest import Members
from tests.factories import NOW, PASSWORD, happened, make_event, make_registration, make_session

EVENT_FORM = {
    "name": "Foro", "description": "", "category": "", "place": "Bogotá", "latitude": "", "longitude": "",
    "image_url": "", "resources": "", "starts_at_0": "2047-03-01", "starts_at_1": "09:00:00", "ends_at_0": "2047-03-01",
    "ends_at_1": "18:00:00", "capacity": "20", "admission": "event", "access_code": "",
}  # fmt: skip


def browser(user: User, organization: Organization | None = None) -> Client:
    """Log in through the login page, as people do."""
    client = Client(headers={"host": f"{organization.slug}.localhost" if organization else "localhost"})
    answer = client.post("/admin/login/?next=/admin/", {"username": user.email, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/"), "login failed"
    return client


def act(client: Client, page: str, action: str, *ids: Any) -> Any:
    return client.post(
        f"/admin/{page}/", {"action": action, "_selected_action": [str(one) for one in ids]}, follow=True
    )


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        ("admin", {"catalog/event", "catalog/session", "attendance/registration", "identity/user", "journal/entry"}),
        ("organizer", {"catalog/event", "catalog/session", "attendance/registration"}),
        ("coordinator", {"catalog/event", "catalog/session", "attendance/registration"}),
    ],
)
def test_each_role_sees_its_pages(acme: Organization, member: Members, role: str, pages: set[str]) -> None:
    client = browser(member(acme, role), acme)
    every = {"catalog/event", "catalog/session", "attendance/registration", "identity/user", "journal/entry"}
    assert {page for page in every if client.get(f"/admin/{page}/").status_code == 200} == pages
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("role", ["scanner", "attendee"])
def test_others_do_not_get_in(acme: Organization, member: Members, role: str) -> None:
    client = Client(headers={"host": "acme.localhost"})
    answer = client.post("/admin/login/", {"username": member(acme, role).email, "password": PASSWORD})
    assert answer.status_code == 200
    assert client.get("/admin/").status_code == 302
    assert happened() == ["login.failed"]


def test_a_member_of_acme_cannot_log_in_at_globex(acme: Organization, globex: Organization, member: Members) -> None:
    user = member(acme, "admin")
    client = Client(headers={"host": "globex.localhost"})
    client.post("/admin/login/", {"username": user.email, "password": PASSWORD})
    assert client.get("/admin/").status_code == 302
    public = Client(headers={"host": "localhost"})
    public.post("/admin/login/", {"username": user.email, "password": PASSWORD})
    assert public.get("/admin/").status_code == 302


def test_a_session_of_acme_is_nothing_at_globex(acme: Organization, globex: Organization, member: Members) -> None:
    client = browser(member(acme, "admin"), acme)
    assert client.get("/admin/").status_code == 200
    for headers in ({"host": "globex.localhost"}, {"host": "localhost"}, {"host": "localhost", "x-tenant": "globex"}):
        assert client.get("/admin/", headers=headers).status_code == 302


def test_an_organizer_drafts_and_changes_an_event(acme: Organization, member: Members) -> None:
    client = browser(member(acme, "organizer"), acme)
    assert client.post("/admin/catalog/event/add/", EVENT_FORM).status_code == 302
    event = Event.objects.get()
    assert (event.name, event.pool.capacity, event.stage) == ("Foro", 20, "draft")
    answer = client.post(f"/admin/catalog/event/{event.id}/change/", {**EVENT_FORM, "name": "Foro 2", "capacity": "30"})
    assert answer.status_code == 302
    event.refresh_from_db()
    assert (event.name, event.pool.capacity) == ("Foro 2", 30)
    assert happened() == ["user.logged_in", "event.created", "event.updated"]


def test_an_organizer_plans_with_rooms_and_is_told_of_clashes(acme: Organization, member: Members) -> None:
    client = browser(member(acme, "organizer"), acme)
    assert client.post("/admin/catalog/venue/add/", {"name": "Ágora"}).status_code == 302
    venue = Venue.objects.get()
    form = {"name": "A", "venue": str(venue.id)}
    assert client.post("/admin/catalog/room/add/", form).status_code == 302
    assert "There is a room of this name already" in client.post("/admin/catalog/room/add/", form).content.decode()
    room = Room.objects.get()
    event = make_event()
    make_session(event, title="First", room_id=room.id)
    start = timezone.localtime(event.starts_at)
    end = start + timedelta(hours=1)
    session = {
        "event": str(event.id), "title": "Second",
        "starts_at_0": f"{start:%Y-%m-%d}", "starts_at_1": f"{start:%H:%M:%S}",
        "ends_at_0": f"{end:%Y-%m-%d}", "ends_at_1": f"{end:%H:%M:%S}", "capacity": "5",
        "room": str(room.id), "presenter": "", "resources": "",
    }  # fmt: skip
    answer = client.post("/admin/catalog/session/add/", session)
    assert (answer.status_code, "Ágora, A is held by First" in answer.content.decode()) == (200, True)
    page = act(client, "catalog/room", "delete", room.id).content.decode()
    assert "Ágora, A is needed by 1 more" in page
    assert Session.objects.count() == 1
    assert happened()[1:4] == ["venue.created", "room.created", "event.created"]


def test_times_are_the_organizations_own(acme: Organization, member: Members) -> None:
    with scope.entered(scope.PUBLIC):
        Organization.objects.filter(id=acme.pk).update(timezone="America/Bogota")
    client = browser(member(acme, "organizer"), acme)
    client.post("/admin/catalog/event/add/", EVENT_FORM)
    assert Event.objects.get().starts_at.isoformat() == "2047-03-01T14:00:00+00:00"


def test_a_refusal_is_shown_in_the_form_and_changes_nothing(acme: Organization, member: Members) -> None:
    event = make_event(capacity=5, name="Before")
    for _ in range(3):
        make_registration(event)
    client = browser(member(acme, "organizer"), acme)
    before = happened()
    page = f"/admin/catalog/event/{event.id}/change/"
    answer = client.post(page, {**EVENT_FORM, "name": "After", "capacity": "2"})
    assert (answer.status_code, "Seats are taken beyond 2" in answer.content.decode()) == (200, True)
    assert 'value="After"' in answer.content.decode()
    answer = client.post(page, {**EVENT_FORM, "ends_at_0": "2026-01-01"})
    assert answer.status_code == 200
    event.refresh_from_db()
    assert (event.name, event.pool.capacity) == ("Before", 5)
    assert happened() == before


def test_the_verbs_are_actions_and_refusals_are_told(acme: Organization, member: Members) -> None:
    client = browser(member(acme, "organizer"), acme)
    event = make_event(stage=None)
    act(client, "catalog/event", "publish", event.id)
    assert Event.objects.get().stage == "on_sale"
    act(client, "catalog/event", "cancel", event.id)
    page = act(client, "catalog/event", "publish", event.id).content.decode()
    assert "It is cancelled: publish is for what is" in page
    assert happened()[-2:] == ["event.published", "event.cancelled"]


def test_a_coordinator_sees_and_cancels_what_is_assigned_alone(acme: Organization, member: Members) -> None:
    coordinator = member(acme, "coordinator")
    mine, other = make_event(), make_event()
    assign_coordinators(event_id=mine.id, user_ids=[coordinator.id], by=SYSTEM, at=NOW)
    seen, hidden = make_registration(mine), make_registration(other)
    client = browser(coordinator, acme)
    page = client.get("/admin/attendance/registration/").content.decode()
    assert (seen.code in page, hidden.code in page) == (True, False)
    act(client, "attendance/registration", "cancel", seen.id, hidden.id)
    statuses = dict(Registration.objects.values_list("id", "status"))
    assert statuses == {seen.id: "cancelled", hidden.id: "confirmed"}
    assert client.post("/admin/catalog/event/add/", EVENT_FORM).status_code == 403
    form = {
        "event": str(other.id),
        "session": "",
        "attendee_name": "A",
        "attendee_email": "a@b.example",
        "role_text": "",
    }
    answer = client.post("/admin/attendance/registration/add/", form)
    assert (answer.status_code, "Only staff of the event" in answer.content.decode()) == (200, True)
    answer = client.post("/admin/attendance/registration/add/", {**form, "event": str(mine.id)})
    assert answer.status_code == 302
    assert Registration.objects.get(attendee_email="a@b.example").status == "confirmed"


def test_an_admin_manages_members_and_cannot_lock_themselves_out(acme: Organization, member: Members) -> None:
    admin = member(acme, "admin")
    client = browser(admin, acme)
    form = {"email": "New@Acme.example", "name": "New", "role": "scanner", "password": "a long enough one"}
    assert client.post("/admin/identity/user/add/", form).status_code == 302
    user = User.objects.get(email="new@acme.example")
    assert (user.role, user.check_password("a long enough one")) == ("scanner", True)
    change = {"name": "New", "role": "organizer", "is_active": "on", "password": ""}
    assert client.post(f"/admin/identity/user/{user.id}/change/", change).status_code == 302
    user.refresh_from_db()
    assert (user.role, user.check_password("a long enough one")) == ("organizer", True)
    assert (
        client.post("/admin/identity/user/add/", {**form, "role": "operator", "email": "o@x.example"}).status_code
        == 200
    )
    own = client.post(
        f"/admin/identity/user/{admin.id}/change/", {"name": admin.name, "role": "attendee", "password": ""}
    )
    assert (own.status_code, "Ask another admin" in own.content.decode()) == (200, True)
    assert client.post(f"/admin/identity/user/{user.id}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_of_events_costs_the_same_however_long(acme: Organization, member: Members, rows: int) -> None:
    client = browser(member(acme, "organizer"), acme)
    client.get("/admin/catalog/event/")
    for _ in range(rows):
        make_event()
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/admin/catalog/event/").status_code == 200
    assert len(queries) == 6, [query["sql"] for query in queries]


def operator() -> Client:
    with scope.entered(scope.PUBLIC):
        return browser(User.objects.get(email="operator@aforo.example"))


def test_an_operator_provisions_and_suspends_an_organization(acme: Organization) -> None:
    client = operator()
    form = {
        "slug": "initech", "name": "Initech", "locale": "en", "timezone": "Europe/Berlin",
        "owner_email": "ana@initech.example", "owner_name": "Ana", "owner_password": PASSWORD,
    }  # fmt: skip
    answer = client.post("/admin/tenants/organization/add/", {**form, "timezone": "Mars/Base"})
    assert (answer.status_code, "IANA" in answer.content.decode()) == (200, True)
    assert client.post("/admin/tenants/organization/add/", form).status_code == 302
    with scope.entered(scope.PUBLIC):
        initech = Organization.objects.get(slug="initech")
    with scope.entered(initech.schema_name):
        assert User.objects.get().role == "admin"
    act(client, "tenants/organization", "suspend", initech.pk)
    with scope.entered(scope.PUBLIC):
        assert Organization.objects.get(slug="initech").status == "suspended"


def test_an_operator_adds_and_removes_domains(acme: Organization) -> None:
    client = operator()
    form = {"tenant": str(acme.pk), "domain": "events.acme.example"}
    assert client.post("/admin/tenants/domain/add/", form).status_code == 302
    with scope.entered(scope.PUBLIC):
        added = Domain.objects.get(domain="events.acme.example")
        primary = Domain.objects.get(domain="acme.localhost")
    page = act(client, "tenants/domain", "remove", added.pk, primary.pk).content.decode()
    assert "cannot be removed" in page
    with scope.entered(scope.PUBLIC):
        assert set(Domain.objects.filter(tenant=acme).values_list("domain", flat=True)) == {"acme.localhost"}


def test_the_operators_panel_has_no_tenants_pages(acme: Organization) -> None:
    client = operator()
    assert client.get("/admin/catalog/event/").status_code == 404
    assert client.get("/admin/tenants/organization/").status_code == 200
