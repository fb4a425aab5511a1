"""The WSGI application, behind its gate."""

import os

from django.core.cache import close_caches
from django.core.signals import request_finished
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_application = get_wsgi_application()

from kit.gate import gated  # noqa: E402 - it needs what was set up above

# Connections to Valkey are kept: asking every cache after every request whether it would close finds none that would.
request_finished.disconnect(close_caches)

application = gated(_application)
