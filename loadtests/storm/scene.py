"""Who is in the storm: organizations that speak HTTP, each with an endpoint that leads to the receiver."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import batched, count
from typing import Any
from uuid import uuid4

import httpx
from django.db import connection
from django.utils.timezone import now
from standardwebhooks import Webhook, WebhookVerificationError

from journal.models import Entry
from kit import scope
from kit.many import MAX_ITEMS
from loadtests.receiver import Request
from loadtests.storm.receiver import GONE
from tenants.services import Owner, create_organization
from webhooks.models import Delivery
from webhooks.services import delivering

_PASSWORD = uuid4().hex
_TYPE = "event.created"
_numbers = count(1)

# What waits for its third attempt or a later one, and is in nobody's hands: a claim reaches no further than a lease.
_MOVE_CLOCK = """
    UPDATE webhooks_delivery SET next_attempt_at = now()
     WHERE status = 'pending' AND attempts >= 2 AND next_attempt_at > now() + make_interval(secs => %s)
"""


class Organization:
    """An organization, and its admin at the API."""

    def __init__(self, url: str, receiver: str) -> None:
        """Make it, with an endpoint at a path of its own. `url` is the platform's, `receiver` where it listens."""
        slug = f"storm-{next(_numbers)}"
        self._email = f"admin@{slug}.example"
        owner = Owner(self._email, "Admin", _PASSWORD)
        self._schema_name: str = create_organization(slug=slug, name=slug, owner=owner, at=now()).schema_name
        self._receiver = receiver
        self._client = httpx.Client(base_url=f"{url}/api/v1", headers={"x-tenant": slug}, timeout=120)
        self.log_in()
        self.path = f"/{slug}"
        made = self.add_endpoint(self.path)
        self._endpoint_id, self._secret = made["id"], made["secret"]

    def log_in(self) -> None:
        """Get an access token. It lasts for 15 minutes."""
        token = self._call("POST", "/auth/login", {"email": self._email, "password": _PASSWORD})["access_token"]
        self._client.headers["authorization"] = f"Bearer {token}"

    def add_endpoint(self, path: str) -> dict[str, Any]:
        """Have the receiver told of events that are made."""
        body = {"url": f"{self._receiver}{path}", "event_types": [_TYPE]}
        made: dict[str, Any] = self._call("POST", "/webhooks/endpoints", body)
        return made

    def make_events(self, number: int) -> None:
        """Make so many events in bulk: an entry each."""
        span = {"starts_at": "2099-01-01T00:00:00Z", "ends_at": "2099-01-02T00:00:00Z"}
        for part in batched(range(number), MAX_ITEMS):
            items = [{"name": f"Storm {one}", "capacity": 1, **span} for one in part]
            self._call("POST", "/events/bulk", {"mode": "atomic", "items": items})

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._client.request(method, path, json=body, headers={"idempotency-key": str(uuid4())})
        if answer.is_error:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    def entries(self) -> set[str]:
        """Give the ids of what is to be heard."""
        with scope.entered(self._schema_name):
            return {str(id_) for id_ in Entry.objects.filter(type=_TYPE).values_list("id", flat=True)}

    def waiting(self) -> int:
        """Count what is not delivered yet, as the platform sees it."""
        with scope.entered(self._schema_name):
            waiting = Delivery.objects.filter(endpoint_id=self._endpoint_id)
            return waiting.exclude(status=Delivery.Status.DELIVERED).count()

    def move_clock(self) -> int:
        """Have what waits for its third attempt or a later one be due now; tell how much that is."""
        with scope.entered(self._schema_name), connection.cursor() as cursor:
            cursor.execute(_MOVE_CLOCK, [delivering.LEASE.total_seconds()])
            return int(cursor.rowcount)

    def is_given_up(self, endpoint_id: str) -> bool:
        """Tell whether an endpoint is disabled, and the feed says so."""
        told = self._call("GET", "/journal?types=endpoint.disabled")["items"]
        shown = self._call("GET", f"/webhooks/endpoints/{endpoint_id}")
        return not shown["is_enabled"] and [one["data"]["id"] for one in told] == [endpoint_id]

    def has_signed(self, request: Request) -> bool:
        """Tell whether a request bears a signature of this organization's endpoint, made just now."""
        try:
            Webhook(self._secret).verify(request.body, request.headers)
        except WebhookVerificationError:
            return False
        return True

    def close(self) -> None:
        """Speak no more."""
        self._client.close()


@contextmanager
def organizations(number: int, *, url: str, receiver: str) -> Iterator[tuple[list[Organization], str]]:
    """Make so many; give them, and the id of an endpoint of the first's that is gone."""
    made = [Organization(url, receiver) for _ in range(number)]
    try:
        yield made, made[0].add_endpoint(GONE)["id"]
    finally:
        for one in made:
            one.close()
