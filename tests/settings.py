"""The product's settings, with what the checks need."""

import os

os.environ["DEBUG"] = "1"

from config.settings import *  # noqa: E402, F403 - the environment is set first, and everything is wanted
from config.settings import INSTALLED_APPS as _PRODUCT_APPS  # noqa: E402 - as above

DEBUG = False
INSTALLED_APPS = [*_PRODUCT_APPS, "django_migration_linter"]
MIGRATION_LINTER_OPTIONS = {"exclude_apps": ["contenttypes", "auth", "sessions", "admin"], "no_cache": True}
