"""REST: accounts, logins and keys."""

from identity.api import accounts, api_keys, users

routers = [accounts.router, users.router, api_keys.router]
