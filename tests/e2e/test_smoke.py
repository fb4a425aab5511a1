"""The story of `make smoke`, against real processes, as the command plays it."""

import pytest

from dev.smoke import play

pytestmark = pytest.mark.xdist_group("live")


def test_the_story_holds(live_platform: str) -> None:
    told: list[str] = []
    play(live_platform, told.append)
    assert len(told) == 174
