"""The log of requests that bore an API key: for partners who ask what became of one.

Requests are noted in the process's memory and written together, twice a second, by a thread of its own: they cost their
sender next to nothing. A process that is killed loses what it had not written. Kept for a week, without secrets.
"""

import gzip
import re
from collections import deque
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.utils.timezone import now

from kit import scope
from kit.actor import Actor, caller_of
from kit.background import Chore
from kit.bulk import insert_values
from kit.errors import NotFound
from kit.models import PartnerRequest
from kit.problems import CONTENT_TYPE

log = structlog.get_logger()

KEPT_FOR = timedelta(days=7)
MAX_WAITING = 10_000
MAX_BODY = 4_000
# Longer bodies are not looked through for secrets: that would cost more than the request.
MAX_READ = 64_000
MAX_TOLD = 20
EVERY_SECONDS = 0.5
HIDDEN = "***"
# Members of bodies, and parameters, whose values are nobody's to read.
_SECRET = re.compile(r"password|secret|token|code|authorization|nonce", re.IGNORECASE)
_NAMES = (
    "request_id", "actor_id", "at", "method", "path", "query", "body", "status", "problem", "milliseconds", "address",
    "user_agent",
)  # fmt: skip

type Noted = tuple[str, tuple[Any, ...]]

# What is not written yet: the scope, and the row. The oldest goes first if there is too much.
_waiting: deque[Noted] = deque(maxlen=MAX_WAITING)


def note(request: HttpRequest, response: HttpResponseBase, *, path: str, seconds: float) -> None:
    """Note a request of a key's. `path` holds no secrets."""
    actor = caller_of(request)
    tenant = getattr(request, "tenant", None)
    if actor is None or actor.kind != "key" or tenant is None or not settings.REQUEST_LOG:
        return
    _waiting.append((tenant.schema_name, (
        getattr(request, "request_id", ""), actor.id, now(), request.method, path[:2_000],
        _redacted_query(request), _body(request), response.status_code,
        _problem(response, path),
        round(seconds * 1_000, 2), getattr(request, "address", None), request.META.get("HTTP_USER_AGENT", "")[:200],
    )))  # fmt: skip
    writing.ask()


def _problem(response: HttpResponseBase, path: str) -> str:
    """Give a problem, if it is one, as it was told, but for an address that may hold a secret."""
    if not isinstance(response, HttpResponse) or response.get("Content-Type") != CONTENT_TYPE:
        return ""
    is_packed = response.get("Content-Encoding") == "gzip"
    body = gzip.decompress(response.content) if is_packed else response.content
    return orjson.dumps({**orjson.loads(body), "instance": path}).decode() if body else ""


def _redacted_query(request: HttpRequest) -> str:
    parts = (
        f"{name}={HIDDEN if _SECRET.search(name) else value}"
        for name, values in request.GET.lists()
        for value in values
    )
    return "&".join(parts).replace("\x00", "")[:2_000]


def _body(request: HttpRequest) -> str:
    try:
        raw = request.body
    except (RequestDataTooBig, UnreadablePostError):
        return ""
    if not raw:
        return ""
    if len(raw) > MAX_READ:
        return f"{len(raw)} bytes"
    try:
        return orjson.dumps(redacted(orjson.loads(raw))).decode()[:MAX_BODY]
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        # What cannot be read cannot be searched for secrets.
        return f"{len(raw)} bytes that are no JSON"


def redacted(value: Any) -> Any:
    """Give a body without the values of secrets."""
    if isinstance(value, dict):
        return {name: HIDDEN if _SECRET.search(name) else redacted(part) for name, part in value.items()}
    return [redacted(part) for part in value] if isinstance(value, list) else value


def write() -> None:
    """Write what waits, each scope's in one statement. What cannot be written is dropped, and said."""
    taken = [_waiting.popleft() for _ in range(len(_waiting))]
    for schema_name, rows in groupby(sorted(taken, key=itemgetter(0)), key=itemgetter(0)):
        try:
            with scope.entered(schema_name):
                insert_values(PartnerRequest, _NAMES, (row for _, row in rows))
        except DatabaseError as error:
            log.warning("requests_not_noted", schema=schema_name, error=str(error))
            connection.close()


writing = Chore("partner-requests", write, seconds=EVERY_SECONDS)


def told(request_id: str, *, by: Actor) -> list[dict[str, Any]]:
    """Tell what became of a caller's own requests under an id, the latest first.

    Raises:
        NotFound: there are none, or they are kept no longer.
    """
    own = (
        PartnerRequest.objects.filter(request_id=request_id, actor_id=by.id) if by.id else PartnerRequest.objects.none()
    )
    found = list(own.order_by("-id").values(*_NAMES)[:MAX_TOLD])
    if not found:
        raise NotFound("No request of yours is known by this id")
    return [{**row, "problem": orjson.loads(row["problem"]) if row["problem"] else None} for row in found]


def forget_old(*, at: datetime) -> int:
    """Delete what was kept long enough; tell how much."""
    return PartnerRequest.objects.filter(at__lt=at - KEPT_FOR).delete()[0]
