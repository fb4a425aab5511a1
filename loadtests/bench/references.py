"""What ours is compared with."""

from uuid import UUID

import orjson
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from psycopg.types.datetime import TimestamptzLoader

from attendance.messages import REGISTRATION_CONFIRMED
from attendance.models import Registration
from attendance.rules import new_code
from attendance.schemas.tickets import ScanIn
from catalog.models import SeatPool
from catalog.selectors.events import EVENTS
from identity.authentication import requires
from identity.rules import Operation
from journal.messages import ACCESS_DENIED
from journal.services import record
from kit.api import install

_guard = requires(Operation.REGISTER)
_reads = requires(Operation.EVENTS_READ)

NAMES = [name for name in EVENTS.columns if name != "deleted_at"]
LIST = (
    f"SELECT {', '.join(EVENTS.columns[name] for name in NAMES)} FROM (SELECT e.* FROM catalog_event e"  # noqa: S608 - constants
    " WHERE e.deleted_at IS NULL ORDER BY starts_at, id LIMIT %(limit)s OFFSET %(offset)s) AS e"
    f" {EVENTS.outer} ORDER BY e.starts_at, e.id"
)


def empty(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Answer nothing, behind every layer that a tenant's request passes."""
    return HttpResponse(b"ok", content_type="text/plain")


def empty_for_staff(request: HttpRequest) -> HttpResponse:
    """Answer nothing, to whoever may register people: the caller is known and admitted, and no more is done."""
    _guard(request)
    return empty(request)


def empty_for_known(request: HttpRequest) -> HttpResponse:
    """Answer nothing, to whoever is known, and count nobody."""
    _guard._resolved(request)  # noqa: SLF001 - a part of the product, by itself
    return empty(request)


def empty_recorded(request: HttpRequest) -> HttpResponse:
    """Answer nothing to whoever may register people, and record that they asked."""
    actor = _guard(request)
    record(ACCESS_DENIED, subject=None, by=actor, at=now(), payload={})
    return empty(request)


api = install(NinjaAPI(urls_namespace="bench", docs_url=None, openapi_url=None))


@api.post("/empty", auth=requires(Operation.CHECK_IN))
def empty_operation(request: HttpRequest, payload: ScanIn) -> dict[str, str]:  # noqa: ARG001 - ninja passes them
    """Take what a scanner sends, from whoever may scan, and do nothing: an operation as the framework has it."""
    return {}


def events(request: HttpRequest) -> HttpResponse:
    """List events as staff see them: the product's own SQL, written out, psycopg and orjson, and nothing between."""
    _reads(request)
    size = int(request.GET["size"])
    with connection.cursor() as cursor:
        cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        cursor.execute(LIST, {"at": now(), "limit": size, "offset": 0})
        items = [dict(zip(NAMES, row, strict=False)) for row in cursor.fetchall()]
        cursor.execute("SELECT count(*) FROM catalog_event e WHERE e.deleted_at IS NULL")
        total = cursor.fetchone()[0]
    body = orjson.dumps({"total": total, "page": 1, "size": size, "items": items}, option=orjson.OPT_UTC_Z)
    return HttpResponse(body, content_type="application/json")


@csrf_exempt
def textbook(request: HttpRequest, event_id: UUID, session_id: UUID) -> HttpResponse:
    """Register the way books show it: lock the row, count, insert.

    Same credential, same tables, same journal entry; the body is taken unchecked, which favours it. It counts
    rows and so keeps no counter: whoever runs it settles the counter afterwards.
    """
    actor = _guard(request)
    attendee = orjson.loads(request.body)["attendee"]
    at = now()
    with transaction.atomic():
        pool = SeatPool.objects.select_for_update().get(id=session_id, event_id=event_id)
        if Registration.objects.filter(pool=pool, status="confirmed", deleted_at=None).count() >= pool.capacity:
            return JsonResponse({"code": "sold_out"}, status=409)
        registration = Registration.objects.create(
            event_id=event_id,
            session_id=session_id,
            pool=pool,
            attendee_name=attendee["name"],
            attendee_email=attendee["email"],
            status="confirmed",
            code=new_code(),
        )
        payload = {
            "event_id": str(event_id),
            "session_id": str(session_id),
            "attendee": attendee,
            "status": "confirmed",
        }
        record(REGISTRATION_CONFIRMED, subject=registration, by=actor, at=at, payload=payload)
    return JsonResponse({"id": str(registration.id), "status": registration.status}, status=201)
