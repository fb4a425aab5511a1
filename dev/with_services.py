"""`python -m dev.with_services NAME [--durable] -- COMMAND`: run a command with PostgreSQL and Valkey up."""

import os
import signal
import subprocess
import sys

from dev.embedded import services
from dev.places import stop


def main(arguments: list[str]) -> int:
    """Run the command and give its exit status. Signals to us end it first, then the servers."""
    if "--" not in arguments:
        stop("usage: python -m dev.with_services NAME [--durable] -- COMMAND ...")
    at = arguments.index("--")
    name, durable = arguments[0], "--durable" in arguments[:at]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with services(name, durable=durable) as urls:
        process = subprocess.Popen(arguments[at + 1 :], env={**os.environ, **urls})  # noqa: S603 - as asked
        try:
            return process.wait()
        except (KeyboardInterrupt, SystemExit):
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
            raise


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
