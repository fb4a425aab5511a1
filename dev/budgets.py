"""Size budgets: the tail is a bug."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from dev.places import ROOT

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
MAX_PARAMETERS = 6


def sources() -> list[Path]:
    """List the Python files that git knows or would take, but for migrations."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z", "*.py"],  # noqa: S607 - git, wherever it is
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [file for file in files if file.exists() and "migrations" not in file.parts]


def faults(file: Path) -> Iterator[str]:
    """Tell what is over budget in a file."""
    text = file.read_text()
    name = file.relative_to(ROOT)
    if (lines := text.count("\n")) > MAX_FILE_LINES:
        yield f"{name}: {lines} lines, at most {MAX_FILE_LINES}"
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > MAX_FUNCTION_LINES:
            yield f"{name}:{node.lineno}: {node.name} has {length} lines, at most {MAX_FUNCTION_LINES}"
        positional = [
            argument for argument in node.args.posonlyargs + node.args.args if argument.arg not in {"self", "cls"}
        ]
        for kind, count in (("positional", len(positional)), ("keyword-only", len(node.args.kwonlyargs))):
            if count > MAX_PARAMETERS:
                yield f"{name}:{node.lineno}: {node.name} has {count} {kind} parameters, at most {MAX_PARAMETERS}"


if __name__ == "__main__":
    found = [fault for file in sources() for fault in faults(file)]
    print("\n".join(found) or "budgets kept")
    sys.exit(bool(found))
