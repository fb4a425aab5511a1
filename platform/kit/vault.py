"""Secrets at rest: encrypted with a key that the database does not hold."""

import base64
from functools import lru_cache
from hashlib import sha256

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


@lru_cache(maxsize=1)
def _fernet(*keys: str) -> MultiFernet:
    """The first key encrypts; all of them decrypt."""
    return MultiFernet([Fernet(base64.urlsafe_b64encode(sha256(key.encode()).digest())) for key in keys])


def _keys() -> tuple[str, ...]:
    return settings.ENCRYPTION_KEY, *settings.ENCRYPTION_KEY_FALLBACKS


def sealed(secret: bytes) -> bytes:
    """Encrypt, with ENCRYPTION_KEY."""
    return _fernet(*_keys()).encrypt(secret)


def opened(sealed: bytes) -> bytes:
    """Decrypt what `sealed` encrypted, with ENCRYPTION_KEY or one of those before it.

    Raises:
        cryptography.fernet.InvalidToken: it was sealed with another key.
    """
    return _fernet(*_keys()).decrypt(sealed)
