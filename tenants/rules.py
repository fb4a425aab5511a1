"""What an organization may be called, and which hosts it may have."""

import re
from zoneinfo import available_timezones

RESERVED_SLUGS = frozenset(
    {"www", "api", "admin", "app", "public", "static", "mail", "status", "docs", "platform", "aforo"}
)
SLUG = re.compile(r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?")
HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
SCHEMA_PREFIX = "t_"


def is_slug(text: str) -> bool:
    """Tell whether the text can name an organization: a DNS label of at most 40 characters, not reserved."""
    return SLUG.fullmatch(text) is not None and text not in RESERVED_SLUGS


def is_timezone(name: str) -> bool:
    """Tell whether the IANA database lists the time zone."""
    return name in available_timezones()


def schema_name(slug: str) -> str:
    """Name the organization's schema. The prefix keeps it apart from PostgreSQL's own names."""
    return SCHEMA_PREFIX + slug.replace("-", "_")


def host_of(header: str) -> str:
    """Reduce a Host header to the name that domains are stored by: lower case, no port, no final dot."""
    name = header.rsplit(":", 1)[0] if not header.endswith("]") else header
    return name.lower().rstrip(".")
