"""Users, the keys that sign for them, and their refresh tokens."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from identity.rules import MEMBER_ROLES, Operation, Role, allowed_by, permits, permits_in_panel
from kit.actor import Actor
from kit.ids import new_id
from kit.models import Row


class Users(BaseUserManager["User"]):
    """Finds users by the one spelling of an e-mail that is stored."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find by e-mail, whatever its case."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person with an account in one organization (or, in the public schema, an operator)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=200)
    role = models.CharField(
        max_length=20, choices=[(role, role.value) for role in (*MEMBER_ROLES, Role.OPERATOR)], default=Role.ATTENDEE
    )
    is_active = models.BooleanField(default=True)
    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Access tokens from before are good no more: the password has changed.
    tokens_since = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = Users()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"),
            models.CheckConstraint(
                condition=models.Q(role__in=[*MEMBER_ROLES, Role.OPERATOR]), name="user_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    @property
    def is_staff(self) -> bool:
        """Tell whether the admin panel opens for this user."""
        return permits(self.role, Operation.PANEL)

    def has_perm(self, perm: str, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Answer the admin panel from the one table of roles."""
        return self.is_active and permits_in_panel(self.role, perm)

    def has_perms(self, perm_list: list[str], obj: Any = None) -> bool:
        """Answer for several permissions at once."""
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:  # noqa: ARG002 - Django's signature
        """Show an app in the panel to whoever may open the panel; its models answer for themselves."""
        return self.is_active and self.is_staff

    @property
    def actor(self) -> Actor:
        """Give the actor that services and the journal see."""
        return Actor(kind="user", id=self.id, label=self.email, role=self.role, email=self.email, name=self.name)


class SigningKey(models.Model):
    """An Ed25519 key pair of this schema. The private half is encrypted with the installation's key."""

    kid = models.CharField(primary_key=True, max_length=43)
    private_key = models.BinaryField(editable=False)
    public_key = models.BinaryField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.kid


class TrustedIssuer(Row):
    """Somebody else who signs tokens of this organization's people: what to verify them with, and whom they make.

    The keys are stored as they were given: nothing is fetched from addresses that callers choose.
    """

    issuer = models.CharField(max_length=500, unique=True)
    # A JWK set (RFC 7517) of public keys.
    jwks = models.JSONField()
    audience = models.CharField(max_length=500)
    # Where tokens say the e-mail and the role, with dots for members of members.
    email_claim = models.CharField(max_length=100, default="email")
    role_claim = models.CharField(max_length=100, blank=True)
    # Roles by the values of that claim. Whoever has none of them has the role of the account.
    roles = models.JSONField(default=dict, blank=True)
    # Opens an account for whoever has none, with the role of the claim, or an attendee's.
    opens_accounts = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.issuer


class RefreshToken(models.Model):
    """One link of a chain of refresh tokens. Only a hash is stored."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    family = models.UUIDField(db_index=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_tokens")
    token_hash = models.BinaryField(max_length=32, unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.family} of {self.user_id}"


class ApiKey(Row):
    """A key of a program that works for the organization. Only a hash of the secret is stored."""

    class RateClass(models.TextChoices):
        """How much of the plan's rate a key is given."""

        STANDARD = "standard"
        REDUCED = "reduced"

    name = models.CharField(max_length=100)
    # The beginning of the secret: enough to tell keys apart.
    prefix = models.CharField(max_length=16, editable=False)
    secret_hash = models.BinaryField(max_length=32, unique=True)
    # After a rotation the secret before is good for a while.
    previous_hash = models.BinaryField(max_length=32, null=True, unique=True)
    previous_until = models.DateTimeField(null=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=50))
    rate_class = models.CharField(max_length=10, choices=RateClass.choices, default=RateClass.STANDARD)
    # Networks that it may be used from; none for any.
    addresses = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def actor(self) -> Actor:
        """Give the actor that services and the journal see."""
        return Actor(
            kind="key", id=self.id, label=str(self), role=Role.KEY, name=self.name, scopes=allowed_by(self.scopes),
            rate_class=self.rate_class,
        )  # fmt: skip
