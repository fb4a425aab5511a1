"""The web server as such: senders that are slow, endless, odd or gone keep nobody else waiting."""

import json
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from config.demo import PASSWORD
from loadtests.bench.driver import receive
from tests.live import Platform

pytestmark = pytest.mark.xdist_group("live")

# More than there are threads.
SLOW = 40
LOGIN = json.dumps({"email": "admin@acme.example", "password": PASSWORD}).encode()


def send(platform: Platform, *lines: str, body: bytes = b"", path: str = "/api/v1/auth/login") -> socket.socket:
    """Open a connection and send a POST to acme, with these headers and as much of its body."""
    connection = socket.create_connection(("127.0.0.1", platform.port), timeout=30)
    head = "\r\n".join([f"POST {path} HTTP/1.1", *lines, "Content-Type: application/json", "", ""])
    connection.sendall(head.encode() + body)
    return connection


@pytest.mark.parametrize("length", [200, 900_000])
def test_those_who_send_slowly_keep_nobody_waiting_and_are_told(platform: Platform, length: int) -> None:
    lines = ("Host: acme.localhost", f"Content-Length: {length}")
    with ExitStack() as stack:
        slow = [stack.enter_context(send(platform, *lines, body=b"{")) for _ in range(SLOW)]
        time.sleep(0.3)
        assert httpx.get(f"{platform.url}/health").status_code == 200
        assert not select.select(slow, [], [], 0)[0], "none of them was answered yet"
        told = [receive(connection) for connection in slow]
    assert [status for status, _ in told] == [408] * SLOW
    assert {json.loads(body)["code"] for _, body in told} == {"too_slow"}


def test_a_body_in_chunks_must_say_how_long_it_is(platform: Platform) -> None:
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(LOGIN), LOGIN)
    with send(platform, "Host: acme.localhost", "Transfer-Encoding: chunked", body=chunks) as connection:
        status, body = receive(connection)
    assert (status, json.loads(body)["code"]) == (411, "length_required")


@pytest.mark.parametrize("length", [len(LOGIN) + 1, 900_000])
def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one(platform: Platform, length: int) -> None:
    with send(platform, "Host: acme.localhost", f"Content-Length: {length}", body=LOGIN) as connection:
        connection.shutdown(socket.SHUT_WR)
        assert receive(connection)[0] == 400


def test_a_body_that_announces_too_much_is_refused_at_once(platform: Platform) -> None:
    with send(platform, "Host: acme.localhost", "Content-Length: 90000000", body=b"{") as connection:
        status, body = receive(connection)
    assert (status, json.loads(body)["code"]) == (413, "too_large")


def test_a_long_body_is_read_whole(platform: Platform) -> None:
    body = json.dumps({"email": "admin@acme.example", "password": PASSWORD, "padding": "x" * 500_000}).encode()
    with send(platform, "Host: acme.localhost", f"Content-Length: {len(body)}", body=body) as connection:
        status, told = receive(connection)
    # Read to its end: the one thing wrong with it is the member that nobody knows.
    assert (status, [fault["pointer"] for fault in json.loads(told)["errors"]]) == (422, ["#/padding"])


def test_a_header_with_an_underscore_passes_for_no_other(platform: Platform) -> None:
    for name, expected in (("X-Tenant", 200), ("X_Tenant", 404)):
        lines = (f"Host: 127.0.0.1:{platform.port}", f"{name}: acme", f"Content-Length: {len(LOGIN)}")
        with send(platform, *lines, body=LOGIN) as connection:
            assert receive(connection)[0] == expected, name


def test_a_request_that_names_no_host_is_refused(platform: Platform) -> None:
    for lines in ((), ("Host: caf\xe9.localhost",)):
        with send(platform, *lines, f"Content-Length: {len(LOGIN)}", body=LOGIN) as connection:
            assert receive(connection)[0] == 400


def test_those_who_leave_in_the_middle_do_no_harm(platform: Platform) -> None:
    for body in (b"{", LOGIN):
        for _ in range(SLOW):
            send(platform, "Host: acme.localhost", f"Content-Length: {len(LOGIN)}", body=body).close()
    assert platform.token()
    assert "request_broke" not in platform.log.read_text()


def test_a_long_answer_comes_in_parts_and_whole(platform: Platform) -> None:
    token = platform.token("admin")
    headers = {"x-tenant": "acme", "authorization": f"Bearer {token}"}
    answered = httpx.get(f"{platform.url}/api/v1/events.csv", headers=headers, timeout=30)
    rows = answered.text.splitlines()
    assert (answered.status_code, answered.headers.get("transfer-encoding")) == (200, "chunked")
    total = platform.api("GET", "/events?size=1", token=token).json()["total"]
    assert len(rows) == total + 1


@pytest.fixture
def stopping(platform: Platform) -> Iterator[Platform]:
    """Have a web server that the others do not share."""
    yield platform
    assert platform.web is not None
    if platform.web.poll() is not None:
        platform.start_web()


def test_a_server_that_is_asked_to_stop_answers_first(stopping: Platform) -> None:
    with ExitStack() as stack:
        lines = ("Host: acme.localhost", f"Content-Length: {len(LOGIN)}")
        logins = [stack.enter_context(send(stopping, *lines, body=LOGIN)) for _ in range(8)]
        time.sleep(0.1)
        assert stopping.web is not None
        stopping.web.terminate()
        # A hash of a password takes a while: most of them are under way.
        assert [receive(login)[0] for login in logins] == [200] * len(logins)
    assert stopping.web.wait(timeout=20) == 0
