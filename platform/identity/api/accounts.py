"""REST: accounts and logins."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.timezone import now
from ninja import Router, Status

from identity import keys, selectors, services
from identity.authentication import TenantRequest, logs_in, requires
from identity.models import User
from identity.rules import Operation
from identity.schemas.accounts import (
    ForgotIn,
    GrantOut,
    LoginIn,
    PasswordIn,
    ProfileIn,
    RefreshIn,
    RegisterIn,
    RequestsOut,
    ResetIn,
    StoredAnswerOut,
    UsagesOut,
    UserOut,
)
from identity.services import Grant
from kit import idempotency, requests, throttling

router = Router()


@router.post("/auth/register", response={201: GrantOut}, auth=logs_in, tags=["Auth"])
def register(request: HttpRequest, payload: RegisterIn) -> Status[Grant]:  # noqa: ARG001 - ninja passes it
    """Open an attendee's account and log it in."""
    password = payload.password.get_secret_value()
    return Status(201, services.register(email=payload.email, name=payload.name, password=password, at=now()))


@router.post("/auth/login", response=GrantOut, auth=logs_in, tags=["Auth"])
def login(request: HttpRequest, payload: LoginIn) -> Grant:
    """Trade e-mail and password for tokens."""
    address = throttling.of_address(cast("TenantRequest", request))
    password = payload.password.get_secret_value()
    return services.login(email=payload.email, password=password, at=now(), address=address)


@router.post("/auth/refresh", response=GrantOut, auth=logs_in, tags=["Auth"])
def refresh(request: HttpRequest, payload: RefreshIn) -> Grant:  # noqa: ARG001 - ninja passes it
    """Trade a refresh token, good once, for new tokens."""
    return services.refresh(refresh_token=payload.refresh_token, at=now())


@router.post("/auth/logout", response={204: None}, auth=logs_in, tags=["Auth"])
def logout(request: HttpRequest, payload: RefreshIn) -> Status[None]:  # noqa: ARG001 - ninja passes it
    """Revoke the session that a refresh token belongs to."""
    services.logout(refresh_token=payload.refresh_token, at=now())
    return Status(204, None)


@router.post("/auth/password/forgot", response={202: None}, auth=logs_in, tags=["Auth"])
def forgot_password(request: HttpRequest, payload: ForgotIn) -> Status[None]:  # noqa: ARG001 - ninja passes it
    """Have a way to a new password mailed. The answer never tells whether there is such an account."""
    services.ask_for_reset(email=payload.email)
    return Status(202, None)


@router.post("/auth/password/reset", response={204: None}, auth=logs_in, tags=["Auth"])
def reset_password(request: HttpRequest, payload: ResetIn) -> Status[None]:  # noqa: ARG001 - ninja passes it
    """Set a password with the token of the mail, good once and for an hour. Ends every session and token."""
    services.reset_password(token=payload.token, password=payload.password.get_secret_value(), at=now())
    return Status(204, None)


@router.post("/users/me/password", response={204: None}, auth=requires(Operation.PROFILE), tags=["Users"])
def change_password(request: TenantRequest, payload: PasswordIn) -> Status[None]:
    """Change one's own password. Ends every session and token, the one at hand too: log in again."""
    services.change_password(
        current=payload.current_password.get_secret_value(), new=payload.password.get_secret_value(),
        by=request.actor, at=now(), address=throttling.of_address(request),
    )  # fmt: skip
    return Status(204, None)


@router.get("/users/me", response=UserOut, auth=requires(Operation.PROFILE), tags=["Users"])
def me(request: TenantRequest) -> User:
    """Show one's own account."""
    return selectors.user(request.actor.id)


@router.patch("/users/me", response=UserOut, auth=requires(Operation.PROFILE), tags=["Users"])
def update_me(request: TenantRequest, payload: ProfileIn) -> User:
    """Change one's own name."""
    return services.set_profile(by=request.actor, name=payload.name, at=now())


@router.get("/usage", response=UsagesOut, auth=requires(Operation.USAGE_READ), tags=["Usage"])
def show_usage(request: TenantRequest) -> dict[str, Any]:
    """Tell how much of its limits the credential at hand has used in the present minute. Asking counts as a read."""
    return selectors.usage(request.limits, by=request.actor)


@router.get("/requests/{request_id}", response=RequestsOut, auth=requires(Operation.REQUESTS_READ), tags=["Usage"])
def show_requests(request: TenantRequest, request_id: str) -> dict[str, Any]:
    """Tell what one's own requests under an `X-Request-Id` were answered, for a week. Requests with API keys are noted.

    A request may be looked up a second after its answer. Secrets are left out.
    """
    return {"items": requests.told(request_id, by=request.actor)}


@router.get("/idempotency/{key}", response=StoredAnswerOut, auth=requires(Operation.ANSWERS), tags=["Idempotency"])
def show_stored_answer(request: TenantRequest, key: str) -> dict[str, Any]:
    """Tell what became of one's own request with an Idempotency-Key: for whoever lost its answer."""
    return idempotency.found(key, by=request.actor)


def jwks(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Publish the keys that this organization's tokens are verified with (RFC 7517)."""
    return JsonResponse(keys.jwks(), headers={"Cache-Control": "public, max-age=300"})
