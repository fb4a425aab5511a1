"""The product's settings, with what the checks need."""

import os

os.environ["DEBUG"] = "1"
os.environ["CORS_ALLOWED_ORIGINS"] = "https://listed.example"

from config import settings as product
from config.settings import *  # noqa: F403 - everything is wanted

DEBUG = False
INSTALLED_APPS = [*product.INSTALLED_APPS, "django_migration_linter"]
MIGRATION_LINTER_OPTIONS = {"exclude_apps": ["contenttypes", "auth", "sessions", "admin"], "no_cache": True}

# Each process of a parallel run has a Valkey database and an end-to-end database of its own.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
E2E_DATABASE = f"test_e2e_{product.DATABASES['default']['NAME']}"
REDIS_URL = f"{product.REDIS_URL.rsplit('/', 1)[0]}/{_WORKER % 15 + 1}"
CACHES = {**product.CACHES, "default": {**product.CACHES["default"], "LOCATION": REDIS_URL}}
CELERY_BROKER_URL = REDIS_URL
# Its thread would write beside the transactions of tests.
REQUEST_LOG = False
