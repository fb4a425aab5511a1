"""Where web processes run: real processes, and what the system says of them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import cpus

pytestmark = pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="the system has no such schedules")

USABLE = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set[int]()
# Says where it runs, and then waits to be ended.
SETTLED = (
    "import os, sys; from config import cpus; cpus.settle();"
    "print(os.sched_getscheduler(0), *os.sched_getaffinity(0), flush=True); sys.stdin.read()"
)

type Start = Callable[[int], tuple[subprocess.Popen[str], int, set[int]]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start one of so many processes; give it, its schedule and its CPUs."""
    started = []

    def begin(processes: int) -> tuple[subprocess.Popen[str], int, set[int]]:
        env = {**os.environ, cpus.FOLDER: str(tmp_path), cpus.PROCESSES: str(processes)}
        process = subprocess.Popen(
            [sys.executable, "-c", SETTLED], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        schedule, *where = map(int, process.stdout.readline().split())
        return process, schedule, set(where)

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_as_many_processes_as_cpus_have_one_each_and_a_new_one_takes_the_place_of_a_dead_one(start: Start) -> None:
    count = len(USABLE)
    settled = [start(count) for _ in range(count)]
    assert {schedule for _, schedule, _ in settled} == {os.SCHED_BATCH}
    assert [len(where) for _, _, where in settled] == [1] * count
    assert set.union(*(where for _, _, where in settled)) == USABLE
    process, _, where = settled[0]
    process.kill()
    process.wait()
    assert start(count)[2] == where


@pytest.mark.skipif(len(USABLE) == 1, reason="any number spreads evenly over one CPU")
def test_processes_that_do_not_spread_evenly_run_where_the_system_has_them_run(start: Start) -> None:
    assert start(len(USABLE) + 1)[1:] == (os.SCHED_BATCH, USABLE)


def test_without_a_folder_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cpus.FOLDER, "")
    cpus.settle()
    assert os.sched_getscheduler(0) != os.SCHED_BATCH
    assert os.sched_getaffinity(0) == USABLE
