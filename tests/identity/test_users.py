"""The accounts of an organization, as its admins keep them."""

from uuid import uuid4

from identity.models import User
from tenants.models import Organization
from tests.conftest import Api, Callers, Members
from tests.factories import PASSWORD, happened


def test_an_admin_opens_changes_and_closes_an_account(acme: Organization, anonymous: Api, caller: Callers) -> None:
    admin = caller("admin")
    new = {"email": "Door@Example.com", "name": "Door", "password": PASSWORD, "role": "scanner"}
    made = admin.post("/users", new)
    assert (made.status_code, made.json()["role"], made.json()["email"]) == (201, "scanner", "door@example.com")
    path = f"/users/{made.json()['id']}"
    assert admin.get(path).json() == made.json()
    assert admin.patch(path, {"role": "coordinator"}).json()["role"] == "coordinator"
    assert admin.patch(path, {"is_active": False}).json()["is_active"] is False
    assert anonymous.post("/auth/login", {"email": new["email"], "password": PASSWORD}).status_code == 401
    assert happened() == ["user.created", "user.updated", "user.updated", "login.failed"]


def test_accounts_are_listed_in_stretches(acme: Organization, caller: Callers, member: Members) -> None:
    admin = caller("admin")
    people = [member(acme, "attendee", name=f"Person {number}") for number in range(3)]
    first = admin.get("/users?limit=2&role=attendee").json()
    assert [row["id"] for row in first["items"]] == [str(people[2].id), str(people[1].id)]
    rest = admin.get(f"/users?limit=2&role=attendee&after={first['next']}").json()
    assert ([row["id"] for row in rest["items"]], rest["has_more"]) == ([str(people[0].id)], False)
    assert [row["id"] for row in admin.get("/users?search=PERSON%201").json()["items"]] == [str(people[1].id)]
    assert admin.get("/users?is_active=false").json()["items"] == []
    assert "password" not in first["items"][0]


def test_nobody_else_sees_or_makes_accounts(acme: Organization, caller: Callers) -> None:
    before = User.objects.count()
    for role in ("organizer", "coordinator", "scanner", "attendee"):
        api = caller(role)
        assert api.get("/users").status_code == 403
        assert api.post("/users", {"email": "x@example.com", "name": "X", "password": PASSWORD}).status_code == 403
    assert User.objects.count() == before + 4


def test_an_admin_is_not_locked_out_by_themselves(caller: Callers, member: Members, acme: Organization) -> None:
    me = member(acme, "admin")
    api = caller(user=me)
    for change in ({"role": "attendee"}, {"is_active": False}):
        assert api.patch(f"/users/{me.id}", change).status_code == 422
    assert api.patch(f"/users/{uuid4()}", {"name": "X"}).status_code == 404
    assert api.patch(f"/users/{me.id}", {"role": "operator"}).status_code == 422
