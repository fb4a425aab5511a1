"""Cache keys that carry the scope, so that no tenant can read what another stored."""

from typing import Any

from kit import scope

SHARED = "shared:"


def scoped_key(key: str, prefix: str, version: Any) -> str:
    """Build the stored key: Django's `KEY_FUNCTION`.

    Keys that begin with `shared:` belong to the installation and not to a scope.

    Raises:
        NoScope: the key belongs to a scope and none is entered.
    """
    owner = "*" if key.startswith(SHARED) else scope.current()
    return f"{prefix}:{owner}:{version}:{key}"


def unscoped_key(stored: str) -> str:
    """Give back the key that `scoped_key` was called with: django-redis' `REVERSE_KEY_FUNCTION`."""
    return stored.split(":", 3)[3]
