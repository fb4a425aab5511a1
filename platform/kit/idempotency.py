"""Idempotency-Key: a request that is sent again has its effect once, and is answered the same.

The answer is stored in the transaction of the effect, so there is never one without the other, whenever a process dies.
Keys belong to whoever sends them. Two requests with one key at the same instant: the second is told to come back.

An operation of the API runs as a whole in that transaction. Those that commit together with others (`shares`) store
their answer by their own statement, with what `Claim` gives them, and need no look at the table beforehand: whoever
comes second breaks the primary key, which raises `Repeated`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from hashlib import sha256
from http import HTTPStatus
from inspect import unwrap
from typing import Any

import orjson
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.timezone import now
from ninja import NinjaAPI
from ninja.operation import Operation

from kit import problems, scope, vault
from kit.actor import ANONYMOUS, Actor
from kit.answers import rendered
from kit.api import admitted
from kit.errors import Conflict, Invalid, Kind, Malformed, NotFound
from kit.middleware import is_bulk
from kit.models import StoredAnswer
from kit.scope import connection

HEADER = "Idempotency-Key"
_META = "HTTP_IDEMPOTENCY_KEY"
REPLAYED = "Idempotent-Replayed"
KEPT_FOR = timedelta(hours=24)
# The primary key of stored answers: whoever stores a second one breaks it.
ONE_ANSWER = "kit_storedanswer_pkey"
# Guests have one space of keys between them: theirs must not be guessed.
MIN_GUEST_LENGTH = 16
_KEY = re.compile(r"[!-~]{1,255}")
# Whoever is told to slow down comes again, and is not told the same for a day.
_NOT_STORED = HTTPStatus.TOO_MANY_REQUESTS
_RETRY_SECONDS = 1

_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "description": "A random text. Sent again with the same request within 24 hours, it has the same answer and no"
    " second effect. Operations that take many things at once ask for it.",
}

type Run = Callable[..., HttpResponseBase]


class KeyMissing(Malformed):
    """The operation makes many things at once, and asks for a key that makes it safe to send again."""

    kind, code, title = Kind.MALFORMED, "idempotency_key_missing", "The operation needs an Idempotency-Key"


class BadKey(Malformed):
    """The Idempotency-Key is empty, too long, has characters that are not printable ASCII, or could be guessed."""

    kind, code, title = Kind.MALFORMED, "bad_idempotency_key", "The Idempotency-Key is not one"


class KeyReused(Invalid):
    """The Idempotency-Key was used for another request: another body, address or operation."""

    kind, code, title = Kind.INVALID, "idempotency_key_reused", "The Idempotency-Key was used for another request"


class KeyInUse(Conflict):
    """A request with the same Idempotency-Key is still at work."""

    kind, code, title = Kind.CONFLICT, "idempotency_key_in_use", "A request with this key is still at work"


class Repeated(Exception):  # noqa: N818 - no error: the request was answered before
    """The request's key has an answer already."""


@dataclass(slots=True)
class Claim:
    """A request's key, and what tells the request from others. `is_kept` once its answer is stored."""

    name: str
    fingerprint: bytes
    is_kept: bool = False


def claim_of(request: HttpRequest) -> Claim | None:
    """Give the claim of a request that bears a key."""
    return getattr(request, "claim", None)


def name_of(key: str, *, by: Actor) -> str:
    """Name a key of a caller's."""
    return f"{by.kind}:{by.id or ''}:{key}"


def shares[View: Callable[..., Any]](view: View) -> View:
    """Mark a view that stores its answer by its own statement, with the request's `claim`. Stands next to the view."""
    view.shares_its_commit = True  # type: ignore[attr-defined] # a mark
    return view


def honour(api: NinjaAPI) -> None:
    """Have every POST of an API honour its Idempotency-Key. Comes before the routers, which take it over."""
    api.add_decorator(_idempotent, mode="view")
    api.add_exception_handler(Repeated, lambda request, _: replay(request))


def _idempotent(run: Run) -> Run:
    operation: Operation = unwrap(run).__self__
    if operation.methods != ["POST"]:
        return run
    documented = operation.openapi_extra or {}
    operation.openapi_extra = {**documented, "parameters": [*documented.get("parameters", []), _PARAMETER]}
    answer = _sharing if getattr(operation.view_func, "shares_its_commit", False) else _once

    @wraps(run)
    def guarded(request: HttpRequest, **path: Any) -> HttpResponseBase:
        key = request.META.get(_META)
        if key is None and not is_bulk(request.path):
            return run(request, **path)

        def claimed() -> HttpResponseBase:
            claim = _claim(request, key)
            request.claim = claim  # type: ignore[attr-defined] # read by those that share
            return answer(request, claim, lambda: run(request, **path))

        # Refused callers have no keys. Whoever asks again is asked once.
        return admitted(operation, request, claimed)

    return guarded


