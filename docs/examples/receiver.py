"""A receiver of webhooks that believes nobody.

`pip install standardwebhooks`, then `SECRET=whsec_... python receiver.py`.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

# Both, while one takes over from the other: `SECRET=whsec_new,whsec_old`.
SECRETS = os.environ["SECRET"].split(",")
seen: set[str] = set()


def is_genuine(body: bytes, headers: dict[str, str]) -> bool:
    """Verify the signature over the bytes as they came; a message older than five minutes is refused."""
    for secret in SECRETS:
        try:
            Webhook(secret).verify(body, headers)
        except WebhookVerificationError:
            continue
        return True
    return False


class Receiver(BaseHTTPRequestHandler):
    """Takes webhooks."""

    def do_POST(self) -> None:
        """Take one."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if not is_genuine(body, headers):
            self.send_response(401)
        else:
            # A webhook may come twice, under the same id. Keep ids where they outlive the process.
            if headers["webhook-id"] not in seen:
                seen.add(headers["webhook-id"])
                told = json.loads(body)
                print(told["type"], told["data"], flush=True)
            # Answer at once, and do the work afterwards: after 15 seconds it counts as failed.
            self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Receiver).serve_forever()
