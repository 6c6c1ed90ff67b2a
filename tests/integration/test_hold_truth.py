"""What the host takes for held, against what engines hold: they may differ for a moment only."""

import contextlib
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

from support.debug_site import DebugSite
from support.engines import KINDS, MONITORING
from support.paths import SANITIZED
from support.waiting import DEADLINE

#: Seconds of debugging.
DRIVE = 30
#: Seconds that the host may be wrong.
TOLERANCE = 0.25 * (3 if SANITIZED else 1)
#: Processes that a word of the engine goes through: each is as late as the machine lets the one
#: that writes down the truth be.
HOPS = 4
#: Seconds without a sample after which nobody knows what was true.
GAP = 0.1

#: Seconds that a driver waits for an engine.
PATIENCE = 8

TRACE = r"^(\S+Z) TRACE hold: (held|running|unknown)$"


def test_the_host_knows_what_is_held(sites):
    debugged = [DebugSite(sites, engine, app="walking", channel="tcp",
                          environment={"HOLDFAST_TRACE": "hold"},
                          yaml="server: {trusted_hops: [127.0.0.1]}\n")
                for engine in (*KINDS, MONITORING)]
    with ThreadPoolExecutor(len(debugged)) as threads:
        compared = list(threads.map(drive_and_compare, debugged))
    print(*compared, sep="\n")
    assert [str(c) for c in compared if c.longest > TOLERANCE] == [], list(map(str, compared))
    for one in compared:
        assert one.changes > 20 and one.held > 2 and one.running > 2, str(one)


def drive_and_compare(site):
    folder = site.site.root.parent
    with site.attached("step") as client:
        walks = [site.ask(f"/walk?{folder}") for _ in range(2)]
        began = time.time()
        with load(site):
            driver = Driver(site, client)
            driver.drive()
            ended = time.time()
            (folder / "over").touch()
            driver.leave()
    for walk in walks:
        answer = walk.result(DEADLINE)
        assert driver.gave_up or answer.text.startswith("walked"), answer
    samples = [(float(when), held == "1") for when, held in
               map(str.split, (folder / "truth").read_text().splitlines())]
    return Comparison(site.engine, [s for s in samples if began <= s[0] <= ended], host_view(site))


@contextlib.contextmanager
def load(site):
    """Other requests, in the lane as well."""
    over = threading.Event()

    def ask():
        while not over.wait(0.02):
            assert site.get("/plain").text == "plain"

    with ThreadPoolExecutor(2) as threads:
        asking = [threads.submit(ask) for _ in range(2)]
        try:
            yield
        finally:
            over.set()
    for one in asking:
        one.result()


def host_view(site):
    """Pairs (time, held), in order."""
    return [(datetime.strptime(found[1], "%Y-%m-%dT%H:%M:%S.%fZ")
             .replace(tzinfo=timezone.utc).timestamp(), found[2] == "held")
            for found in site.host.log_matches(TRACE)]


class Driver:
    """A developer who cannot make up their mind."""

    def __init__(self, site, client):
        self.site, self.client = site, client
        self.random = random.Random(str(site.engine))
        self.thread = None
        self.walkers = []  #: threads
        #: Some engines fall silent when they are hurried so. What one holds then, it holds until
        #: the client has gone.
        self.gave_up = False

    def drive(self):
        end = time.monotonic() + DRIVE
        actions = [self.go_on] * 3 + [self.step] * 4 + [self.let_run, self.pause, self.trip]
        with self.giving_up():
            self.wait_for_stop()
            self.walkers = [thread for thread, name in self.client.threads().items()
                            if "/walk" in name]
            self.go_on()
            while time.monotonic() < end:
                self.wait_for_stop()
                time.sleep(self.random.choice((0, 0, 0.02, 0.5)))
                self.random.choice(actions)()
            self.arm(breakpoints=False)
            self.go_on()

    def leave(self):
        if not self.gave_up:
            with self.giving_up():
                self.client.request("disconnect", PATIENCE, terminateDebuggee=False)
        self.client.close()

    @contextlib.contextmanager
    def giving_up(self):
        try:
            yield
        except AssertionError as error:
            print(self.site.engine, "is silent:", str(error).partition(";")[0])
            self.gave_up = True

    def wait_for_stop(self):
        self.thread = self.client.event("stopped", PATIENCE)["threadId"]

    def arm(self, breakpoints=True, exceptions=()):
        lines = [self.site.line("step")] if breakpoints else []
        self.client.request("setBreakpoints", PATIENCE, source={"path": str(self.site.file)},
                            breakpoints=[{"line": line} for line in lines], lines=lines)
        self.client.request("setExceptionBreakpoints", PATIENCE, filters=list(exceptions))

    def go_on(self):
        self.client.send("continue", threadId=self.thread)

    def step(self):
        self.client.send(self.random.choice(("next", "stepIn", "stepOut")), threadId=self.thread)

    def let_run(self):
        self.arm(breakpoints=False)
        self.go_on()
        time.sleep(0.7)
        self.arm()

    def pause(self):
        self.arm(breakpoints=False)
        self.go_on()
        time.sleep(0.3)
        self.client.send("pause", threadId=self.random.choice(self.walkers))
        self.wait_for_stop()
        time.sleep(0.3)
        self.arm()
        self.go_on()

    def trip(self):
        self.arm(breakpoints=False, exceptions=["raised"])
        self.go_on()
        self.wait_for_stop()
        time.sleep(0.3)
        self.arm()
        self.go_on()


class Comparison:
    """samples: the truth, pairs (time, held); view: what the host has said, likewise"""

    def __init__(self, engine, samples, view):
        self.engine = engine
        self.longest, self.at = 0, None  #: seconds for which they differed, and until when
        self.held = self.running = 0  #: seconds
        self.changes = 0
        since, late, place = samples[0][0], 0, 0
        for (before, was), (when, truth) in zip(samples, samples[1:]):
            while place < len(view) and view[place][0] <= when:
                place += 1
            said = place > 0 and view[place - 1][1]
            self._count(when - before, was)
            self.changes += truth != was
            if said == truth or truth != was or when - before > GAP:
                since, late = when, 0
            late = max(late, when - before)
            self._differ(when - since - HOPS * late, when)

    def _differ(self, seconds, when):
        if seconds > self.longest:
            self.longest, self.at = seconds, when

    def _count(self, seconds, held):
        if held:
            self.held += seconds
        else:
            self.running += seconds

    def __str__(self):
        return (f"{self.engine}: differ for {self.longest * 1000:.0f} ms at most, until {self.at}; "
                f"held {self.held:.1f} s, running {self.running:.1f} s, {self.changes} changes")
