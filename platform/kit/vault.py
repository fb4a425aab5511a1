"""Secrets at rest: encrypted with a key that the database does not hold."""

import base64
from functools import lru_cache
from hashlib import sha256

from cryptography.fernet import Fernet
from django.conf import settings


@lru_cache(maxsize=1)
def _fernet(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(sha256(key.encode()).digest()))


def sealed(secret: bytes) -> bytes:
    """Encrypt, with ENCRYPTION_KEY."""
    return _fernet(settings.ENCRYPTION_KEY).encrypt(secret)


def opened(sealed: bytes) -> bytes:
    """Decrypt what `sealed` encrypted.

    Raises:
        cryptography.fernet.InvalidToken: it was sealed with another key.
    """
    return _fernet(settings.ENCRYPTION_KEY).decrypt(sealed)
