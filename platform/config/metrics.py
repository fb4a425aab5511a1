"""`/metrics`: what Prometheus reads. Served on every host, to whoever has the token or comes from a listed address."""

import os
import time
from hmac import compare_digest

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django_redis import get_redis_connection
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Gauge, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from kit import addresses, problems, scope
from kit.errors import NotFound
from tenants.tasks import STATE_KEY


def metrics(request: HttpRequest) -> HttpResponse:
    """Show every count of every process, and what waits in queues and journals."""
    if not _may_read(request):
        # Whoever may not read it learns nothing, not even that it is here.
        return problems.problem(request, NotFound(f"No route takes {request.path}"))
    return HttpResponse(generate_latest(_counted()) + generate_latest(_waiting()), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer" and compare_digest(token, settings.METRICS_TOKEN):
        return True
    return addresses.lies_in(getattr(request, "address", None), settings.METRICS_ADDRESSES)


def _counted() -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # the library's
    return registry


def _waiting() -> CollectorRegistry:
    registry = CollectorRegistry()
    depth = Gauge("aforo_queue_depth", "Tasks that wait in a queue.", ["queue"], registry=registry)
    lag = Gauge("aforo_journal_lag_seconds", "Age of the oldest entry that was not dispatched.", registry=registry)
    behind = Gauge("aforo_journals_behind", "Organizations whose journal has undispatched entries.", registry=registry)
    swept = Gauge("aforo_sweep_age_seconds", "Seconds since the sweep last looked.", registry=registry)
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    for queue in settings.CELERY_TASK_QUEUES:
        try:
            depth.labels(queue).set(get_redis_connection("default").llen(f"{prefix}{queue}"))
        except Exception:  # noqa: BLE001 - whatever goes wrong, nothing is known of the queue, and all else is told
            depth.labels(queue).set(float("nan"))
    state = cache.get(STATE_KEY) or {}
    _tell_connections(registry)
    lag.set(state.get("lag_seconds", float("nan")))
    behind.set(state.get("behind", float("nan")))
    swept.set(_age(state))
    return registry


_CONNECTIONS = """
    SELECT coalesce(state, 'unknown'), count(*), current_setting('max_connections')::int FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend' GROUP BY 1
"""


def _tell_connections(registry: CollectorRegistry) -> None:
    """Tell who holds connections to the database: each thread that serves has one, and there are only so many."""
    held = Gauge("aforo_database_connections", "Connections to the database.", ["state"], registry=registry)
    limit = Gauge("aforo_database_connections_max", "How many the server takes.", registry=registry)
    limit.set(float("nan"))
    scope.enter(scope.PUBLIC)
    try:
        with connection.cursor() as cursor:
            cursor.execute(_CONNECTIONS)
            found = cursor.fetchall()
    except DatabaseError:
        connection.close()
        return
    for state, count, most in found:
        held.labels(state).set(count)
        limit.set(most)


def _age(state: dict[str, float]) -> float:
    return time.time() - state["at"] if "at" in state else float("nan")
