"""Holds of minutes behind web servers as they are distributed: they begin with the first test of
a run and are looked at by the last ones, so that they cost no time of their own.
"""

from concurrent.futures import ThreadPoolExecutor, wait

from support.held_cases import BY_PROGRAMS
from support.held_row import HeldRow
from support.measured import write_measured
from support.site import Sites

#: Name -> seconds, and what it says to HeldRow: nothing is told, and 60 s are the limit.
LONG_HOLDS = {
    "nginx-150-s": (150.0, {"front": "nginx"}),
    "apache-150-s": (150.0, {"front": "apache", "options": {"as_distributed": True}}),
    "nginx-10-min": (600.0, {"front": "nginx"})}
WORK = 10.0


class LongHolds:
    """Runs those of LONG_HOLDS that are `wanted`, in threads of its own."""

    def __init__(self, folder, wanted):
        self._sites = Sites(folder)
        self._wanted = wanted
        self._rows = {}
        self._threads = ThreadPoolExecutor(1 + len(wanted))
        self._starting = self._threads.submit(self._start)
        self._runs = {}

    def result(self, name):
        """Waits for its end. Returns the HeldRow"""
        self._starting.result()
        self._runs[name].result()
        return self._rows[name]

    def end(self):
        """Whatever still holds is let go."""
        try:
            wait([self._starting])
            for row in self._rows.values():
                row.abandon()
            self._threads.shutdown()
            write_measured("long-holds.md", self._rows.values())
            self._sites.stop()
        finally:
            self._sites.clean_up()

    def _start(self):
        for name in self._wanted:
            seconds, said = LONG_HOLDS[name]
            self._rows[name] = row = HeldRow(self._sites, name, **said)
            self._runs[name] = self._threads.submit(self._run, row, seconds)

    @staticmethod
    def _run(row, seconds):
        row.attach()
        row.run({case: case.client for case in BY_PROGRAMS}, seconds, WORK)
