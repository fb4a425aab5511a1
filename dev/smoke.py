"""`make smoke`: the whole story over HTTP, in both organizations, against a running platform."""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from secrets import token_hex, token_urlsafe
from typing import Any
from uuid import uuid4

import httpx

from config.demo import ORGANIZATIONS, PASSWORD
from dev.places import running_port

WORKER_SECONDS = 30
# How long a revoked key may still be good elsewhere than in the process that revoked it.
STANDING_SECONDS = 6
# How long after its answer a program's request can be looked up.
NOTING_SECONDS = 1.5

type Json = dict[str, Any]
type Tell = Callable[[str], None]


class Failed(Exception):  # noqa: N818 - what happened to the story
    """A step did not answer as it must."""


class Caller:
    """Somebody who talks to one organization; every call is a step that is checked and told."""

    def __init__(self, client: httpx.Client, tell: Tell, organization: str, token: str = "") -> None:
        """Talk as the holder of a token, or as nobody."""
        self._client, self._tell, self._organization, self.token = client, tell, organization, token
        # The id of the last call.
        self.request_id = ""

    def __call__(
        self, what: str, expected: int, method: str, path: str, body: Json | None = None, *, seen: str = ""
    ) -> Json:
        """Call, check the status, tell; give the body. `seen` is the version that a change starts from."""
        started = time.perf_counter()
        answer = self._send(method, path, body, seen)
        took = (time.perf_counter() - started) * 1_000
        self.request_id = answer.headers["X-Request-Id"]
        if answer.status_code != expected:
            raise Failed(f"{what}: {method} {path} answered {answer.status_code}, not {expected}: {answer.text[:500]}")
        self._tell(f"  ok {self._organization:7} {what:58} {answer.status_code} {took:6.1f} ms")
        return answer.json() if answer.content else {}

    def quietly(self, method: str, path: str) -> Json:
        """Call without a word; give the body."""
        found: Json = self._send(method, path, None, "").raise_for_status().json()
        return found

    def _send(self, method: str, path: str, body: Json | None, seen: str) -> httpx.Response:
        port = self._client.base_url.port
        headers = {"Host": f"{self._organization}.localhost:{port}", **({"If-Match": seen} if seen else {})}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if method == "POST":
            headers["Idempotency-Key"] = token_hex(16)
        return self._client.request(method, f"/api/v1{path}", json=body, headers=headers)

    def as_holder_of(self, token: str) -> "Caller":
        """Talk with another token."""
        return Caller(self._client, self._tell, self._organization, token)


def check(what: str, found: object, expected: object) -> None:
    """Fail the story unless two values are equal."""
    if found != expected:
        raise Failed(f"{what}: found {found!r}, not {expected!r}")


def log_in(nobody: Caller, role: str, organization: str) -> Caller:
    """Log a demonstration account in."""
    body = {"email": f"{role}@{organization}.example", "password": PASSWORD}
    grant = nobody(f"{role} logs in", 200, "POST", "/auth/login", body)
    return nobody.as_holder_of(grant["access_token"])


def draft_event(organizer: Caller, nobody: Caller, **fields: Any) -> Json:
    """Draft an event with two sessions, see that it is hidden, and publish it."""
    start = datetime.now(UTC) + timedelta(days=30)
    span = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=4)).isoformat()}
    event = organizer("organizer drafts an event", 201, "POST", "/events", {"name": "Smoke story", **span, **fields})
    path = f"/events/{event['id']}"
    for title in ("Opening", "Closing"):
        session = {"title": title, "capacity": 10, **span}
        organizer(f"organizer adds the session {title}", 201, "POST", f"{path}/sessions", session)
    nobody("a visitor does not see the draft", 404, "GET", path)
    organizer("organizer publishes it", 200, "POST", f"{path}/publish")
    shown = nobody("a visitor sees it", 200, "GET", path)
    check("status after publication", shown["status"], "on_sale")
    check("sessions shown", nobody("a visitor sees its sessions", 200, "GET", f"{path}/sessions")["total"], 2)
    return shown


