"""The product's settings with the references' routes beside its own."""

from config.settings import *  # noqa: F403 - everything is wanted

ROOT_URLCONF = "loadtests.bench.urls"
