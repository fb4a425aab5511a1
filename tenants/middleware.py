"""From the host of a request to the schema of its organization."""

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from structlog.contextvars import bind_contextvars

from kit import problems, scope
from kit.api import unavailable
from kit.errors import Malformed, Refusal
from kit.middleware import Handler, Request
from tenants import rules, selectors
from tenants.messages import Suspended, UnknownHost
from tenants.selectors import Tenant

HEADER = "X-Tenant"


class RoutedRequest(Request):
    """A request whose organization is known; none on the public hosts."""

    tenant: Tenant | None


class LocalizationMiddleware:
    """Show pages in the language and the clock of their organization. For pages for people: JSON stays in UTC."""

    def __init__(self, get_response: Handler) -> None:
        """Wrap the layers below."""
        self._below = get_response

    def __call__(self, request: RoutedRequest) -> HttpResponseBase:
        """Handle one request."""
        tenant = getattr(request, "tenant", None)
        if tenant is None:
            return self._below(request)
        with translation.override(tenant.locale), timezone.override(tenant.timezone):
            return self._below(request)


class TenancyMiddleware:
    """Enter the organization's schema for the length of a request.

    A tenant's host decides alone. On the API hosts the header `X-Tenant` may name an organization; without it
    they serve the public schema. Unknown and suspended organizations are refused before any schema is touched.
    """

    def __init__(self, get_response: Handler) -> None:
        """Wrap the layers below."""
        self._below = get_response

    def __call__(self, request: RoutedRequest) -> HttpResponseBase:
        """Handle one request."""
        if request.path in settings.HOSTLESS_PATHS:
            return self._below(request)
        try:
            tenant = self._tenant(request)
        except Refusal as refusal:
            return problems.problem(request, refusal)
        except (OperationalError, InterfaceError) as error:
            return unavailable(request, error)
        request.tenant = tenant
        bind_contextvars(tenant=tenant.slug if tenant else scope.PUBLIC)
        if tenant is not None:
            request.limits = tenant.limits
        else:
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        scope.enter(tenant.schema_name if tenant else scope.PUBLIC)
        return self._below(request)

    @staticmethod
    def _tenant(request: Request) -> Tenant | None:
        try:
            host = rules.host_of(request.get_host())
        except DisallowedHost as error:
            raise Malformed("The Host header is not a host") from error
        named = request.META.get("HTTP_X_TENANT")
        if host in settings.PUBLIC_HOSTS:
            if named is None:
                return None
            tenant = selectors.by_slug(named) if rules.is_slug(named) else None
        else:
            tenant = selectors.by_host(host) if rules.HOST.fullmatch(host) else None
            if tenant is not None and named not in (None, tenant.slug):
                raise Malformed(f"The host belongs to {tenant.slug}, and {HEADER} names another organization")
        if tenant is None:
            raise UnknownHost("No organization answers here")
        if tenant.is_suspended:
            raise Suspended
        return tenant
