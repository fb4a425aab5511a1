"""How tenancy refuses."""

from kit.errors import Conflict, FieldError, Forbidden, Invalid, NotFound


class UnknownHost(NotFound):
    """No organization answers under this host, or under the name in `X-Tenant`."""

    code, title = "unknown_host", "No organization answers here"


class Suspended(Forbidden):
    """The organization is suspended; its administrators have been told why."""

    code, title = "organization_suspended", "This organization is suspended"


class SlugTaken(Conflict):
    """An organization of this name exists."""

    code, title = "slug_taken", "An organization of this name exists"


class DomainTaken(Conflict):
    """Another organization answers under this host."""

    code, title = "domain_taken", "Another organization answers under this host"


def bad_timezone(name: str) -> Invalid:
    """Refuse a time zone that the IANA database does not list."""
    why = "use a name of the IANA time zone database, such as America/Bogota"
    return Invalid(f"There is no time zone {name!r}", errors=[FieldError("#/timezone", "bad_timezone", why)])


def bad_limits(faults: list[str]) -> Invalid:
    """Refuse an organization's own limits, with every fault."""
    errors = [FieldError("#/limits", "bad_limits", fault) for fault in faults]
    return Invalid("These limits cannot be", errors=errors)


def bad_slug(slug: str) -> Invalid:
    """Refuse a name for an organization."""
    why = "use 1 to 40 lower-case letters, digits and inner hyphens, beginning with a letter; some names are reserved"
    return Invalid(f"An organization cannot be called {slug!r}", errors=[FieldError("#/slug", "bad_slug", why)])
