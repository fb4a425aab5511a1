"""People at work on a running platform: `locust -f loadtests/locustfile.py --headless -u 20 -r 5 -t 20s`.

Every answer is checked; one wrong answer makes locust exit with status 1. Needs `make run` and its demonstration
data; `--host` is http://127.0.0.1:8000 unless given.
"""

import random
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from locust import between, task
from locust.contrib.fasthttp import FastHttpUser

from config.demo import ORGANIZATIONS

REFUSALS = {"sold_out", "registration_closed", "already_over", "bad_access_code"}


class Visitor(FastHttpUser):
    """Looks around without an account."""

    host = "http://127.0.0.1:8000"
    weight = 3
    wait_time = between(0.1, 0.5)

    def on_start(self) -> None:
        """Pick an organization."""
        port = urlsplit(self.host).port
        self.token = ""
        self.host_header = f"{random.choice(ORGANIZATIONS)}.localhost:{port}"  # noqa: S311 - no secret

    def call(self, method: str, path: str, *, name: str, expected: set[int], body: Any = None) -> Any:
        """Call and check; give the body, or nothing if the answer was wrong."""
        headers = {"Host": self.host_header, **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        with self.client.request(
            method, f"/api/v1{path}", name=name, headers=headers, json=body, catch_response=True
        ) as answer:
            found = answer.json() if answer.text else {}
            if answer.status_code not in expected:
                answer.failure(f"{answer.status_code} {found}")
                return None
            if answer.status_code == 409 and found["code"] not in REFUSALS:  # noqa: PLR2004 - conflict
                answer.failure(f"an unexpected refusal: {found['code']}")
            answer.success()
            return found

    def events(self) -> list[Any]:
        """List events, and check their seats."""
        page = self.call("GET", "/events?size=50", name="/events", expected={200})
        items: list[Any] = page["items"] if page else []
        for event in items:
            if not 0 <= event["seats_left"] <= event["capacity"] or event["status"] == "draft":
                self.environment.events.request.fire(
                    request_type="CHECK", name="an event as a visitor sees it", response_time=0, response_length=0,
                    exception=AssertionError(str(event)), context={},
                )  # fmt: skip
        return items

    @task(3)
    def browse(self) -> None:
        """List, open one, and see its sessions."""
        if events := self.events():
            event = random.choice(events)  # noqa: S311 - no secret
            self.call("GET", f"/events/{event['id']}", name="/events/{id}", expected={200})
            self.call("GET", f"/events/{event['id']}/sessions", name="/events/{id}/sessions", expected={200})


class Buyer(Visitor):
    """Opens an account and takes seats, and now and then gives one back."""

    weight = 1

    def on_start(self) -> None:
        """Open an account."""
        super().on_start()
        person = {"email": f"load-{uuid4()}@example.com", "name": "Load", "password": f"{uuid4()}"[:20] + "Zq"}
        grant = self.call("POST", "/auth/register", name="/auth/register", expected={201}, body=person)
        self.token = grant["access_token"] if grant else ""

    @task(4)
    def register(self) -> None:
        """Take a seat where there is one; a refusal must say why."""
        open_events = [
            event for event in self.events() if event["admission"] == "event" and event["status"] == "on_sale"
        ]
        if not open_events:
            return
        event = random.choice(open_events)  # noqa: S311 - no secret
        path, name = f"/events/{event['id']}/register", "/events/{id}/register"
        mine = self.call("POST", path, name=name, expected={200, 201, 409}, body={})
        if mine and mine.get("status") == "confirmed" and random.random() < 0.3:  # noqa: S311, PLR2004 - three in ten
            path, name = f"/registrations/{mine['id']}/cancel", "/registrations/{id}/cancel"
            self.call("POST", path, name=name, expected={200})
