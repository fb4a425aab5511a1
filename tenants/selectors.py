"""Finding the organization behind a host: remembered in the process, shared through the cache, true in the database."""

import time
from collections.abc import Collection
from dataclasses import asdict, dataclass

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q

from kit import scope
from kit.cache import SHARED
from tenants import rules
from tenants.models import Organization

# A change of an organization is felt everywhere after these together at the latest: it clears the shared entry, but a
# process that read the row just before may still write it back.
PROCESS_SECONDS = 2.0
SHARED_SECONDS = 5
MAX_CACHED = 10_000


@dataclass(frozen=True, slots=True)
class Tenant:
    """What a request needs to know of its organization."""

    schema_name: str
    slug: str
    name: str
    is_suspended: bool
    locale: str
    timezone: str
    plan: str
    limits: dict[str, int]


_known: dict[str, tuple[float, Tenant | None]] = {}


def cache_key(address: str) -> str:
    """Name the shared cache's entry for `host:<host>` or `slug:<slug>`."""
    return f"{SHARED}tenant:{address}"


def forget(*addresses: str) -> None:
    """Drop what this process and the shared cache remember; other processes follow within seconds."""
    for address in addresses:
        _known.pop(address, None)
    cache.delete_many([cache_key(address) for address in addresses])


def by_host(host: str) -> Tenant | None:
    """Find the organization that answers under a host."""
    return _resolve(f"host:{host}", Q(domains__domain=host))


def by_slug(slug: str) -> Tenant | None:
    """Find an organization by its short name."""
    return _resolve(f"slug:{slug}", Q(slug=slug))


def _resolve(address: str, matches: Q) -> Tenant | None:
    now = time.monotonic()
    known = _known.get(address)
    if known and known[0] > now:
        return known[1]
    tenant = _shared(address, matches)
    if len(_known) >= MAX_CACHED:
        _known.clear()
    _known[address] = (now + PROCESS_SECONDS, tenant)
    return tenant


def _shared(address: str, matches: Q) -> Tenant | None:
    stored = cache.get(cache_key(address))
    if stored is not None:
        return Tenant(**stored)
    tenant = _stored(matches)
    # Unknown names are not shared: whoever makes them up would fill the cache.
    if tenant is not None:
        cache.set(cache_key(address), asdict(tenant), SHARED_SECONDS)
    return tenant


def _stored(matches: Q) -> Tenant | None:
    with scope.entered(scope.PUBLIC):
        row = Organization.objects.filter(matches).first()
    if row is None:
        return None
    return Tenant(
        schema_name=row.schema_name,
        slug=row.slug,
        name=row.name,
        is_suspended=row.status == Organization.Status.SUSPENDED,
        locale=row.locale,
        timezone=row.timezone,
        plan=row.plan,
        limits=rules.limits_of(row.plan, row.limits),
    )


@dataclass(frozen=True, slots=True)
class Site:
    """Where an organization is reached, and how it speaks: `url` is such as `https://acme.example.com`."""

    url: str
    name: str
    locale: str
    timezone: str


def present_site() -> Site:
    """Tell of the organization whose schema is entered."""
    schema_name = scope.current()
    with scope.entered(scope.PUBLIC):
        row = Organization.objects.get(schema_name=schema_name)
        host = row.domains.filter(is_primary=True).values_list("domain", flat=True).first() or row.slug
    scheme = "https" if settings.SECURE_SSL_REDIRECT else "http"
    port = f":{settings.SITE_PORT}" if settings.SITE_PORT else ""
    return Site(f"{scheme}://{host}{port}", " ".join(row.name.split()), row.locale, row.timezone)


def active_schemas(*, after: int, limit: int) -> dict[int, str]:
    """Name the schemas of so many served organizations behind a key, by their keys. Call in the public schema."""
    active = Organization.objects.filter(status=Organization.Status.ACTIVE, pk__gt=after).order_by("pk")
    return dict(active.values_list("pk", "schema_name")[:limit])


def schemas(slugs: Collection[str] = ()) -> list[tuple[str, str]]:
    """Give the slugs and schemas of all organizations, or of those named, by slug. Call in the public schema."""
    chosen = Organization.objects.exclude(schema_name=scope.PUBLIC).order_by("slug")
    return list((chosen.filter(slug__in=slugs) if slugs else chosen).values_list("slug", "schema_name"))
