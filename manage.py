#!/usr/bin/env python
"""Django's command line."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
# platform/ is a source root, not a package: `import platform` stays the standard library's.
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]


def main() -> None:
    """Run a command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - the path is set first

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