def plan(organizer: Caller, nobody: Caller, event: Json) -> None:
    """A room is taken once, a change is not overwritten, and the event is found by what people type."""
    path, mark = f"/events/{event['id']}", uuid4().hex[:8]
    room = organizer("organizer opens a room", 201, "POST", "/rooms", {"name": f"Room {mark}"})
    speaker = organizer("and names a speaker", 201, "POST", "/speakers", {"name": f"Smóke {mark}"})
    start = datetime.fromisoformat(event["starts_at"])
    session = {
        "title": "Talk", "starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat(),
        "capacity": 5, "room_id": room["id"], "speaker_ids": [speaker["id"]],
    }  # fmt: skip
    held = organizer("a session takes both", 201, "POST", f"{path}/sessions", session)
    clash = organizer("another at that time is refused", 409, "POST", f"{path}/sessions", session)
    check("with whom it clashes", {one["session_id"] for one in clash["clashes"]}, {held["id"]})
    slot = {name: clash["free_slots"][0][name] for name in ("room_id", "starts_at", "ends_at")}
    organizer("and takes the slot that was offered", 201, "POST", f"{path}/sessions", {**session, **slot})
    organizer("organizer publishes the talk", 200, "POST", f"/sessions/{held['id']}/publish")
    found = nobody("a visitor types the speaker's name", 200, "GET", f"/events/search?q=smoke {mark[:5]}")
    check("what is found", [one["id"] for one in found["items"]], [event["id"]])
    version = organizer("organizer looks at the event", 200, "GET", path)["version"]
    organizer("and changes it", 200, "PATCH", path, {"place": "Roof"}, seen=f'"{version}"')
    organizer("a change of the old version is refused", 412, "PATCH", path, {"place": "Cellar"}, seen=f'"{version}"')
    check("the place", nobody("a visitor sees the change", 200, "GET", path)["place"], "Roof")
    items = [{**session, "event_id": event["id"], "client_ref": "a"}, {"client_ref": "b"}]
    told = organizer(
        "a dry run of many tells what is wrong", 422, "POST", "/sessions/bulk", {"items": items, "dry_run": True}
    )
    check("with each", [one["error"]["code"] for one in told["results"]], ["schedule_clash", "invalid"])


def fill(nobody: Caller, event: Json) -> list[tuple[Caller, Json]]:
    """Five people open accounts and register for three seats."""
    people = []
    for number in range(5):
        body = {"email": f"smoke-{uuid4()}@example.com", "name": f"Smoke {number}", "password": token_urlsafe(16)}
        grant = nobody(f"person {number + 1} opens an account", 201, "POST", "/auth/register", body)
        person = nobody.as_holder_of(grant["access_token"])
        people.append((person, person("and registers", 201, "POST", f"/events/{event['id']}/register", {})))
    check("who got a seat", [one["status"] for _, one in people], ["confirmed"] * 3 + ["waitlisted"] * 2)
    check("places in the queue", [one["waitlist_position"] for _, one in people], [None, None, None, 1, 2])
    again = people[0][0]("registering again gives the first", 200, "POST", f"/events/{event['id']}/register", {})
    check("the registration found", again["id"], people[0][1]["id"])
    return people


def see_it_full(organizer: Caller, nobody: Caller, people: list[tuple[Caller, Json]], event: Json) -> None:
    """One cancels, the queue moves up, and the organizer sees exactly these people."""
    person, registration = people[0]
    person("person 1 cancels", 200, "POST", f"/registrations/{registration['id']}/cancel")
    promoted = people[3][0]("person 4 has the seat", 200, "GET", f"/registrations/{people[3][1]['id']}")
    check("the head of the queue", promoted["status"], "confirmed")
    people[3][0]("and does not see person 5's", 404, "GET", f"/registrations/{people[4][1]['id']}")
    listed = organizer("organizer lists registrations", 200, "GET", f"/registrations?event_id={event['id']}")
    check("who is registered", {one["id"] for one in listed["items"]}, {one["id"] for _, one in people})
    shown = nobody("a visitor sees no seat left", 200, "GET", f"/events/{event['id']}")
    check("seats", (shown["capacity"], shown["seats_taken"], shown["seats_left"]), (3, 3, 0))


def sell_out(organizer: Caller, event: Json) -> None:
    """Without a waitlist, one seat is one seat."""
    path = f"/events/{event['id']}/register"
    for number, status in ((1, 201), (2, 409)):
        attendee = {"name": f"Guest {number}", "email": f"guest-{uuid4()}@example.com"}
        answer = organizer(
            f"organizer registers guest {number} for one seat", status, "POST", path, {"attendee": attendee}
        )
    check("why guest 2 is refused", answer["code"], "sold_out")


