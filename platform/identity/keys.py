"""The organization's signing keys: made once, encrypted at rest, cached in the process."""

import base64
import time
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from identity.models import SigningKey
from kit import scope, vault

CACHE_SECONDS = 60.0
MAX_CACHED = 4_096
# A key that is not known is looked for this often at most, whatever ids are made up.
RELOAD_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key ready to use; `kid` is the key's thumbprint (RFC 7638)."""

    kid: str
    private: Ed25519PrivateKey
    public: Ed25519PublicKey

    @property
    def x(self) -> str:
        """The public half as JWKs write it (RFC 8037)."""
        return _x(self.public.public_bytes_raw())

    def has_signed(self, signature: bytes, message: bytes) -> bool:
        """Tell whether the signature is this pair's.

        One message has one signature (RFC 8032); making it anew is a third of the work of verifying it.
        """
        return compare_digest(self.private.sign(message), signature)


# When they were read, and the pairs by id.
_pairs: dict[str, tuple[float, dict[str, KeyPair]]] = {}


def _x(public: bytes) -> str:
    return base64.urlsafe_b64encode(public).rstrip(b"=").decode()


def _thumbprint(public: bytes) -> str:
    canonical = f'{{"crv":"Ed25519","kty":"OKP","x":"{_x(public)}"}}'.encode()
    return base64.urlsafe_b64encode(sha256(canonical).digest()).rstrip(b"=").decode()


def create() -> str:
    """Make a key pair for this schema, which signs from now on, and give its id.

    The pairs before go on verifying: tickets in people's hands are signed with them.
    """
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    key = SigningKey.objects.create(
        kid=_thumbprint(public), private_key=vault.sealed(private.private_bytes_raw()), public_key=public
    )
    forget()
    return key.kid


def forget() -> None:
    """Drop what this process remembers of the present schema's keys."""
    _pairs.pop(scope.current(), None)


def retire_others(kid: str, *, at: datetime) -> int:
    """Have every pair but one verify no more; tell how many. What they signed is worth nothing from then on."""
    count = SigningKey.objects.filter(retired_at=None).exclude(kid=kid).update(retired_at=at)
    forget()
    return count


def pair(kid: str) -> KeyPair | None:
    """Find a pair. One that is not known is looked for anew, if that was not done just now: another process made it."""
    known = pairs().get(kid)
    read = _pairs.get(scope.current())
    if known is None and read is not None and read[0] + RELOAD_SECONDS < time.monotonic():
        forget()
        return pairs().get(kid)
    return known


def pairs() -> dict[str, KeyPair]:
    """Give this schema's keys by id, oldest first. Remembered for a minute; costs one query otherwise."""
    schema_name = scope.current()
    now = time.monotonic()
    known = _pairs.get(schema_name)
    if known and known[0] + CACHE_SECONDS > now:
        return known[1]
    found = {row.kid: _pair(row) for row in SigningKey.objects.filter(retired_at=None).order_by("created_at")}
    if len(_pairs) >= MAX_CACHED:
        _pairs.clear()
    if found:
        _pairs[schema_name] = (now, found)
    return found


def _pair(row: SigningKey) -> KeyPair:
    private = Ed25519PrivateKey.from_private_bytes(vault.opened(bytes(row.private_key)))
    return KeyPair(row.kid, private, private.public_key())


def signing() -> KeyPair:
    """Give the key that signs now: the youngest.

    Raises:
        LookupError: the schema has none; provisioning makes the first.
    """
    known = pairs()
    if not known:
        msg = f"the schema {scope.current()} has no signing key"
        raise LookupError(msg)
    return list(known.values())[-1]


def jwks() -> dict[str, list[dict[str, str]]]:
    """Give the public halves as a JWK set (RFC 7517, RFC 8037)."""
    return {
        "keys": [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "use": "sig",
                "alg": "EdDSA",
                "kid": pair.kid,
                "x": pair.x,
            }
            for pair in pairs().values()
        ]
    }
