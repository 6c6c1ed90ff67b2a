"""Medians and ratios of what was measured. Pure.

A sample is what one run of one peer under one workload gave:
  workload, peer, round, requests, seconds, p50_us, p99_us, errors (by kind),
  cpu_us (by program, for each request), front_us (nginx, for each request)
"""

from statistics import median


class Figures:
    def __init__(self, samples):
        self.samples = samples

    def of(self, workload, peer):
        return [s for s in self.samples if s["workload"] == workload and s["peer"] == peer]

    def median(self, workload, peer, value):
        """`value(sample)` in the middle, None without samples."""
        values = [value(s) for s in self.of(workload, peer)]
        return median(values) if values else None

    def cpu(self, workload, peer):
        return self.median(workload, peer, cpu)

    def rate(self, workload, peer):
        return self.median(workload, peer, rate)

    def errors(self, workload, peer):
        return sum(sum(s["errors"].values()) for s in self.of(workload, peer))

    def programs(self, workload, peer):
        """CPU microseconds by program; medians."""
        names = {name for s in self.of(workload, peer) for name in s["cpu_us"]}
        return {name: self.median(workload, peer, lambda s, n=name: s["cpu_us"].get(n, 0.0))
                for name in sorted(names)}

    def ratio(self, workload, peer, base, value=None, base_workload=None):
        """The median of the ratios of each round: what loaded the machine meanwhile loaded
        both, as they ran one after the other."""
        value = value or cpu
        bases = {s["round"]: value(s) for s in self.of(base_workload or workload, base)}
        ratios = [value(s) / bases[s["round"]] for s in self.of(workload, peer)
                  if bases.get(s["round"])]
        return median(ratios) if ratios else None


def cpu(sample):
    return sum(sample["cpu_us"].values())


def rate(sample):
    return sample["requests"] / sample["seconds"]
