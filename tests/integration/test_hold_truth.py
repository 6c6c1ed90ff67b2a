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
#: Engines that fall silent are attached to so often.
ATTACHES = 5
#: Seconds that the host may be wrong.
TOLERANCE = 0.25 * (3 if SANITIZED else 1)
#: ... on the average of all changes.
MEAN = 0.1 * (3 if SANITIZED else 1)
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
        of_each = list(threads.map(drive_and_compare, debugged))
    compared = [one for comparisons in of_each for one in comparisons]
    print(*compared, sep="\n")
    assert [str(c) for c in compared if c.longest > TOLERANCE] == [], list(map(str, compared))
    for comparisons in of_each:
        changes, held, running, wrong = (
            sum(getattr(one, what) for one in comparisons)
            for what in ("changes", "held", "running", "wrong"))
        assert wrong <= MEAN * changes, list(map(str, comparisons))
        assert changes > 20 and held > 2 and running > 2, list(map(str, comparisons))


def drive_and_compare(site):
    """Returns a Comparison for each session; an engine that falls silent gets another."""
    comparisons = []
    driven = 0
    while driven < DRIVE and len(comparisons) < ATTACHES:
        folder = site.site.root.parent / f"session{len(comparisons)}"
        folder.mkdir()
        began = time.monotonic()
        comparisons.append(drive(site, folder, DRIVE - driven))
        driven += time.monotonic() - began
    return comparisons


def drive(site, folder, seconds):
    with site.attached("step") as client:
        walks = [site.ask(f"/walk?{folder}") for _ in range(2)]
        began = time.time()
        with load(site):
            driver = Driver(site, client, folder.name)
            driver.drive(seconds)
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

    def __init__(self, site, client, session):
        self.site, self.client = site, client
        self.random = random.Random(f"{site.engine} {session}")
        self.thread = None
        self.walkers = []  #: threads
        #: Some engines fall silent when they are hurried so. What one holds then, it holds until
        #: the client has gone.
        self.gave_up = False

    def drive(self, seconds):
        end = time.monotonic() + seconds
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
        self.held = self.running = self.wrong = 0  #: seconds
        self.changes = 0
        since, late, place = samples[0][0] if samples else 0, 0, 0
        for (before, was), (when, truth) in zip(samples, samples[1:]):
            while place < len(view) and view[place][0] <= when:
                place += 1
            said = place > 0 and view[place - 1][1]
            self._count(when - before, was)
            self.wrong += (when - before) * (said != truth)
            self.changes += truth != was
            if said == truth or truth != was or when - before > GAP:
                since, late = when, 0
            late = max(late, when - before)
            # As late as the one who writes down the truth, others may be too.
            self._differ(when - since - late, when)

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
                f"wrong for {self.wrong:.2f} s; held {self.held:.1f} s, running {self.running:.1f} s, "
                f"{self.changes} changes")
