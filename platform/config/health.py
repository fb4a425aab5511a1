"""Whether the process lives, and whether what it stands on answers. Served on every host, by no tenant."""

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django_redis import get_redis_connection

from kit import scope


def health(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django passes it
    """Answer as long as the process does."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django passes it
    """Answer 200 if the database and the cache answer, else 503 naming each that does not."""
    parts = {"database": _state(_ask_database), "cache": _state(_ask_cache)}
    is_ready = set(parts.values()) == {"ok"}
    return JsonResponse({"status": "ok" if is_ready else "unavailable", **parts}, status=200 if is_ready else 503)


def _state(ask: Callable[[], object]) -> str:
    try:
        ask()
    except Exception:  # noqa: BLE001 - whatever goes wrong, the part is down; its error may hold addresses
        return "down"
    return "ok"


def _ask_database() -> None:
    scope.enter(scope.PUBLIC)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:
        # A broken connection is not found out until it is used: leave none behind.
        connection.close()
        raise


def _ask_cache() -> None:
    # Not through `cache`, whose errors are ignored on purpose.
    get_redis_connection("default").ping()
