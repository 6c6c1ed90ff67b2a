"""What processes use: CPU time and memory, from /proc (Linux)."""

import os
from pathlib import Path

from support import proc

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(stat):
    """From the text of /proc/PID/stat: user and system time, with that of children that
    have ended and were waited for. The name in it may hold blanks and parentheses."""
    fields = stat.rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def pss_bytes(rollup):
    """From the text of /proc/PID/smaps_rollup: memory, pages that are shared divided by the
    number of processes that share them."""
    for line in rollup.splitlines():
        name, _, value = line.partition(":")
        if name == "Pss":
            return int(value.split()[0]) * 1024
    raise ValueError("no line `Pss:`")


def tree(pid):
    return [pid, *proc.descendants(pid)]


def roles(pid):
    """Each process of a tree and the program that it runs."""
    return {member: program(member) for member in tree(pid)}


def program(pid):
    try:
        name = Path(os.readlink(f"/proc/{pid}/exe")).name
    except OSError:
        return "gone"
    return "python" if name.startswith("python") else name


def _sum(pid, file, parse):
    sums = {}
    for member, role in roles(pid).items():
        try:
            value = parse(Path(f"/proc/{member}/{file}").read_text())
        except (OSError, ValueError):
            continue  # it has just ended
        sums[role] = sums.get(role, 0) + value
    return sums


def tree_cpu(pid):
    """CPU seconds so far of a process and all below it, by program."""
    return _sum(pid, "stat", cpu_seconds)


def tree_pss(pid):
    """PSS in bytes of a process and all below it, by program."""
    return _sum(pid, "smaps_rollup", pss_bytes)


def own_pss(pid):
    return pss_bytes(Path(f"/proc/{pid}/smaps_rollup").read_text())


def busy_share(before, after):
    """From two texts of /proc/stat: the share of all CPU time that was not idle, 0 to 1."""
    first, last = (list(map(int, text.split("\n", 1)[0].split()[1:9])) for text in (before, after))
    spent = [b - a for a, b in zip(first, last)]
    idle = spent[3] + spent[4]
    return (sum(spent) - idle) / sum(spent) if sum(spent) else 0.0