def _claim(request: HttpRequest, key: str | None) -> Claim:
    if key is None:
        raise KeyMissing("Send the header Idempotency-Key: a random text that you send again with the same request")
    if not _KEY.fullmatch(key):
        raise BadKey("It is 1 to 255 printable characters of ASCII, without spaces")
    by: Actor = getattr(request, "actor", ANONYMOUS)
    if by.kind == "anonymous" and len(key) < MIN_GUEST_LENGTH:
        raise BadKey(f"Without a credential it is {MIN_GUEST_LENGTH} characters at least, and should be random")
    told = orjson.dumps([request.method, request.path, request.META.get("QUERY_STRING", ""), request.content_type])
    return Claim(name_of(key, by=by), sha256(told + b"\x00" + request.body).digest())


def _once(request: HttpRequest, claim: Claim, run: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Run an operation in the transaction that stores its answer, unless it has one."""
    with transaction.atomic():
        if not _is_alone(claim.name):
            busy = KeyInUse("Ask again in a moment: it will be answered the same", retry_after=_RETRY_SECONDS)
            return problems.problem(request, busy)
        stored = StoredAnswer.objects.filter(name=claim.name).first()
        if stored is not None:
            return _told_again(request, claim, stored)
        response = run()
        if not _is_storable(response) or connection.needs_rollback:
            transaction.set_rollback(True)
            return response
        _store(claim, response)
        return response


def _is_alone(name: str) -> bool:
    """Lock the key until the transaction ends, if nobody has."""
    what = f"{scope.current()}:{name}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%(what)s::text, 0))", {"what": what})
        return bool(cursor.fetchone()[0])


def _is_storable(response: HttpResponseBase) -> bool:
    status = response.status_code
    return isinstance(response, HttpResponse) and status < HTTPStatus.INTERNAL_SERVER_ERROR and status != _NOT_STORED


def _sharing(request: HttpRequest, claim: Claim, run: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Run an operation that stores its answer itself where it has an effect; store what it answers without one."""
    response = run()
    if claim.is_kept or not _is_storable(response):
        return response
    try:
        with transaction.atomic():
            _store(claim, response)
    except IntegrityError:
        return replay(request)
    return response


def _store(claim: Claim, response: HttpResponseBase) -> None:
    assert isinstance(response, HttpResponse)  # noqa: S101 - _is_storable said so
    StoredAnswer.objects.create(
        name=claim.name, fingerprint=claim.fingerprint, status=response.status_code,
        headers=orjson.dumps(dict(response.items())).decode(), body=vault.sealed(response.content), is_sealed=True,
        created_at=now(),
    )  # fmt: skip


def replay(request: HttpRequest) -> HttpResponse:
    """Answer a request as it was answered before. Handles `Repeated`."""
    claim: Claim = request.claim  # type: ignore[attr-defined] # whoever raises Repeated had it
    # What this answer is, is stored already.
    claim.is_kept = True
    return _told_again(request, claim, StoredAnswer.objects.get(name=claim.name))


def _told_again(request: HttpRequest, claim: Claim, stored: StoredAnswer) -> HttpResponse:
    if bytes(stored.fingerprint) != claim.fingerprint:
        return problems.problem(request, KeyReused("Send another key with another request"))
    body = vault.opened(bytes(stored.body)) if stored.is_sealed else bytes(stored.body)
    if stored.headers:
        response = HttpResponse(body, status=stored.status, headers=orjson.loads(stored.headers))
    else:
        response = rendered(body, status=stored.status)
    response[REPLAYED] = "true"
    return response


def found(key: str, *, by: Actor) -> dict[str, Any]:
    """Tell what became of the request that a caller sent with a key.

    Raises:
        NotFound: there was none, or its answer is kept no longer.
    """
    name = name_of(key, by=by)
    # Before the answer is looked for: it may come in between. By itself the look locks nothing any longer.
    is_alone = _is_alone(name)
    stored = StoredAnswer.objects.filter(name=name).values("status", "created_at").first()
    if stored is not None:
        kept_until = stored["created_at"] + KEPT_FOR
        return {"state": "done", "status": stored["status"], "at": stored["created_at"], "kept_until": kept_until}
    if not is_alone:
        return {"state": "running", "status": None, "at": None, "kept_until": None}
    raise NotFound("No request with this key has an answer")


def forget_old(*, at: datetime) -> int:
    """Delete the answers that were kept long enough; tell how many."""
    return StoredAnswer.objects.filter(created_at__lt=at - KEPT_FOR).delete()[0]
