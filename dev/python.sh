#!/bin/sh
# Print the Python that this checkout is to be built with: 3.12 or newer, able to make virtual environments.
# PYTHON=... overrules. pyenv and uv honour .python-version; else the newest on the path; else one from uv.
set -u

suits() {
    "$1" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}

say_where() {
    "$1" -c 'import sys; print(sys.executable)'
}

if [ -n "${PYTHON:-}" ]; then
    if suits "$PYTHON"; then say_where "$PYTHON"; exit 0; fi
    echo "PYTHON=$PYTHON is not a Python 3.12 or newer with venv and ensurepip." >&2
    exit 1
fi

wanted=$(cat .python-version)
# pyenv's shims run the version that .python-version asks for, if it is installed.
for candidate in "python$wanted" python3.14 python3.13 python3.12 python3 python; do
    if command -v "$candidate" >/dev/null 2>&1 && suits "$candidate"; then say_where "$candidate"; exit 0; fi
done

if command -v uv >/dev/null 2>&1; then
    # Asked from the root: here it would name the Python of the very .venv that is to be made anew.
    candidate=$(cd / && { uv python find "$wanted" || uv python find '>=3.12' ||
        { uv python install -q "$wanted" && uv python find "$wanted"; }; } 2>/dev/null || true)
    if [ -n "$candidate" ] && suits "$candidate"; then say_where "$candidate"; exit 0; fi
fi

echo "Aforo needs Python 3.12 or newer (with venv: Debian's python3-venv) and found none; install it, or set PYTHON=/path/to/python." >&2
exit 1