def open_doors(organizer: Caller, nobody: Caller, organization: str) -> Json:
    """Guests come, show their tickets, and are let in once; a door without a network brings its scans back."""
    now = datetime.now(UTC)
    span = {"starts_at": (now + timedelta(hours=1)).isoformat(), "ends_at": (now + timedelta(hours=5)).isoformat()}
    event = organizer("organizer drafts tonight's event", 201, "POST", "/events",
                      {"name": "Smoke at the door", "capacity": 5, **span})  # fmt: skip
    path = f"/events/{event['id']}"
    organizer("and publishes it", 200, "POST", f"{path}/publish")
    ana = {"name": "Ana Gil", "email": f"ana-{uuid4()}@example.com"}
    trial = nobody("a guest asks what would happen", 200, "POST", f"{path}/reserve?dry_run=true", ana)
    check("what would", trial["would"], "confirm")
    guest = nobody("the guest reserves", 201, "POST", f"{path}/reserve", ana)
    again = nobody("reserving again tells no code", 200, "POST", f"{path}/reserve", ana)
    check("the registration", (again["id"], again["code"]), (guest["id"], None))
    items = [{"event_id": event["id"], "attendee": {"name": f"Guest {n}", "email": f"bulk-{n}-{uuid4()}@example.com"}}
             for n in range(5)]  # fmt: skip
    many = organizer("organizer registers five for four seats", 207, "POST", "/registrations/bulk",
                     {"items": items, "mode": "partial"})  # fmt: skip
    check("who got one", [one["status"] for one in many["results"]], ["created"] * 4 + ["refused"])
    lost = many["results"][0]["id"]
    old = organizer("a ticket is lost", 200, "GET", f"/tickets/{lost}")
    ticket = organizer("and issued anew", 200, "POST", f"/tickets/{lost}/reissue")
    door = log_in(nobody, "scanner", organization)
    scan = {"event_id": event["id"], "gate": "north", "device": "phone 1"}
    told = door("the lost one is shown", 200, "POST", "/tickets/validate", {**scan, "token": old["token"]})
    check("what the door says", told["verdict"], "revoked")
    for verdict in ("admitted", "already_used"):
        told = door("the new one is shown", 200, "POST", "/tickets/validate", {**scan, "token": ticket["token"]})
        check("what the door says", told["verdict"], verdict)
    bundle = door("a door takes along what it needs offline", 200, "GET", f"{path}/offline-bundle")
    check("who is not let in", bundle["revoked"], [{"ticket_id": lost, "issue": 1}])
    scans = [{"code": guest["code"], "nonce": uuid4().hex, "scanned_at": datetime.now(UTC).isoformat()}
             for _ in range(2)]  # fmt: skip
    offline = {"event_id": event["id"], "device": "phone 2", "items": scans}
    brought = door("and brings its scans back", 200, "POST", "/tickets/validate/bulk", offline)
    check("what they were", [one["verdict"] for one in brought["results"]], ["accepted", "duplicate"])
    counted = organizer("organizer counts who came", 200, "GET", f"{path}/check-ins")
    check("who came", (counted["confirmed"], counted["checked_in"]), (5, 2))
    nobody("whoever is in cannot give the seat back", 409, "POST", "/registrations/cancel",
           {"email": ana["email"], "code": guest["code"]})  # fmt: skip
    undone = organizer("the scan is taken back", 200, "POST", f"/tickets/{guest['id']}/undo-check-in")
    check("how many", undone["undone"], 2)
    nobody("and the guest gives the seat back", 200, "POST", "/registrations/cancel",
           {"email": ana["email"], "code": guest["code"]})  # fmt: skip
    free = nobody("a visitor sees what is left", 200, "GET", f"{path}/availability")
    check("seats", (free["capacity"], free["left"], free["checked_in"]), (5, 1, None))
    return event


def see_it_called_off(organizer: Caller, event: Json) -> None:
    """Cancelling an event cancels every registration, by a worker."""
    organizer("organizer cancels the event", 200, "POST", f"/events/{event['id']}/cancel")
    deadline = time.monotonic() + WORKER_SECONDS
    path = f"/registrations?event_id={event['id']}&status=confirmed&status=waitlisted"
    while organizer.quietly("GET", path)["items"]:
        if time.monotonic() > deadline:
            raise Failed(f"registrations of a cancelled event stand after {WORKER_SECONDS} s: does a worker run?")
        time.sleep(0.1)
    gone = organizer("and nobody is registered any more", 200, "GET", f"/registrations?event_id={event['id']}&limit=1")
    check("why", gone["items"][0]["cancel_reason"], "The event was cancelled")


