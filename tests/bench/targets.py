"""What Holdfast is held to, and whether it keeps it. Pure."""

from dataclasses import dataclass
from statistics import median

from bench.figures import Figures, rate
from bench.workloads import IDLE


@dataclass
class Target:
    name: str
    limit: float
    measured: float  # None: not measured
    unit: str = "×"
    at_least: bool = False

    @property
    def met(self):
        if self.measured is None:
            return None
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


#: CPU for each request as a multiple of wfastcgi's
CPU = [("hello c1", 0.8), ("hello c16", 0.7), ("big c1", 1.5), ("post c1", 1.1), ("flask c1", 0.95)]
MIB = 1024 * 1024


#: Workloads in which a secret that is set must cost nothing
DEBUGGING = ("hello c1", "hello c16", "hello c16 kept", "flask c1")


def targets(samples, alone, ours="holdfast"):
    figures = Figures(samples)
    mine = [one for one in alone if one["peer"] == ours]
    rows = [Target(f"CPU, {workload}, to wfastcgi", limit,
                   figures.ratio(workload, ours, "wfastcgi")) for workload, limit in CPU]
    rows += [
        Target("first answer after start", 60,
               median(one["first_answer_ms"] for one in mine) if mine else None, "ms"),
        Target("memory of the host process (PSS)", 8,
               median(one["first_process_pss"] for one in mine) / MIB if mine else None, "MiB"),
        Target("CPU, hello c512 to c1", 1.3,
               figures.ratio("hello c512", ours, ours, base_workload="hello c1")),
        Target("CPU, hello c512 to c16", 1.3,
               figures.ratio("hello c512", ours, ours, base_workload="hello c16")),
        Target(f"CPU, hello c16 beside {IDLE} idle connections", 1.1,
               figures.ratio(f"hello c16 +{IDLE} idle", ours, ours, base_workload="hello c16")),
        *(Target(f"CPU, {workload}, debugging on to off", 1.03,
                 figures.ratio(workload, f"{ours}-debug", ours)) for workload in DEBUGGING),
        Target("req/s, sleep c64, to the best peer", 1.0, best_ratio(figures, ours), at_least=True),
    ]
    return rows


def best_ratio(figures, ours, workload="sleep c64"):
    others = {s["peer"] for s in figures.samples if not s["peer"].startswith("holdfast")}
    ratios = [figures.ratio(workload, ours, other, value=rate) for other in others]
    ratios = [ratio for ratio in ratios if ratio is not None]
    return min(ratios) if ratios else None
