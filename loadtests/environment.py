"""The environment of what is measured: as production is set, whatever the shell says."""

import logging
import os
import secrets

_AS_IN_PRODUCTION = {
    # In debug Django keeps every statement and is far slower.
    "DEBUG": "0",
    "HTTPS": "0",
    "TRUSTED_PROXIES": "",
    "BASE_DOMAIN": "localhost",
    "PUBLIC_HOSTS": "localhost,127.0.0.1",
    # Receivers of webhooks are here.
    "EGRESS_NETWORKS": "127.0.0.0/8",
}


def enter(**given: str) -> None:
    """Set this process's environment, and so that of its children, with new secrets. Call before Django is set up."""
    os.environ.update(
        _AS_IN_PRODUCTION, SECRET_KEY=secrets.token_urlsafe(48), ENCRYPTION_KEY=secrets.token_urlsafe(48), **given
    )
    # It tells each request in a line, which would be measured with it.
    logging.getLogger("httpx").setLevel(logging.WARNING)
