"""From rounds to a table: ratios within a round, their median and spread."""

import json
import math
import os
import platform
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from loadtests.bench.driver import Measured

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Result:
    """The rounds of one row: rates a second, and the subject's latencies in seconds."""

    name: str
    says: str
    target: float | None
    subject: list[float] = field(default_factory=list)
    reference: list[float] = field(default_factory=list)
    latencies: list[list[float]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def add(self, subject: Measured | float, reference: Measured | float) -> None:
        """Add a round."""
        for side, measured in ((self.subject, subject), (self.reference, reference)):
            side.append(measured.rate if isinstance(measured, Measured) else measured)
            if isinstance(measured, Measured):
                self.wrong += measured.wrong
        self.latencies.append(subject.latencies if isinstance(subject, Measured) else [])

    @property
    def ratios(self) -> list[float]:
        """The subject's rate over the reference's, round by round; no number where the reference gave nothing."""
        pairs = zip(self.subject, self.reference, strict=True)
        return [mine / other if other else math.nan for mine, other in pairs]

    @property
    def verdict(self) -> str:
        """Tell whether the row counts, and whether it holds its target."""
        if self.wrong:
            return f"WRONG {len(self.wrong)} times"
        if self.target is None:
            return ""
        return f"wanted {self.target:g}: {'holds' if median(self.ratios) >= self.target else 'MISSED'}"

    def line(self) -> str:
        """Tell the row in one line of the table."""
        ratios = self.ratios
        spread = f"({min(ratios):.2f}..{max(ratios):.2f})"
        told = percentiles([latency for round_ in self.latencies for latency in round_])
        return (
            f"{self.name:18} {median(self.subject):8,.0f}/s {median(self.reference):8,.0f}/s "
            f"{median(ratios):7.2f} {spread:14} {told:24} {self.verdict}"
        ).rstrip()

    def facts(self) -> dict[str, Any]:
        """Give every round as plain data."""
        return {
            "name": self.name,
            "says": self.says,
            "target": self.target,
            "verdict": self.verdict,
            "subject": self.subject,
            "reference": self.reference,
            "ratios": self.ratios,
            "p50 / p95 / p99": [percentiles(round_) for round_ in self.latencies],
            "wrong": self.wrong,
        }


def percentiles(latencies: list[float]) -> str:
    """Tell p50, p95 and p99 in milliseconds."""
    if len(latencies) < 2:  # noqa: PLR2004 - quantiles need two
        return "-"
    cuts = quantiles(latencies, n=100)
    return " / ".join(f"{cuts[at - 1] * 1_000:.1f}" for at in (50, 95, 99)) + " ms"


HEAD = f"{'row':18} {'subject':>10} {'reference':>10} {'ratio':>7} {'(spread)':14} p50 / p95 / p99 of the subject"


def legend(results: list[Result]) -> str:
    """Say what each row compares."""
    return "\n".join(f"{result.name:18} {result.says}" for result in results)


def machine(*, database: str) -> dict[str, Any]:
    """Describe what the figures hold for. Call before the load, so that the machine's own shows."""
    return {
        "commit": _git("rev-parse", "HEAD"),
        "is_changed": bool(_git("status", "--porcelain")),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "database": database,
        "system": f"{platform.system()} {platform.machine()}",
    }


def _git(*arguments: str) -> str:
    """Ask git, or give nothing outside a checkout."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607 - git, wherever it is
    return done.stdout.strip()


def keep(results: list[Result], file: Path, *, facts: dict[str, Any]) -> None:
    """Write every round, and the machine, as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"machine": facts, "rows": [result.facts() for result in results]}, indent=2))
