"""What an organization may be called, and which hosts it may have."""

import re
from collections.abc import Mapping
from zoneinfo import available_timezones

# Requests in a minute that one credential, or one address without any, may send, by class. A sale begins with hundreds
# of people behind one address, so writing is not scarce; logging in is.
PLANS: dict[str, dict[str, int]] = {
    "free": {"read": 1_200, "write": 1_200, "search": 300, "bulk": 30, "graphql": 300, "login": 120},
    "pro": {"read": 6_000, "write": 3_000, "search": 1_200, "bulk": 120, "graphql": 1_200, "login": 300},
    "enterprise": {"read": 30_000, "write": 15_000, "search": 6_000, "bulk": 600, "graphql": 6_000, "login": 1_200},
}
# Limits of its own, where they are agreed; of `enterprise` where they are not.
CUSTOM = "custom"
MAX_LIMIT = 10_000_000

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


def limits_of(plan: str, own: Mapping[str, int]) -> dict[str, int]:
    """Give the limits of a plan; those of the free one for a plan that is no more."""
    if plan == CUSTOM:
        return PLANS["enterprise"] | {name: limit for name, limit in own.items() if name in PLANS["enterprise"]}
    return PLANS.get(plan, PLANS["free"])


def faults_of(limits: object) -> list[str]:
    """Say what is wrong with limits of an organization's own."""
    if not isinstance(limits, dict):
        return ['write a JSON object, such as {"read": 100000}']
    names = ", ".join(PLANS["free"])
    return [
        *(f"{name!r} is no class: there are {names}" for name in limits if name not in PLANS["free"]),
        *(
            f"{name!r} is a whole number from 1 to {MAX_LIMIT}"
            for name, limit in limits.items()
            if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MAX_LIMIT
        ),
    ]


def schema_name(slug: str) -> str:
    """Name the organization's schema. The prefix keeps it apart from PostgreSQL's own names."""
    return SCHEMA_PREFIX + slug.replace("-", "_")


def host_of(header: str) -> str:
    """Reduce a Host header to the name that domains are stored by: lower case, no port, no final dot."""
    name = header.rsplit(":", 1)[0] if not header.endswith("]") else header
    return name.lower().rstrip(".")
