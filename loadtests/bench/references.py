"""What ours is compared with."""

from uuid import UUID

import orjson
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt

from attendance.messages import REGISTRATION_CONFIRMED
from attendance.models import Registration
from attendance.rules import new_code
from catalog.models import SeatPool
from identity.authentication import requires
from identity.rules import Operation
from journal.services import record

_guard = requires(Operation.REGISTER)


def empty(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Answer nothing, behind every layer that a tenant's request passes."""
    return HttpResponse(b"ok", content_type="text/plain")


@csrf_exempt
def textbook(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Register the way books show it: lock the row, count, insert. Same credential, same rows, same entry."""
    actor = _guard(request)
    attendee = orjson.loads(request.body)["attendee"]
    at = now()
    with transaction.atomic():
        pool = SeatPool.objects.select_for_update().get(id=event_id)
        taken = Registration.objects.filter(pool=pool, status="confirmed", deleted_at=None).count()
        if taken >= pool.capacity:
            return JsonResponse({"code": "sold_out"}, status=409)
        registration = Registration.objects.create(
            event_id=event_id,
            pool=pool,
            attendee_name=attendee["name"],
            attendee_email=attendee["email"],
            status="confirmed",
            code=new_code(),
        )
        # The counter, so that the sweep over the rows after the run holds for these as well.
        pool.seats_taken = taken + 1
        pool.save(update_fields=["seats_taken"])
        record(REGISTRATION_CONFIRMED, subject=registration, by=actor, at=at, payload={"event_id": str(event_id)})
    return JsonResponse({"id": str(registration.id)}, status=201)
