"""People at work on a running platform: `locust -f loadtests/locustfile.py --headless -u 20 -r 5 -t 20s`.

Every answer is checked, body and all; one wrong answer makes locust exit with status 1. Needs `make run` and its
demonstration data; `--host` is http://127.0.0.1:8000 unless given.
"""

import random
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from locust import between, task
from locust.contrib.fasthttp import FastHttpUser
from locust.exception import StopUser

from config.demo import ORGANIZATIONS

# A seat may be refused with these alone: demonstration events are small, and some are over or not open.
REFUSALS = {"sold_out", "registration_closed", "already_over", "overlaps"}
SELLING = {"on_sale", "in_progress"}
# An access token lasts 15 minutes.
LOGIN_SECONDS = 600.0
CANCELS, COMES_BACK, ASKS_TWICE = 0.3, 0.5, 0.2

# Names what is wrong with a body, or nothing.
type Check = Callable[[Any], str]


def fault_of_problem(status: int, body: Any) -> str:
    """Name what is wrong with a refusal."""
    if body.get("status") != status:
        return f"a problem that does not say its status: {body}"
    if body.get("code") not in REFUSALS:
        return f"an unexpected refusal: {body.get('code')}"
    return ""


def fault_of_seats(row: Any) -> str:
    """Name what is wrong with an event or session as the public sees it."""
    if row["status"] == "draft":
        return f"a draft is shown: {row['id']}"
    if row["seats_left"] < 0 or row["seats_left"] != row["capacity"] - row["seats_taken"]:
        return f"{row['seats_left']} seats left, {row['seats_taken']} taken of {row['capacity']}: {row['id']}"
    return ""


def fault_of_page(page: Any) -> str:
    """Name the first thing wrong with a page of events or sessions."""
    if len(page["items"]) > page["size"]:
        return f"{len(page['items'])} rows on a page of {page['size']}"
    return next(filter(None, map(fault_of_seats, page["items"])), "")


def fault_of_registration(found: Any, *, email: str, event_id: str) -> str:
    """Name what is wrong with a fresh registration."""
    if found["attendee"]["email"] != email or found["event_id"] != event_id:
        return f"somebody else's registration, or another event's: {found}"
    has_place = found["waitlist_position"] is not None and found["waitlist_position"] >= 1
    if found["status"] not in {"confirmed", "waitlisted"} or has_place != (found["status"] == "waitlisted"):
        return f"{found['status']} at place {found['waitlist_position']}"
    return ""


class Visitor(FastHttpUser):
    """Looks around without an account."""

    host = "http://127.0.0.1:8000"
    weight = 3
    wait_time = between(0.1, 0.5)

    def on_start(self) -> None:
        """Pick an organization."""
        self.token = ""
        self.host_header = f"{random.choice(ORGANIZATIONS)}.localhost:{urlsplit(self.host).port}"  # noqa: S311 - no secret

    def call(
        self, method: str, path: str, *, name: str, expected: set[int], body: Any = None, check: Check = lambda _: ""
    ) -> Any:
        """Call and check; give the body, or nothing if it is a refusal or the answer was wrong."""
        headers = {"Host": self.host_header, **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        with self.client.request(
            method, f"/api/v1{path}", name=name, headers=headers, json=body, catch_response=True
        ) as answer:
            status = answer.status_code
            try:
                found = answer.json() if status else None
                if not status:
                    fault = f"no answer: {answer.error}"
                elif status not in expected:
                    fault = f"{status}: {found}"
                elif status >= HTTPStatus.BAD_REQUEST:
                    fault = fault_of_problem(status, found)
                else:
                    fault = check(found)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                fault = f"{status} with a body of another shape: {error!r}"
            if fault:
                answer.failure(fault)
                return None
            answer.success()
            return found if status < HTTPStatus.BAD_REQUEST else None

    def events(self) -> list[Any]:
        """List the events."""
        page = self.call("GET", "/events?size=50", name="/events", expected={200}, check=fault_of_page)
        return list(page["items"]) if page else []

    def sessions(self, event_id: str) -> list[Any]:
        """List an event's sessions."""
        path, name = f"/events/{event_id}/sessions", "/events/{id}/sessions"
        page = self.call("GET", path, name=name, expected={200}, check=fault_of_page)
        return list(page["items"]) if page else []

    @task(3)
    def browse(self) -> None:
        """List, open one, and see its sessions."""
        if events := self.events():
            event = random.choice(events)  # noqa: S311 - no secret
            self.call("GET", f"/events/{event['id']}", name="/events/{id}", expected={200}, check=fault_of_seats)
            self.sessions(event["id"])


class Buyer(Visitor):
    """Opens an account and takes seats, and now and then gives one back and comes again."""

    weight = 1

    def on_start(self) -> None:
        """Open an account and log in."""
        super().on_start()
        self.email, self.password = f"load-{uuid4()}@example.com", f"{uuid4()}"[:20] + "Zq"
        person = {"email": self.email, "name": "Load", "password": self.password}
        if self.call("POST", "/auth/register", name="/auth/register", expected={201}, body=person) is None:
            raise StopUser
        self.log_in()

    def log_in(self) -> None:
        """Get an access token."""
        self.token, person = "", {"email": self.email, "password": self.password}
        grant = self.call("POST", "/auth/login", name="/auth/login", expected={200}, body=person)
        if grant is None:
            raise StopUser
        self.token, self.stale_at = grant["access_token"], time.monotonic() + LOGIN_SECONDS

    @task(4)
    def take_a_seat(self) -> None:
        """Register where seats are sold; ask twice, cancel, or come again, as people do."""
        if time.monotonic() > self.stale_at:
            self.log_in()
        selling = [event for event in self.events() if event["status"] in SELLING]
        if not selling:
            return
        event = random.choice(selling)  # noqa: S311 - no secret
        place = f"/events/{event['id']}"
        if event["admission"] == "session":
            sessions = [session for session in self.sessions(event["id"]) if session["status"] in SELLING]
            if not sessions:
                return
            place += f"/sessions/{random.choice(sessions)['id']}"  # noqa: S311 - no secret
        mine = self.register(place, event["id"], expected={200, 201, 409})
        if mine is None:
            return
        if random.random() < ASKS_TWICE:  # noqa: S311 - no secret
            self.register(place, event["id"], expected={200}, same=mine["id"])
        if random.random() < CANCELS:  # noqa: S311 - no secret
            self.cancel(mine["id"])
            if random.random() < COMES_BACK:  # noqa: S311 - no secret
                self.register(place, event["id"], expected={201, 409})

    def register(self, place: str, event_id: str, *, expected: set[int], same: str = "") -> Any:
        """Ask for a seat. Whoever has one must get the same registration."""

        def check(found: Any) -> str:
            if same and found["id"] != same:
                return "registering again gave another registration"
            return fault_of_registration(found, email=self.email, event_id=event_id)

        name = "/events/{id}/sessions/{id}/register" if "/sessions/" in place else "/events/{id}/register"
        return self.call("POST", f"{place}/register", name=name, expected=expected, body={}, check=check)

    def cancel(self, registration_id: str) -> None:
        """Give the seat back."""

        def check(found: Any) -> str:
            is_done = found["id"] == registration_id and found["status"] == "cancelled"
            return "" if is_done else f"not cancelled: {found}"

        path, name = f"/registrations/{registration_id}/cancel", "/registrations/{id}/cancel"
        self.call("POST", path, name=name, expected={200}, check=check)