def use_tokens(nobody: Caller, organization: str) -> None:
    """Tokens rotate, are good once, and end with the logout."""
    body = {"email": f"attendee@{organization}.example", "password": PASSWORD}
    first = nobody("attendee logs in", 200, "POST", "/auth/login", body)["refresh_token"]
    second = nobody("and refreshes", 200, "POST", "/auth/refresh", {"refresh_token": first})
    me = nobody.as_holder_of(second["access_token"])("and is known", 200, "GET", "/users/me")
    check("who it is", me["email"], body["email"])
    nobody("logs out", 204, "POST", "/auth/logout", {"refresh_token": second["refresh_token"]})
    nobody("and is out", 401, "POST", "/auth/refresh", {"refresh_token": second["refresh_token"]})
    nobody("a wrong password is refused", 401, "POST", "/auth/login", {**body, "password": "not this one"})


def use_keys(nobody: Caller, organization: str) -> None:
    """A program works with a key: as far as its scopes go, through a rotation, until it is revoked."""
    admin = log_in(nobody, "admin", organization)
    body = {"name": "Smoke story", "scopes": ["registrations:read"]}
    key = admin("admin makes an API key", 201, "POST", "/api-keys", body)
    path = f"/api-keys/{key['id']}"
    program = nobody.as_holder_of(key["secret"])
    program("a program reads registrations with it", 200, "GET", "/registrations?limit=1")
    program("and may do no more", 403, "POST", "/categories", {"name": "x"})
    time.sleep(NOTING_SECONDS)
    noted = program("it looks the refusal up", 200, "GET", f"/requests/{program.request_id}")
    check("what it was answered", noted["items"][0]["problem"]["code"], "forbidden")
    sealed = admin("admin reads the audit trail", 200, "GET", "/audit-log?type=access.denied&limit=1")
    check("who was denied", sealed["items"][0]["actor_id"], key["id"])
    rotated = admin("admin rotates it", 200, "POST", f"{path}/rotate", {"overlap_hours": 1})
    program("the secret before is good for a while", 200, "GET", "/registrations?limit=1")
    admin("admin revokes it", 204, "DELETE", path)
    time.sleep(STANDING_SECONDS)
    nobody.as_holder_of(rotated["secret"])("and it is good no more", 401, "GET", "/registrations?limit=1")


def play_in(client: httpx.Client, tell: Tell, organization: str) -> tuple[Caller, Json]:
    """Play the story in one organization; give its organizer and one of its events."""
    nobody = Caller(client, tell, organization)
    organizer = log_in(nobody, "organizer", organization)
    event = draft_event(organizer, nobody, capacity=3, has_waitlist=True)
    plan(organizer, nobody, event)
    see_it_full(organizer, nobody, fill(nobody, event), event)
    single = draft_event(organizer, nobody, capacity=1)
    sell_out(organizer, single)
    tonight = open_doors(organizer, nobody, organization)
    use_tokens(nobody, organization)
    use_keys(nobody, organization)
    for one in (event, single, tonight):
        see_it_called_off(organizer, one)
    return organizer, event


def play(base_url: str, tell: Tell) -> None:
    """Play the whole story.

    Raises:
        Failed: a step did not answer as it must.
    """
    with httpx.Client(base_url=base_url, timeout=10) as client:
        port = client.base_url.port
        check("ready", client.get("/ready").json()["status"], "ok")
        told = {name: play_in(client, tell, name) for name in ORGANIZATIONS}
        for here, there in (ORGANIZATIONS, ORGANIZATIONS[::-1]):
            stranger = Caller(client, tell, there, told[here][0].token)
            stranger(f"a token of {here} opens nothing", 401, "GET", "/users/me")
            told[there][0](f"an event of {here} is not there", 404, "GET", f"/events/{told[here][1]['id']}")
            page = client.get("/admin/login/", headers={"Host": f"{there}.localhost:{port}"})
            check(f"the admin panel of {there}", (page.status_code, "password" in page.text), (200, True))
            tell(f"  ok {there:7} the admin panel asks who it is")


def main() -> None:
    """Play against the `make run` of this checkout, or the port in PORT."""
    port = running_port()
    try:
        play(f"http://127.0.0.1:{port}", print)
    except Failed as failure:
        print(f"FAIL {failure}", file=sys.stderr)
        sys.exit(1)
    except httpx.TransportError:
        print(f"Nothing answers on port {port}: start it with `make run`, in another terminal.", file=sys.stderr)
        sys.exit(1)
    print("The story holds in both organizations.")


if __name__ == "__main__":
    main()
