"""The WSGI application, behind its gate."""

import os

from django.core.wsgi import get_wsgi_application

from kit.gate import gated

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = gated(get_wsgi_application())
