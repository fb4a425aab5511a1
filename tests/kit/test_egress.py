"""Addresses that callers choose: what is refused when they are saved, and what when they are connected to."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kit import egress
from kit.egress import FAILURES, Client, NotAllowed, target_of

HOSTILE = [
    # No web address.
    "", "acme.example", "//acme.example/hook", "ftp://acme.example/", "file:///etc/passwd", "gopher://127.0.0.1:70/_",
    "javascript:alert(1)", "data:text/plain,hello", "http://", "https://", "https:///hook", "https://?x", "https://[::1",
    # Not encrypted.
    "http://93.184.216.34/hook",
    # Loopback, by all its names and numbers.
    "https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://0x7f000001/",
    "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.1./", "https://0x7f.1/",
    "https://localhost/", "https://localhost./", "https://LOCALHOST/", "https://[::1]/", "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/", "https://127.255.255.254/",
    "https://\uff11\uff12\uff17.\uff10.\uff10.\uff11/", "https://127\u30020\u30020\u30021/", "https://①②⑦.0.0.1/", "https://%31%32%37.0.0.1/",
    # Nowhere, here, and everywhere.
    "https://0/", "https://0.0.0.0/", "https://[::]/", "https://255.255.255.255/", "https://224.0.0.1/",
    "https://[ff02::1]/", "https://240.0.0.1/",
    # Private networks, carriers', benchmarks' and documents'.
    "https://10.0.0.1/", "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.1.1/", "https://100.64.0.1/",
    "https://198.18.0.1/", "https://192.0.2.1/", "https://203.0.113.9/", "https://[fc00::1]/", "https://[fd12:3456::1]/",
    "https://[fe80::1]/", "https://[fe80::1%25eth0]/", "https://[2001:db8::1]/", "https://[::ffff:10.0.0.1]/",
    # Link-local, where clouds tell their secrets.
    "https://169.254.169.254/latest/meta-data/", "https://[::ffff:169.254.169.254]/", "https://0xa9fea9fe/",
    "https://2852039166/", "https://169.254.43518/", "https://[64:ff9b::a9fe:a9fe]/", "https://[2002:a9fe:a9fe::]/",
    "https://[fd00:ec2::254]/latest/",
    # Names and passwords, ports, and what confuses readers.
    "https://user@93.184.216.34/", "https://user:password@93.184.216.34/", "https://93.184.216.34@127.0.0.1/",
    "https://127.0.0.1\\@93.184.216.34/", "https://93.184.216.34#@127.0.0.1/", "https://93.184.216.34:22/",
    "https://93.184.216.34:6379/", "https://93.184.216.34:0/", "https://93.184.216.34:99999/", "https://93.184.216.34:-1/",
    "https://93.184.216.34/\r\nHost: localhost", "https://93.184.216.34/ x", "https://93.184.216.34/\x00",
    " https://93.184.216.34/", "https://93.184.216.34/" + "x" * 2_000,
    # Names of nothing.
    "https://nothing.invalid/", "https://a..b/", "https://" + "a" * 300 + ".example/",
]  # fmt: skip


@pytest.fixture
def resolves(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Have names resolve to addresses, each time to the next: `resolves("93.184.216.34", "127.0.0.1")`."""

    def give(*answers: str) -> list[str]:
        asked: list[str] = []

        def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
            asked.append(host)
            address = answers[min(len(asked), len(answers)) - 1]
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            return [(family, socket.SOCK_STREAM, 6, "", (one, port)) for one in address.split(",")]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return give


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused(url: str) -> None:
    with pytest.raises(NotAllowed):
        target_of(url)


@pytest.mark.parametrize("url", [url for url in HOSTILE if not url.startswith("http://9")])
def test_it_is_while_debugging_too(url: str, settings: Any) -> None:
    settings.DEBUG = True
    with pytest.raises(NotAllowed):
        target_of(url)


def test_the_table_is_long_enough() -> None:
    assert len(set(HOSTILE)) >= 80


@pytest.mark.parametrize(
    "url",
    [
        "https://93.184.216.34/hook",
        "https://93.184.216.34:8443/hook?x=1",
        "https://[2606:2800:220:1::1]/",
        "https://1.1.1.1",
    ],
)
def test_a_public_address_is_taken(url: str) -> None:
    assert target_of(url).addresses


@pytest.mark.parametrize(
    "answer", ["10.0.0.1", "93.184.216.34,127.0.0.1", "::1", "93.184.216.34,fe80::1", "::ffff:10.1.2.3"]
)
def test_a_name_that_leads_anywhere_else_is_refused(answer: str, resolves: Callable[..., list[str]]) -> None:
    resolves(answer)
    with pytest.raises(NotAllowed, match="not a public address"):
        target_of("https://hooks.example/")


