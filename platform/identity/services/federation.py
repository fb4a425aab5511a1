"""Tokens of issuers that an organization trusts: verified with the keys it gave, made out to its people by e-mail."""

import time
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import jwt
from django.db import IntegrityError, transaction

from identity import selectors
from identity.messages import (
    ISSUER_ADDED,
    ISSUER_REMOVED,
    ISSUER_UPDATED,
    BadToken,
    EmailTaken,
    IssuerTaken,
    bad_jwks,
    bad_roles,
)
from identity.models import TrustedIssuer, User
from identity.rules import MEMBER_ROLES, Role
from identity.services.accounts import create_user
from identity.services.noting import note
from kit import scope
from kit.actor import SYSTEM, Actor
from kit.errors import NotFound
from kit.models import changed

# A signature that anybody could make with what is published, as the symmetric ones are, is none.
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
MAX_REMEMBERED = 20_000
_REQUIRED = ["iss", "aud", "sub", "iat", "exp"]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A token that was verified: when it is looked at anew, and whom it speaks for."""

    until: float
    user_id: UUID
    issued_at: float
    role: str


# Looked at anew as often as roles are: an issuer may be trusted no more.
_seen: dict[tuple[str, str], _Seen] = {}


def forget_all() -> None:
    """Forget which tokens were verified."""
    _seen.clear()


def actor_of(token: str, *, at: datetime) -> Actor:
    """Verify a token of a trusted issuer, and give whom it speaks for.

    Raises:
        BadToken: the issuer is not trusted here, the token is not good, or nobody here has its e-mail.
    """
    key = (scope.current(), token)
    seen = _seen.get(key)
    if seen is None or seen.until <= time.monotonic():
        seen = _looked_at(token, at=at)
        if len(_seen) >= MAX_REMEMBERED:
            _seen.clear()
        _seen[key] = seen
    actor = selectors.actor_for(seen.user_id, issued_at=seen.issued_at)
    if actor is None:
        raise BadToken
    return replace(actor, role=seen.role) if seen.role else actor


def _looked_at(token: str, *, at: datetime) -> _Seen:
    try:
        header = jwt.get_unverified_header(token)
        claimed = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise BadToken from error
    issuer = TrustedIssuer.objects.filter(issuer=str(claimed.get("iss")), is_active=True).first()
    if issuer is None:
        raise BadToken("The issuer of the token is not trusted here")
    claims = _verified(token, header, issuer)
    role = issuer.roles.get(str(_claim(claims, issuer.role_claim)), "") if issuer.role_claim else ""
    user_id = _user_of(claims, issuer, role=role, at=at)
    lasts = min(selectors.STANDING_SECONDS, float(claims["exp"]) - at.timestamp())
    return _Seen(time.monotonic() + lasts, user_id, float(claims["iat"]), role)


def _verified(token: str, header: dict[str, Any], issuer: TrustedIssuer) -> dict[str, Any]:
    """Verify a token with the key that it names; the algorithm is the key's and never the token's."""
    try:
        keys = jwt.PyJWKSet.from_dict(issuer.jwks).keys
        named = [key for key in keys if key.key_id == header.get("kid")]
        key = named[0] if named else None
        if key is None or key.algorithm_name not in ALGORITHMS:
            raise BadToken
        claims: dict[str, Any] = jwt.decode(
            token, key.key, algorithms=[key.algorithm_name], audience=issuer.audience, issuer=issuer.issuer,
            options={"require": _REQUIRED},
        )  # fmt: skip
    except jwt.ExpiredSignatureError as error:
        raise BadToken("The token has expired") from error
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise BadToken from error
    return claims


def _claim(claims: dict[str, Any], path: str) -> Any:
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _user_of(claims: dict[str, Any], issuer: TrustedIssuer, *, role: str, at: datetime) -> UUID:
    email = _claim(claims, issuer.email_claim)
    if not isinstance(email, str) or "@" not in email or claims.get("email_verified") is False:
        raise BadToken("The token proves no e-mail")
    email = email.strip().lower()
    found = User.objects.filter(email=email).values_list("id", flat=True).first()
    if found is not None:
        return found
    if not issuer.opens_accounts:
        raise BadToken("Nobody here has the e-mail of the token")
    claimed = claims.get("name")
    name = claimed[:200] if isinstance(claimed, str) and claimed else email
    try:
        return create_user(email=email, name=name, password=None, role=role or Role.ATTENDEE, by=SYSTEM, at=at).id
    except EmailTaken:
        # Two of their first requests came at once.
        return User.objects.values_list("id", flat=True).get(email=email)


def _check(fields: dict[str, Any]) -> None:
    if "jwks" in fields:
        try:
            keys = jwt.PyJWKSet.from_dict(fields["jwks"]).keys
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise bad_jwks("give a JWK set: an object with the member `keys`") from error
        if any(key.algorithm_name not in ALGORITHMS or _is_private(key) for key in keys):
            raise bad_jwks("give public keys alone, of RSA, of elliptic curves or of Ed25519")
    if not set(fields.get("roles", {}).values()) <= {role.value for role in MEMBER_ROLES}:
        raise bad_roles(", ".join(MEMBER_ROLES))


def _is_private(key: jwt.PyJWK) -> bool:
    return hasattr(key.key, "private_bytes")


@transaction.atomic
def add_issuer(*, fields: dict[str, Any], by: Actor, at: datetime) -> TrustedIssuer:
    """Trust an issuer. `fields` are those of `IssuerIn`.

    Raises:
        Invalid: its keys are none, or hold what is no public key, or a role is none.
        IssuerTaken: it is trusted already.
    """
    _check(fields)
    issuer = TrustedIssuer(**fields)
    try:
        with transaction.atomic():
            issuer.save(force_insert=True)
    except IntegrityError as error:
        raise IssuerTaken from error
    note(ISSUER_ADDED, issuer, by=by, at=at, payload={"issuer": issuer.issuer})
    return issuer


@transaction.atomic
def update_issuer(*, issuer_id: UUID, changes: dict[str, Any], by: Actor, at: datetime) -> TrustedIssuer:
    """Change what is trusted of an issuer. Felt within seconds.

    Raises:
        NotFound: no such issuer.
        Invalid: its keys are none, or hold what is no public key, or a role is none.
    """
    _check(changes)
    issuer = _issuer(issuer_id)
    different = changed(issuer, changes)
    if different:
        issuer.save(update_fields=[*different, "updated_at"])
        told = {name: [str(value) for value in values] for name, values in different.items()}
        note(ISSUER_UPDATED, issuer, by=by, at=at, payload={"issuer": issuer.issuer}, changes=told)
        transaction.on_commit(forget_all)
    return issuer


@transaction.atomic
def remove_issuer(*, issuer_id: UUID, by: Actor, at: datetime) -> None:
    """Trust an issuer no more. Felt within seconds.

    Raises:
        NotFound: no such issuer.
    """
    issuer = _issuer(issuer_id)
    note(ISSUER_REMOVED, issuer, by=by, at=at, payload={"issuer": issuer.issuer})
    issuer.delete()
    transaction.on_commit(forget_all)


def _issuer(issuer_id: UUID) -> TrustedIssuer:
    found = TrustedIssuer.objects.select_for_update().filter(id=issuer_id).first()
    if found is None:
        raise NotFound("No such issuer")
    return found
