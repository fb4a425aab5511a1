"""A noisy neighbour: one organization sends far more than its plan allows, another goes about its work."""

import subprocess
import sys
import time

from loadtests.bench.driver import Measured, Tail, drive, request
from loadtests.bench.stage import ROOT, Stage

# The work: what some dozens of people at their screens ask for.
CONNECTIONS = 4
INTERVAL = 0.02
# The quota of the first minute is used up by then.
AHEAD_SECONDS = 2.5


def alone(stage: Stage, seconds: float) -> Measured:
    """Read an event now and then; the slow answers count."""
    what = request("GET", f"/api/v1/events/{stage.fill()[0]}", host=stage.host, token=stage.token())
    measured = drive(
        stage.port, lambda: what, expected=200, connections=CONNECTIONS, seconds=seconds, interval=INTERVAL
    )
    return Tail(measured.seconds, measured.latencies, measured.wrong)


def beside_a_flood(stage: Stage, seconds: float) -> Measured:
    """Do so while another organization floods."""
    host, token = stage.crowd()
    length = str(AHEAD_SECONDS + seconds + 1)
    command = [sys.executable, "-m", "loadtests.bench.flood", str(stage.port), host, token, length]
    with subprocess.Popen(command, cwd=ROOT) as flood:  # noqa: S603 - as written here
        time.sleep(AHEAD_SECONDS)
        measured = alone(stage, seconds)
        flood.wait()
    return measured
