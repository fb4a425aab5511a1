"""What the platform counts of itself, for Prometheus.

Labels have few values: routes as they are declared, and the plans of organizations. Organizations are told apart only
if METRICS_BY_TENANT says so, since there may be thousands.
"""

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import Counter, Histogram

_TENANT = ["tenant"] if settings.METRICS_BY_TENANT else []
# Callers may make methods up as they may addresses.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter("aforo_requests_total", "Requests answered.", ["route", "method", "status", "plan", *_TENANT])
SECONDS = Histogram(
    "aforo_request_seconds", "How long answers took.", ["route", "method", "plan", *_TENANT], buckets=_BUCKETS
)
REFUSED = Counter("aforo_requests_refused_at_gate_total", "Requests refused before the application.")


def observe(request: HttpRequest, response: HttpResponseBase, *, seconds: float) -> None:
    """Count a request that was answered."""
    tenant = getattr(request, "tenant", None)
    plan = tenant.plan if tenant else "none"
    named = [tenant.slug if tenant else "none"] if _TENANT else []
    route, method = _route(request), request.method if request.method in _METHODS else "other"
    counter, histogram = _labelled(route, method, response.status_code, plan, *named)
    counter.inc()
    histogram.observe(seconds)


@lru_cache(maxsize=10_000)
def _labelled(route: str, method: str, status: int, plan: str, *named: str) -> tuple[Counter, Histogram]:
    """Find what counts requests of a kind: by the library's way that costs as much as counting."""
    counter = REQUESTS.labels(route, method, str(status), plan, *named)
    return counter, SECONDS.labels(route, method, plan, *named)


def _route(request: HttpRequest) -> str:
    """Name the route as it is declared: an address would be a value of its own for each id."""
    match = request.resolver_match
    # What is served ready, or refused on the way, met no route.
    return match.route if match else "none"
