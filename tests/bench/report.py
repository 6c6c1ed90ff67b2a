"""Markdown of a result. Pure."""

from statistics import median

from bench.figures import Figures
from bench.targets import targets

MIB = 1024 * 1024
NONE = "–"
BASES = ("wfastcgi", "uwsgi")
README_WORKLOADS = ("hello c1", "hello c16", "hello c16 kept", "big c1", "post c1", "flask c1",
                    "jinja c16")


def table(head, rows):
    """Cells are text; all columns but the first stand to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def number(value, digits=None):
    """Three digits that say something; thousands apart."""
    if value is None:
        return NONE
    if digits is None:
        digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}"


class Report:
    def __init__(self, result):
        self.result = result
        self.figures = Figures(result["samples"])
        self.peers = [peer for peer in result["peers"]
                      if any(s["peer"] == peer for s in result["samples"] + result["alone"])]
        self.workloads = [w for w in result["workloads"]
                          if any(s["workload"] == w for s in result["samples"])]

    def label(self, peer):
        return self.result["peers"][peer]

    def markdown(self):
        parts = [
            "# Speed of Holdfast and others", self.circumstances(), self.left_out(),
            "## CPU µs for each request\n\nUser and system time of the server's processes, nginx "
            "apart; medians.", self.cpu_table(self.workloads),
        ]
        for base in BASES:
            if base in self.peers:
                parts += [f"## CPU, × {self.label(base)}\n\nMedians of the ratios of each round.",
                          self.ratio_table(base)]
        parts += [
            "## CPU µs by process", self.programs_table(),
            "## Requests in a second", self.rate_table(),
            "## Latency, ms, p50 / p99", self.latency_table(),
            "## Memory and start\n\nPSS in MiB, each peer by itself, 1 process; milliseconds from "
            "the start to the first answer.", self.alone_table(),
            "## Targets", self.targets_table()]
        return "\n\n".join(part for part in parts if part) + "\n"

    def readme(self):
        """The short form."""
        return "\n\n".join([
            "CPU µs of the server's processes for each request, nginx apart; in parentheses × "
            "wfastcgi, or × uWSGI where wfastcgi cannot.",
            self.cpu_table([w for w in README_WORKLOADS if w in self.workloads], ratios=True),
            self.alone_table(rates=True), self.circumstances()])

    def circumstances(self):
        r = self.result
        busy = [s["machine_busy"] for s in r["samples"]]
        versions = ", ".join(f"{name} {version}" for name, version in r["versions"].items())
        return (f"Measured {r['date']} with `{r['command']}`: {r['rounds']} rounds of "
                f"{r['seconds']} s for each peer in turn, on {r['machine']}"
                + (f", {median(busy):.0%} busy" if busy else "") + f". {versions}.")

    def left_out(self):
        lines = [f"- **{self.label(one['peer'])}** is left out of {one['what']}: "
                 + one["why"].replace("\n", " ") for one in self.result["left_out"]]
        return "\n".join(lines)

    def _rows(self, columns, cell):
        return [[self.label(peer), *(cell(column, peer) for column in columns)]
                for peer in self.peers]

    def cpu_table(self, workloads, ratios=False):
        def cell(workload, peer):
            text = number(self.figures.cpu(workload, peer))
            errors = self.figures.errors(workload, peer)
            if ratios and text != NONE:
                base = next((b for b in BASES if self.figures.of(workload, b)), None)
                if base not in (None, peer):
                    text += f" ({number(self.figures.ratio(workload, peer, base), 2)})"
            return text + (f" **{errors:,} errors**" if errors else "")
        return table(["", *workloads], self._rows(workloads, cell))

    def ratio_table(self, base):
        workloads = [w for w in self.workloads if self.figures.of(w, base)]
        return table(["", *workloads], self._rows(workloads, lambda w, peer: number(
            self.figures.ratio(w, peer, base), 2)))

    def programs_table(self):
        def cell(workload, peer):
            programs = self.figures.programs(workload, peer)
            if not programs:
                return NONE
            front = self.figures.median(workload, peer, lambda s: s["front_us"])
            return ", ".join([f"{name} {number(us)}" for name, us in programs.items()]
                             + [f"nginx {number(front)}"])
        return table(["", *self.workloads], self._rows(self.workloads, cell))

    def rate_table(self):
        return table(["", *self.workloads], self._rows(
            self.workloads, lambda w, peer: number(self.figures.rate(w, peer), 0)))

    def latency_table(self):
        def cell(workload, peer):
            middle, late = (self.figures.median(workload, peer, lambda s, k=key: s[k] / 1000)
                            for key in ("p50_us", "p99_us"))
            return NONE if middle is None else f"{number(middle, 2)} / {number(late, 2)}"
        return table(["", *self.workloads], self._rows(self.workloads, cell))

    def alone_table(self, rates=False):
        def middle(peer, value):
            values = [value(one) for one in self.result["alone"] if one["peer"] == peer]
            return median(values) if values else None

        columns = {
            "memory idle, MiB": lambda p: number(
                middle(p, lambda one: sum(one["idle_pss"].values()) / MIB), 1),
            "loaded, MiB": lambda p: number(
                middle(p, lambda one: sum(one["loaded_pss"].values()) / MIB), 1),
            "first process, MiB": lambda p: number(
                middle(p, lambda one: one["first_process_pss"] / MIB), 1),
            "first answer, ms": lambda p: number(middle(p, lambda one: one["first_answer_ms"]), 0),
        }
        if rates:
            del columns["first process, MiB"]
            columns["hello c16, req/s"] = lambda p: number(self.figures.rate("hello c16", p), 0)
            columns["sleep c64, req/s"] = lambda p: number(self.figures.rate("sleep c64", p), 0)
        return table(["", *columns], self._rows(columns, lambda c, peer: columns[c](peer)))

    def targets_table(self):
        rows = []
        for target in targets(self.result["samples"], self.result["alone"]):
            met = {None: "not measured", True: "met", False: "**missed**"}[target.met]
            sign = "≥" if target.at_least else "≤"
            rows.append([target.name, f"{sign} {target.limit:g} {target.unit}",
                         number(target.measured, 2), met])
        return table(["target", "limit", "measured", ""], rows)
