"""API keys in the panel: the secret is shown once, right after it is made."""

import re

from identity.models import ApiKey
from tenants.models import Organization
from tests.config.test_panel import act, browser
from tests.conftest import Api, Members
from tests.factories import happened

FORM = {
    "name": "Website", "scopes": ["events:read", "registrations:read"], "rate_class": "reduced",
    "addresses": "192.0.2.0/24\n127.0.0.1", "expires_at_0": "", "expires_at_1": "",
}  # fmt: skip
SECRET = re.compile(r"afo_[0-9a-f]{48}")


def test_a_key_is_made_rotated_and_revoked(acme: Organization, member: Members) -> None:
    client = browser(member(acme, "admin"), acme)
    page = client.post("/admin/identity/apikey/add/", FORM, follow=True).content.decode()
    key = ApiKey.objects.get()
    assert (key.name, key.scopes, key.rate_class) == ("Website", FORM["scopes"], "reduced")
    assert key.addresses == ["192.0.2.0/24", "127.0.0.1/32"]
    (secret,) = set(SECRET.findall(page))
    assert Api("acme", secret).get("/registrations").status_code == 200
    listed = client.get("/admin/identity/apikey/").content.decode()
    assert key.prefix in listed
    assert not SECRET.search(listed)
    (second,) = set(SECRET.findall(act(client, "identity/apikey", "rotate", key.id).content.decode()))
    assert [Api("acme", one).get("/registrations").status_code for one in (secret, second)] == [200, 200]
    act(client, "identity/apikey", "revoke", key.id)
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert [name for name in happened() if name.startswith("api_key")] == [
        "api_key.created",
        "api_key.rotated",
        "api_key.revoked",
    ]


def test_a_form_of_a_key_is_refused_at_its_field(acme: Organization, member: Members) -> None:
    client = browser(member(acme, "admin"), acme)
    page = client.post("/admin/identity/apikey/add/", {**FORM, "addresses": "example.com", "scopes": []})
    assert page.context["errors"]
    assert set(page.context["adminform"].form.errors) == {"addresses", "scopes"}
    assert not ApiKey.objects.exists()


def test_a_key_is_changed_in_its_form(acme: Organization, member: Members) -> None:
    client = browser(member(acme, "admin"), acme)
    client.post("/admin/identity/apikey/add/", FORM)
    key = ApiKey.objects.get()
    form = client.get(f"/admin/identity/apikey/{key.id}/change/").context["adminform"].form
    assert form["addresses"].value() == "192.0.2.0/24\n127.0.0.1/32"
    moment = {"expires_at_0": f"{key.expires_at:%Y-%m-%d}", "expires_at_1": f"{key.expires_at:%H:%M:%S}"}
    changed = {**FORM, **moment, "scopes": ["events:read"], "addresses": ""}
    assert client.post(f"/admin/identity/apikey/{key.id}/change/", changed).status_code == 302
    key.refresh_from_db()
    assert (key.scopes, key.addresses) == (["events:read"], [])


def test_others_do_not_see_the_keys(acme: Organization, member: Members) -> None:
    assert browser(member(acme, "organizer"), acme).get("/admin/identity/apikey/").status_code == 403
