"""A receiver as partners have them: real HTTP on loopback, which verifies signatures with the official library."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


@dataclass
class Heard:
    """One request: its headers, and its body as it came and as it reads."""

    headers: dict[str, str]
    raw: bytes
    at: float

    @property
    def body(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.raw)
        return told

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


# Gives the status, the headers and the body to answer with.
type Answers = Callable[[Heard], tuple[int, dict[str, str], bytes]]


@dataclass
class Receiver:
    """Listens until `close`. `secrets` verify what it hears; `answers` says how it answers."""

    answers: Answers = lambda _: (200, {}, b"ok")
    heard: list[Heard] = field(default_factory=list)

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                if len(raw) < int(self.headers["Content-Length"]):
                    # Whoever sent it was killed meanwhile.
                    return
                heard = Heard({name.lower(): value for name, value in self.headers.items()}, raw, time.monotonic())
                receiver.heard.append(heard)
                status, headers, body = receiver.answers(heard)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            # Whoever comes at once is let in: five would be, and the others find nobody.
            request_queue_size = 256
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def is_signed(heard: Heard, secret: str) -> bool:
    """Tell whether a request bears a signature of the secret, over what it says, made just now."""
    try:
        Webhook(secret).verify(heard.raw, heard.headers)
    except WebhookVerificationError:
        return False
    return True
