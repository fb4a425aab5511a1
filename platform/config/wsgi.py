"""The WSGI application, behind its gate."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_application = get_wsgi_application()

from kit.gate import gated  # noqa: E402 - it needs what was set up above

application = gated(_application)
