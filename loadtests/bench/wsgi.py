"""The product's WSGI application beside a bare one, so that both are measured on one server."""

import os
from collections.abc import Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loadtests.bench.settings")

from config import web
from config.front import Front
from config.web import DEFAULT_THREADS, DEFAULT_WORKERS
from config.wsgi import application as _product

if os.environ.get("UNRECORDED"):
    # What a registration is compared with, to see what its entry costs.
    from attendance.services import seating
    from loadtests.bench.pgbench import unrecorded

    seating.TAKE_SEATS = unrecorded()  # type: ignore[misc] # a constant, but here

_OK = b"ok"
_HEADERS = [("Content-Type", "text/plain"), ("Content-Length", str(len(_OK)))]


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer /bench/bare at once, and hand everything else to the product."""
    if environ["PATH_INFO"] == "/bench/bare":
        start_response("200 OK", _HEADERS)
        return [_OK]
    return _product(environ, start_response)


front = Front(application, threads=DEFAULT_THREADS)


def serve() -> None:
    """Serve as `config.web` does, on the port in PORT."""
    port = int(os.environ["PORT"])
    target = "loadtests.bench.wsgi:front"
    web.serve(host="127.0.0.1", port=port, workers=DEFAULT_WORKERS, threads=DEFAULT_THREADS, target=target)


if __name__ == "__main__":
    serve()
