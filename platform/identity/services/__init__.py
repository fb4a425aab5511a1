"""What identity does: accounts, logins, keys."""

from identity.services.accounts import create_user, set_password, set_profile, update_user
from identity.services.api_keys import Made, create_key, note_use, revoke_key, rotate_key, update_key
from identity.services.logins import Grant, login, logout, note_failed_login, note_login, refresh, register

__all__ = [
    "Grant",
    "Made",
    "create_key",
    "create_user",
    "login",
    "logout",
    "note_failed_login",
    "note_login",
    "note_use",
    "refresh",
    "register",
    "revoke_key",
    "rotate_key",
    "set_password",
    "set_profile",
    "update_key",
    "update_user",
]