def test_a_name_that_resolves_to_something_else_a_moment_later_is_refused_then(
    resolves: Callable[..., list[str]],
) -> None:
    asked = resolves("93.184.216.34", "127.0.0.1")
    assert target_of("https://hooks.example/").addresses == ("93.184.216.34",)
    with Client(seconds=2) as client, pytest.raises(NotAllowed, match=r"127\.0\.0\.1"):
        client.post("https://hooks.example/", b"", headers={})
    assert asked == ["hooks.example", "hooks.example"]


@pytest.fixture
def receiver() -> Iterator[tuple[int, list[str]]]:
    """Listen on loopback; note each request as `METHOD host path`."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(f"POST {self.headers['Host']} {self.path}")
            self.send_response(302 if self.path == "/away" else 200)
            self.send_header("Location", "http://169.254.169.254/")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, heard
    server.shutdown()
    server.server_close()


def test_nothing_is_sent_to_loopback_unless_the_installation_allows_it(
    receiver: tuple[int, list[str]], settings: Any
) -> None:
    port, heard = receiver
    url = f"http://localhost:{port}/hook"
    with Client(seconds=2) as client:
        with pytest.raises(NotAllowed):
            client.post(url, b"", headers={})
        assert heard == []
        settings.EGRESS_NETWORKS = ["127.0.0.0/8", "::1/128"]
        assert target_of(url).port == port
        assert client.post(url, b"", headers={}).head == b"ok"
    assert heard == [f"POST localhost:{port} /hook"]


def test_redirects_are_not_followed_and_no_proxy_is_used(
    receiver: tuple[int, list[str]], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, heard = receiver
    settings.EGRESS_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with Client(seconds=2) as client:
        assert client.post(f"http://127.0.0.1:{port}/away", b"", headers={}).status == 302
    assert heard == [f"POST 127.0.0.1:{port} /away"]


UNTIL = datetime(2126, 1, 1, tzinfo=UTC)


def certificate(folder: Path, name: str) -> Path:
    """Write a certificate for a name that vouches for itself, with its key; give the file."""
    key, called = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string(f"CN={name}")
    made = (
        x509.CertificateBuilder(called, called, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(UNTIL)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, pem = folder / "certificate.pem", serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, *plain))
    return file


@pytest.fixture
def encrypted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any, resolves: Callable[..., list[str]]
) -> Iterator[tuple[int, list[str]]]:
    """Listen on loopback as https://hooks.example; note each connection by the name it asks for, and each request."""
    file, heard = certificate(tmp_path, "hooks.example"), list[str]()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.sni_callback = lambda _, name, __: heard.append(f"for {name}")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            heard.append(f"{self.headers['Host']} {self.path}")
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            # Said to nobody: whoever sends again finds it closed.
            self.close_connection = self.path == "/closes"

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.EGRESS_NETWORKS = ["127.0.0.0/8"]
    resolves("127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    egress._tls.cache_clear()
    yield server.server_port, heard
    server.shutdown()
    server.server_close()
    egress._tls.cache_clear()


def test_a_connection_goes_to_what_was_looked_at_in_the_name_of_the_host_and_is_kept(
    encrypted: tuple[int, list[str]],
) -> None:
    port, heard = encrypted
    with Client(seconds=5) as client:
        answers = [client.post(f"https://hooks.example:{port}/{path}", b"{}", headers={}) for path in ("one", "two")]
    assert [(answer.status, answer.certificate_until) for answer in answers] == [(200, UNTIL)] * 2
    assert heard == ["for hooks.example", f"hooks.example:{port} /one", f"hooks.example:{port} /two"]


def test_what_the_other_end_closed_is_opened_again(encrypted: tuple[int, list[str]]) -> None:
    port, heard = encrypted
    with Client(seconds=5) as client:
        for _ in range(2):
            assert client.post(f"https://hooks.example:{port}/closes", b"{}", headers={}).status == 200
            time.sleep(0.2)
    assert heard.count("for hooks.example") == 2


def test_a_certificate_of_another_name_is_refused(encrypted: tuple[int, list[str]]) -> None:
    port, heard = encrypted
    with Client(seconds=5) as client, pytest.raises(FAILURES, match="certificate verify failed"):
        client.post(f"https://other.example:{port}/", b"{}", headers={})
    assert heard == ["for other.example"]
