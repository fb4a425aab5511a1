"""The product's settings, with the races' controls beside its routes."""

from config.settings import *  # noqa: F403 - everything is wanted

ROOT_URLCONF = "tests.races.controls"
