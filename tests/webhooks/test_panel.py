"""Endpoints in the panel."""

import re

from tenants.models import Organization
from tests.config.test_panel import act, browser
from tests.conftest import Members
from tests.factories import happened
from tests.webhooks.conftest import Endpoints
from tests.webhooks.receiver import Receiver
from webhooks.models import Endpoint

SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{40,}")
PAGE = "/admin/webhooks/endpoint/"


def form(receiver: Receiver, **changes: object) -> dict[str, object]:
    return {"url": receiver.url, "description": "CRM", "event_types": ["event.created"], "payload": "full", **changes}


def test_an_endpoint_is_added_changed_tried_rotated_and_deleted(
    acme: Organization, member: Members, receiver: Receiver
) -> None:
    client = browser(member(acme, "admin"), acme)
    page = client.post(f"{PAGE}add/", form(receiver), follow=True).content.decode()
    (secret,) = set(SECRET.findall(page))
    endpoint = Endpoint.objects.get()
    one = f"{PAGE}{endpoint.id}/change/"
    shown = client.get(one).content.decode()
    assert secret not in shown
    assert "0 attempts" in shown
    assert client.post(one, form(receiver, description="Another")).status_code == 302
    changed = Endpoint.objects.get()
    assert (changed.description, changed.is_enabled) == ("Another", False)
    tried = act(client, "webhooks/endpoint", "try_out", endpoint.id).content.decode()
    assert "200, after" in tried
    assert len(receiver.heard) == 1
    rotated = act(client, "webhooks/endpoint", "rotate", endpoint.id).content.decode()
    assert set(SECRET.findall(rotated)) not in ({secret}, set())
    act(client, "webhooks/endpoint", "delete_them", endpoint.id)
    assert receiver.url not in client.get(PAGE).content.decode()
    assert happened() == [
        "user.logged_in", "endpoint.created", "endpoint.updated", "endpoint.secret_rotated", "endpoint.deleted",
    ]  # fmt: skip


def test_a_hostile_address_is_refused_at_its_field(acme: Organization, member: Members, receiver: Receiver) -> None:
    client = browser(member(acme, "admin"), acme)
    page = client.post(f"{PAGE}add/", form(receiver, url="https://169.254.169.254/"))
    assert "not a public address" in page.content.decode()
    assert not Endpoint.objects.exists()


def test_organizers_do_not_come_near(acme: Organization, member: Members, endpoint: Endpoints) -> None:
    endpoint()
    client = browser(member(acme, "organizer"), acme)
    assert client.get(PAGE).status_code == 403
    assert client.get("/admin/webhooks/attempt/").status_code == 403
    assert browser(member(acme, "admin"), acme).get("/admin/webhooks/attempt/").status_code == 200
