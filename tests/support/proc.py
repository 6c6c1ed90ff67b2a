"""Looks at running processes through /proc (Linux)."""

import os
import signal
from pathlib import Path

from support.waiting import wait_until

PROC = Path("/proc")


def all_pids():
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def parent_of(pid):
    """The parent's pid, or None where the process is gone or a zombie."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, parent = text.rpartition(")")[2].split()[:2]
    return None if state in "ZX" else int(parent)


def state(pid):
    """One letter, as in proc(5); of its main thread."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]


def is_alive(pid):
    return parent_of(pid) is not None


def descendants(pid):
    """Living children, grandchildren and so on of a process."""
    children = {}
    for candidate in all_pids():
        children.setdefault(parent_of(candidate), []).append(candidate)
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def environment(pid):
    """The entries `NAME=value` a process was started with; none where it is gone."""
    try:
        return os.fsdecode((PROC / str(pid) / "environ").read_bytes()).split("\0")
    except OSError:
        return []


def with_environment(entry):
    """Living processes with `NAME=value` in their environment: finds those too
    that left the tree of whoever started them."""
    return [pid for pid in all_pids() if entry in environment(pid) and is_alive(pid)]


def command_line(pid):
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except OSError:
        return "(gone)"


def descriptors(pid):
    """What is open in a process: descriptor -> what it leads to."""
    folder = PROC / str(pid) / "fd"
    found = {}
    for name in os.listdir(folder):
        try:
            found[int(name)] = os.readlink(folder / name)
        except FileNotFoundError:
            continue
    return found


def thread_count(pid):
    return len(os.listdir(PROC / str(pid) / "task"))


def status_bytes(pid, field):
    """A size from /proc/PID/status, for instance VmHWM (the highest resident
    size so far) or VmRSS, in bytes."""
    for line in (PROC / str(pid) / "status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise KeyError(field)


def highest_memory(pid):
    return status_bytes(pid, "VmHWM")


def cpu_seconds(pid):
    """What a process has used so far; 0 where it is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def kill_all(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def wait_gone(pids, what):
    wait_until(lambda: not any(map(is_alive, pids)), what)
