"""REST: accounts, logins, keys, and the trail of what they did."""

from identity.api import accounts, api_keys, audit, issuers, users

routers = [accounts.router, users.router, api_keys.router, audit.router, issuers.router]
