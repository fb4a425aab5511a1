"""From a request to an `Actor`, and whether that actor may enter: the `auth=` of every route."""

from typing import cast

from django.http import HttpRequest
from django.utils.timezone import now
from ninja.security import HttpBearer

from identity import selectors, services, tokens
from identity.messages import AddressNotAllowed, BadToken
from identity.rules import KEY_PREFIX, Operation, may
from kit import throttling
from kit.actor import ANONYMOUS, Actor
from kit.addresses import lies_in
from kit.errors import Forbidden, Unauthenticated
from kit.gate import Class
from kit.middleware import Request


class TenantRequest(Request):
    """A request that has passed `requires`."""

    actor: Actor
    # A known caller who was refused before becoming the actor.
    refused: Actor


def logs_in(request: HttpRequest) -> bool:
    """Count an attempt to get in, for its address: the `auth=` of routes that need no credential.

    Raises:
        TooManyRequests: there were too many from there.
        Unavailable: nobody can be counted now.
    """
    asking = cast("TenantRequest", request)
    throttling.count(asking, throttling.of_address(asking), is_known=False, of=Class.LOGIN)
    return True


class Requires(HttpBearer):
    """Let in whom the table of roles grants the operation.

    A request without credential is anonymous, which some operations allow. A credential that is not
    accepted is refused even where none is needed: a caller who sends one means to be somebody.
    """

    def __init__(self, operation: Operation) -> None:
        """Guard with one operation."""
        super().__init__()
        self.operation = operation

    def __call__(self, request: HttpRequest) -> Actor:
        """Resolve and admit the caller.

        Raises:
            Unauthenticated: no credential, or none that is accepted here.
            Forbidden: the caller's role is not granted the operation.
        """
        # One request is asked who it is once, however many ask.
        known: Actor | None = getattr(request, "actor", None)
        actor = known or self._counted(cast("TenantRequest", request))
        if not may(actor, self.operation):
            if actor is ANONYMOUS:
                raise Unauthenticated
            if actor.scopes is not None:
                raise Forbidden(f"The scopes of the key do not grant {self.operation}")
            raise Forbidden(f"The role {actor.role} is not granted {self.operation}")
        return actor

    def _counted(self, request: TenantRequest) -> Actor:
        """Resolve the caller, and count the request for them; one that resolves to nobody for its address."""
        try:
            actor = self._resolved(request)
        except Unauthenticated:
            throttling.count(request, throttling.of_address(request), is_known=False)
            raise
        if actor is ANONYMOUS:
            throttling.count(request, throttling.of_address(request), is_known=False)
        else:
            throttling.count(request, throttling.credential(actor), is_known=True, rate_class=actor.rate_class)
        request.actor = actor
        return actor

    def _resolved(self, request: HttpRequest) -> Actor:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, credential = header.partition(" ")
        if header and scheme.lower() != "bearer":
            raise Unauthenticated("Send the token as Authorization: Bearer <token>")
        return self.authenticate(request, credential.strip()) if header else ANONYMOUS

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """Resolve an access token or an API key.

        Raises:
            BadToken: not accepted here, or its user is gone or inactive.
            AddressNotAllowed: the key may not be used from where the request comes from.
        """
        if token.startswith(KEY_PREFIX):
            return _key_actor(cast("TenantRequest", request), token)
        if not tokens.is_ours(token):
            return services.actor_of(token, at=now())
        speaker = tokens.speaker(token)
        actor = selectors.actor_for(speaker.user_id, issued_at=speaker.issued_at)
        if actor is None:
            raise BadToken
        return actor


def _key_actor(request: TenantRequest, secret: str) -> Actor:
    at = now()
    standing, is_new = selectors.key_standing(secret, at=at)
    if standing is None:
        raise BadToken("The key is unknown here, expired or revoked")
    actor = standing.actor
    if standing.addresses and not lies_in(request.address, standing.addresses):
        # Known, and refused: the trail of the organization shows it.
        request.refused = actor
        raise AddressNotAllowed(f"The key may not be used from {request.address}")
    if is_new and actor.id is not None:
        services.note_use(actor.id, at=at)
    return actor


def requires(operation: Operation) -> Requires:
    """Guard a route with an operation of the table."""
    return Requires(operation)
