"""The story of `make smoke`, against real processes, as the command plays it."""

import re

import pytest

from config.demo import PASSWORD
from dev.smoke import play
from tests.live import Platform

pytestmark = pytest.mark.xdist_group("live")

# Access tokens, refresh tokens, API keys, and headers that hold one.
SECRETS = re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}|afr_[\w-]{20,}|afo_[0-9a-f]{48}|Bearer \w", re.IGNORECASE)


def test_the_story_holds_and_its_logs_keep_its_secrets(platform: Platform) -> None:
    told: list[str] = []
    play(platform.url, told.append)
    assert len(told) == 178
    logs = platform.log.read_text()
    assert logs.count('"event":"request"') + logs.count("request ") > len(told)
    assert PASSWORD not in logs
    assert SECRETS.findall(logs) == []
