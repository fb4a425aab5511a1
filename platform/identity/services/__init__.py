"""What identity does: accounts, logins, passwords, keys."""

from identity.services.accounts import create_user, set_password, set_profile, update_user
from identity.services.api_keys import Made, create_key, note_use, revoke_key, rotate_key, update_key
from identity.services.federation import actor_of, add_issuer, remove_issuer, update_issuer
from identity.services.logins import (
    Grant,
    check_attempts,
    login,
    logout,
    note_failed_login,
    note_login,
    refresh,
    register,
)
from identity.services.passwords import MAIL_RESET, ask_for_reset, change_password, mail_reset, reset_password

__all__ = [
    "MAIL_RESET",
    "Grant",
    "Made",
    "actor_of",
    "add_issuer",
    "ask_for_reset",
    "change_password",
    "check_attempts",
    "create_key",
    "create_user",
    "login",
    "logout",
    "mail_reset",
    "note_failed_login",
    "note_login",
    "note_use",
    "refresh",
    "register",
    "remove_issuer",
    "reset_password",
    "revoke_key",
    "rotate_key",
    "set_password",
    "set_profile",
    "update_issuer",
    "update_key",
    "update_user",
]
