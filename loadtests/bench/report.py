"""From rounds to a table: ratios within a round, their median and spread."""

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles

from loadtests.bench.driver import Measured


@dataclass
class Result:
    """The rounds of one row: rates a second, and the subject's latencies."""

    name: str
    says: str
    target: float | None
    subject: list[float] = field(default_factory=list)
    reference: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def add(self, subject: Measured | float, reference: Measured | float) -> None:
        """Add a round."""
        for side, measured in ((self.subject, subject), (self.reference, reference)):
            side.append(measured.rate if isinstance(measured, Measured) else measured)
            if isinstance(measured, Measured):
                self.wrong += measured.wrong
        if isinstance(subject, Measured):
            self.latencies += subject.latencies

    @property
    def ratios(self) -> list[float]:
        """The subject's rate over the reference's, round by round."""
        return [mine / other for mine, other in zip(self.subject, self.reference, strict=True)]

    def line(self) -> str:
        """Tell the row in one line of the table."""
        ratios = self.ratios
        verdict = (
            ""
            if self.target is None
            else f"  wanted {self.target:g}: {'holds' if median(ratios) >= self.target else 'MISSED'}"
        )
        return (
            f"{self.name:18} {median(self.subject):8,.0f}/s {median(self.reference):8,.0f}/s "
            f"{median(ratios):7.2f} ({min(ratios):.2f}..{max(ratios):.2f})  {percentiles(self.latencies)}{verdict}"
        )


def percentiles(latencies: list[float]) -> str:
    """Tell p50, p95 and p99 in milliseconds."""
    if len(latencies) < 2:  # noqa: PLR2004 - quantiles need two
        return "-"
    cuts = quantiles(latencies, n=100)
    return " / ".join(f"{cuts[at - 1] * 1_000:.1f}" for at in (50, 95, 99)) + " ms"


HEAD = f"{'row':18} {'subject':>10} {'reference':>10} {'ratio':>7} {'(spread)':13}  p50 / p95 / p99 of the subject"


def keep(results: list[Result], file: Path, *, database: str) -> None:
    """Write every round, and the machine, as JSON."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607 - git, wherever it is
    facts = {
        "commit": commit.stdout.strip(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "database": database,
        "system": platform.system(),
    }
    rows = [
        {**asdict(result), "latencies": percentiles(result.latencies), "ratios": result.ratios} for result in results
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"machine": facts, "rows": rows}, indent=2))
