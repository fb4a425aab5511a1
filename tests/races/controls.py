"""The obvious ways, served beside ours: each looks first and acts then, and loses the race that ours must win.

They work in a schema of their own, a copy of acme's without the constraints that would stop them.
"""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import F
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt

from attendance.models import CheckIn, Registration
from attendance.rules import new_code
from catalog.models import SeatPool
from config.urls import Routes, tenant
from kit import scope
from kit.ids import new_id

SCHEMA = "t_naive"
# Between the look and the act, as a slow network or a busy machine would have it: long enough for all to look first.
PAUSE = 0.05
TABLES = ("catalog_seatpool", "attendance_registration", "attendance_checkin")
MAKE = ";".join(
    [
        f"CREATE SCHEMA {SCHEMA}",
        *[f"CREATE TABLE {SCHEMA}.{name} (LIKE t_acme.{name} INCLUDING DEFAULTS)" for name in TABLES],
    ]
)


def naive(view: Callable[[dict[str, Any]], Any]) -> Any:
    """Serve a view in the controls' schema."""

    @csrf_exempt
    def serve(request: HttpRequest) -> JsonResponse:
        with scope.entered(SCHEMA):
            return JsonResponse({"answer": view(orjson.loads(request.body))})

    return serve


@naive
def pool(body: dict[str, Any]) -> str:
    """Open a pool."""
    pool_id = new_id()
    SeatPool.objects.create(id=pool_id, event_id=pool_id, capacity=body["capacity"], closes_at=now(), is_open=True)
    return str(pool_id)


def _seats(pool_id: UUID) -> int:
    return Registration.objects.filter(pool_id=pool_id, status="confirmed").count()


@naive
def register(body: dict[str, Any]) -> str:
    """Count, then insert; look for the same person, and for the same time, first."""
    pool_id = UUID(body["pool"])
    capacity = SeatPool.objects.get(id=pool_id).capacity
    same = Registration.objects.filter(attendee_email=body["email"], status="confirmed")
    # With `others`, somebody who has any seat is elsewhere at that time.
    is_taken = _seats(pool_id) >= capacity or (same if body.get("others") else same.filter(pool_id=pool_id)).exists()
    time.sleep(PAUSE)
    if is_taken:
        return ""
    made = Registration.objects.create(
        event_id=pool_id, pool_id=pool_id, attendee_name="x", attendee_email=body["email"], status="confirmed",
        code=new_code(),
    )  # fmt: skip
    SeatPool.objects.filter(id=pool_id).update(seats_taken=F("seats_taken") + 1)
    return str(made.id)


@naive
def cancel(body: dict[str, Any]) -> None:
    """Look whether it stands, then cancel it and give the seat back."""
    registration = Registration.objects.get(id=body["id"])
    time.sleep(PAUSE)
    if registration.status == "confirmed":
        Registration.objects.filter(id=registration.id).update(status="cancelled")
        SeatPool.objects.filter(id=registration.pool_id).update(seats_taken=F("seats_taken") - 1)


@naive
def scan(body: dict[str, Any]) -> bool:
    """Look whether the ticket was used, then let it in."""
    registration = Registration.objects.get(id=body["id"])
    was_used = CheckIn.objects.filter(registration_id=registration.id, verdict="admitted").exists()
    time.sleep(PAUSE)
    if not was_used:
        CheckIn.objects.create(
            registration_id=registration.id, event_id=registration.event_id, pool_id=registration.pool_id,
            verdict="admitted", nonce=str(new_id()), scanned_at=now(),
        )  # fmt: skip
    return not was_used


@naive
def count(body: dict[str, Any]) -> dict[str, int]:
    """Tell what a pool counts, and what is there."""
    pool = SeatPool.objects.get(id=body["pool"])
    return {"seats_taken": pool.seats_taken, "rows": _seats(pool.id)}


@naive
def make(_: dict[str, Any]) -> None:
    """Make the schema."""
    with connection.cursor() as cursor:
        cursor.execute(MAKE)


urlpatterns: Routes = [
    path("naive/make", make),
    path("naive/pool", pool),
    path("naive/register", register),
    path("naive/cancel", cancel),
    path("naive/scan", scan),
    path("naive/count", count),
    *tenant.urlpatterns,
]
