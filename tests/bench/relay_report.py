"""Markdown of what was measured of relays. Pure."""

from statistics import median

from bench.report import NONE, number, table
from bench.targets import Target

OURS = "holdfast"
MIB = 1 << 20
#: What is compared: key of a sample, label, scale, digits, whether more is better
VALUES = [("round_trip_us", "round trip p50, µs", 1, 0, False),
          ("round_trip_p99_us", "p99, µs", 1, 0, False),
          ("bytes_per_second", "throughput, MiB/s each way", MIB, 0, True)]


def middle(samples, peer, key):
    values = [s[key] for s in samples if s["peer"] == peer]
    return median(values) if values else None


def ratio_to_best(samples, key, more_is_better):
    """Ours to the best of the others: the median of the ratios of each round."""
    others = {s["peer"] for s in samples} - {OURS}
    ratios = []
    for other in others:
        theirs = {s["round"]: s[key] for s in samples if s["peer"] == other}
        ours = [s[key] / theirs[s["round"]] for s in samples
                if s["peer"] == OURS and s["round"] in theirs]
        ratios += [median(ours)] if ours else []
    if not ratios:
        return None
    return min(ratios) if more_is_better else max(ratios)


def relay_targets(samples):
    return [Target("round trip, to the best relay", 1.3,
                   ratio_to_best(samples, "round_trip_us", False)),
            Target("throughput, to the best relay", 0.8,
                   ratio_to_best(samples, "bytes_per_second", True), at_least=True)]


def markdown(result):
    samples = result["samples"]
    rows = []
    for peer, label in result["peers"].items():
        cells = [middle(samples, peer, key) for key, *_ in VALUES]
        rows.append([label, *(NONE if cell is None else number(cell / scale, digits)
                              for cell, (_, _, scale, digits, _) in zip(cells, VALUES))])
    targets = [[t.name, f"{'≥' if t.at_least else '≤'} {t.limit:g} ×", number(t.measured, 2),
                {None: "not measured", True: "met", False: "**missed**"}[t.met]]
               for t in relay_targets(samples)]
    left_out = "\n".join(f"- **{one['peer']}** is left out: {one['why']}"
                         for one in result["left_out"])
    return "\n\n".join(part for part in [
        "# A debugger's bytes through relays",
        f"Measured {result['date']}: {result['rounds']} rounds of each in turn, on "
        f"{result['machine']}. A message of 200 bytes there and back; {result['megabytes']} MiB "
        "there and back at the same time.",
        left_out, table(["", *(label for _, label, *_ in VALUES)], rows),
        table(["target", "limit", "measured", ""], targets)] if part) + "\n"
