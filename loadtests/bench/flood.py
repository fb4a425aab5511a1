"""The flood of a noisy neighbour, in a process of its own: it must not slow the measuring."""

import sys

from loadtests.bench.driver import drive, request

# A thousand requests a second, where the free plan allows twenty.
CONNECTIONS = 16
INTERVAL = 0.016


def main(port: str, host: str, token: str, seconds: str) -> None:
    """Flood."""
    what = request("GET", "/api/v1/registrations", host=host, token=token)
    told = drive(
        int(port), lambda: what, expected=429, connections=CONNECTIONS, seconds=float(seconds), interval=INTERVAL
    )
    # To the log of whoever is curious how much of a flood it was.
    print(f"{told.rate:,.0f} refusals a second", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
