"""Access tokens that somebody made up: a table of attacks, each of which opens nothing and writes nothing."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from django.utils.timezone import now

from identity import keys, tokens
from identity.keys import KeyPair
from identity.models import User
from journal.models import Entry
from kit import scope
from tenants.models import Organization
from tests.conftest import Members

type Claims = dict[str, Any]


class Forge:
    """Makes tokens that look like those of a user."""

    def __init__(self, user: User, schema: str, key: KeyPair) -> None:
        self.user, self.schema, self.key = user, schema, key
        self.mine = Ed25519PrivateKey.generate()

    def claims(self, **changes: Any) -> Claims:
        moment = now()
        return {
            "iss": f"urn:aforo:{self.schema}", "aud": tokens.AUDIENCE, "sub": str(self.user.id), "role": "admin",
            "jti": "1", "iat": moment, "exp": moment + timedelta(minutes=5), **changes,
        }  # fmt: skip

    def signed(self, claims: Claims | None = None, **header: Any) -> str:
        """Sign with the organization's own key: all is well but for what is changed."""
        headers = {"kid": self.key.kid, **header}
        return jwt.encode(claims or self.claims(), self.key.private, algorithm="EdDSA", headers=headers)

    def by(self, key: Any, algorithm: str, **header: Any) -> str:
        """Sign with another key."""
        return jwt.encode(self.claims(), key, algorithm=algorithm, headers={"kid": self.key.kid, **header})

    def raw(self, header: Any, claims: Any = None) -> str:
        """Write whatever header there is, signed by the organization's own key."""
        parts = [_part(json.dumps(header).encode()), _part(json.dumps(claims or {}, default=str).encode())]
        return ".".join([*parts, _part(self.key.private.sign(".".join(parts).encode()))])


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def of_the_algorithm(forge: Forge) -> Iterator[tuple[str, str]]:
    raw = forge.key.public.public_bytes_raw()
    pem = forge.key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    yield "alg none", jwt.encode(forge.claims(), "", algorithm="none", headers={"kid": forge.key.kid})
    for spelling in ("None", "NONE", "nOnE", "", None, "eddsa", "Ed25519", ["EdDSA"], 1):
        yield f"alg {spelling!r}", forge.raw({"alg": spelling, "kid": forge.key.kid}, forge.claims())
    yield "no alg", forge.raw({"kid": forge.key.kid}, forge.claims())
    for algorithm in ("HS256", "HS384", "HS512"):
        yield f"{algorithm} with the public key", forge.by(raw + b"!" * 64, algorithm)
        yield f"{algorithm} with its base 64", forge.by(_part(raw) + "=" * 64, algorithm)
        signing = f"{_part(json.dumps({'alg': algorithm, 'kid': forge.key.kid}).encode())}.{_part(b'{}')}"
        yield f"{algorithm} with the PEM", f"{signing}.{_part(pem)}"
    yield "RS256", forge.by(rsa.generate_private_key(65_537, 2_048), "RS256")
    yield "PS256", forge.by(rsa.generate_private_key(65_537, 2_048), "PS256")
    yield "ES256", forge.by(ec.generate_private_key(ec.SECP256R1()), "ES256")
    yield "RS256 over our signature", forge.raw({"alg": "RS256", "kid": forge.key.kid}, forge.claims())


def of_the_key(forge: Forge, foreign: KeyPair) -> Iterator[tuple[str, str]]:
    mine = forge.mine
    public = {"kty": "OKP", "crv": "Ed25519", "x": _part(mine.public_key().public_bytes_raw())}
    yield "our key id, another's key", forge.by(foreign.private, "EdDSA")
    yield "another organization's key id and key", forge.by(foreign.private, "EdDSA", kid=foreign.kid)
    yield "without key id", jwt.encode(forge.claims(), forge.key.private, algorithm="EdDSA")
    for kid in (
        "", " ", "../../etc/passwd", "/dev/null", "' OR 1=1 --", "'; DROP TABLE identity_signingkey; --", "\x00",
        f"{forge.key.kid}\x00", "https://attacker.example/jwks.json", "*", "%", "x" * 5_000,
    ):  # fmt: skip
        yield f"kid {kid[:40]!r}", forge.by(mine, "EdDSA", kid=kid)
    odd: tuple[Any, ...] = (None, 1, [forge.key.kid], {"$ne": ""}, True)
    for one in odd:
        yield f"kid {one!r}", forge.raw({"alg": "EdDSA", "kid": one}, forge.claims())
    yield "a key of its own in jwk", forge.by(mine, "EdDSA", jwk=public)
    yield "a key of its own at jku", forge.by(mine, "EdDSA", jku="https://attacker.example/jwks.json")
    yield "a key of its own at x5u", forge.by(mine, "EdDSA", x5u="https://attacker.example/key.pem")
    yield "a certificate of its own", forge.by(mine, "EdDSA", x5c=["MIIB"])


def of_the_claims(forge: Forge, other_schema: str) -> Iterator[tuple[str, str]]:
    later, earlier = now() + timedelta(hours=1), now() - timedelta(seconds=1)
    changes: dict[str, Claims] = {
        "another issuer": {"iss": f"urn:aforo:{other_schema}"},
        "issuers": {"iss": [f"urn:aforo:{forge.schema}"]},
        "another audience": {"aud": "urn:other"},
        "no audience": {"aud": []},
        "expired": {"exp": earlier},
        "expiry as text": {"exp": "tomorrow"},
        "expiry as a list": {"exp": [1]},
        "expiry that is no number": {"exp": float("nan")},
        "expiry without end": {"exp": float("inf")},
        "not good yet": {"nbf": later},
        "issued in the future": {"iat": later},
        "issued at no time": {"iat": "yesterday"},
        "of nobody": {"sub": str(uuid4())},
        "of no uuid": {"sub": "1 OR 1=1"},
        "of a number": {"sub": 1},
        "of a list": {"sub": [str(forge.user.id)]},
        "of null": {"sub": None},
    }
    for name, change in changes.items():
        yield name, forge.raw({"alg": "EdDSA", "kid": forge.key.kid}, _dated(forge.claims(**change)))
    for left_out in ("iss", "aud", "sub", "role", "jti", "iat", "exp"):
        yield f"without {left_out}", forge.signed({k: v for k, v in forge.claims().items() if k != left_out})
    for claims in ("text", ["list"], 1, True):
        yield f"claims {claims!r}", forge.raw({"alg": "EdDSA", "kid": forge.key.kid}, claims)
    yield "a critical header", forge.signed(crit=["exp"], exp=1)
    yield "an unencoded payload", forge.signed(b64=False, crit=["b64"])


def _dated(claims: Claims) -> Claims:
    return {name: value.timestamp() if hasattr(value, "timestamp") else value for name, value in claims.items()}


def of_the_form(forge: Forge) -> Iterator[tuple[str, str]]:
    good = forge.signed()
    header, payload, signature = good.split(".")
    promoted = _part(json.dumps(_dated(forge.claims(role="operator")), default=str).encode())
    yield from {
        "empty": "",
        "a word": "abc",
        "dots": "a.b.c",
        "many dots": "." * 1_000,
        "five parts": f"{good}.x.y",
        "no signature": f"{header}.{payload}.",
        "half a signature": f"{header}.{payload}.{signature[:40]}",
        "a bent signature": f"{header}.{payload}.{signature[:-6]}AAAAAA",
        "another payload": f"{header}.{promoted}.{signature}",
        "a token twice": f"{good} {good}",
        "a token in quotes": f'"{good}"',
        "a header that is no JSON": f"{_part(b'{')}.{payload}.{signature}",
        "a deep header": f"{_part(b'[' * 900)}.{payload}.{signature}",
        "not base 64": f"{header}.{payload}.%%%",
        "huge": f"{header}.{_part(b'a' * 60_000)}.{signature}",
        "a refresh token": "afr_" + "x" * 43,
    }.items()


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_token_that_is_not_ours_opens_nothing(acme: Organization, globex: Organization, member: Members) -> None:
    user = member(acme, "admin")
    forge = Forge(user, acme.schema_name, keys.signing())
    with scope.entered(globex.schema_name):
        foreign = keys.signing()
        of_another = tokens.access_token(user, at=now())
    before = Entry.objects.count()
    hostile = [
        ("of another organization", of_another),
        *of_the_algorithm(forge),
        *of_the_key(forge, foreign),
        *of_the_claims(forge, globex.schema_name),
        *of_the_form(forge),
    ]
    assert len(hostile) > 90
    for kind, token in hostile:
        client = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token}"})
        for path in ("/api/v1/users/me", "/api/v1/events"):
            response = client.get(path)
            assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="aforo"'), (kind, path)
            assert response["Content-Type"] == "application/problem+json"
    assert Entry.objects.count() == before
    # What the forge changes nothing of is good: each of the above is refused for what it says it is.
    assert (
        Client(headers={"host": "acme.localhost", "authorization": f"Bearer {forge.signed()}"})
        .get("/api/v1/users/me")
        .status_code
        == 200
    )
