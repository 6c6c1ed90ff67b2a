"""What ends a hold without a `continue`: the app goes on by itself, and nothing of the hold is
left, in the host's view and in the engine. How the engine is let go: test_client_loss.py."""

import contextlib
import os
import signal

import pytest

from support import proc
from support.bridge import Bridge
from support.debug_site import SECRET, DebugSite
from support.engines import KINDS
from support.holding import lane_pid, wait_until_held, wait_until_runs
from support.paths import SANITIZED
from support.visual_studio import VisualStudio
from support.waiting import DEADLINE

TRUSTING = "server: {trusted_hops: [127.0.0.1]}\n"
#: Seconds that a request may go on being held after its cause is gone.
LIMIT = 5 * (3 if SANITIZED else 1)
#: ... when the other side falls silent.
SILENCE = 65 + LIMIT
MAX_HOLD = 3
RESUMED = r"resumed after "


@pytest.fixture(scope="module", params=KINDS, ids=str)
def site(request, module_sites):
    return DebugSite(module_sites, request.param, app="held", channel="tcp", yaml=TRUSTING)


@pytest.fixture
def bridge_of(tmp_path):
    """Starts a bridge to a site, by its web server."""
    bridges = []

    def start(site):
        site.wait_for_engine()
        folder = tmp_path / f"bridge-{len(bridges)}"
        folder.mkdir()
        bridges.append(Bridge(f"wss://localhost:{site.front.port}/ptvsd", folder, "--local-root",
                              site.site.root, ca=site.tls.ca,
                              environment={"HOLDFAST_SECRET": SECRET}))
        return bridges[-1]

    yield start
    for bridge in bridges:
        bridge.kill_leftovers()
        print(f"--- log of a bridge ---\n{bridge.log}")


# -- ways to go ------------------------------------------------------------

def disconnects(client):
    client.disconnect()


def closes(client):
    client.stream.send_close(1000)


def drops(client):
    client.stream.drop()


def resets(client):
    client.stream.reset()


@pytest.mark.parametrize("leave", [disconnects, closes, drops, resets],
                         ids=lambda way: way.__name__)
def test_the_debugger_goes(site, leave):
    client = site.attach("stop")
    held = Held(site, client)
    leave(client)
    held.assert_over()
    client.close()
    assert_nothing_is_left(site)


def test_the_bridge_is_killed(site, bridge_of):
    bridge = bridge_of(site)
    client = visual_studio(site, bridge)
    held = Held(site, client)
    bridge.kill_leftovers()
    held.assert_over()
    client.close()
    assert_nothing_is_left(site)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_silence(sites, bridge_of):
    """A bridge is stopped, or the web server on the way: nothing comes, and nothing says so."""
    all_held, pids = [], []
    for engine in KINDS:
        site = DebugSite(sites, engine, app="held", channel="tcp", yaml=TRUSTING)
        bridge = bridge_of(site)
        all_held.append(Held(site, visual_studio(site, bridge)))
        pids.append(bridge.pid)
    site = DebugSite(sites, app="held", channel="tcp", yaml=TRUSTING)
    all_held.append(Held(site, site.attach("stop", direct=False),
                         front=sites.front_end("nginx", site.site)))
    pids += [site.front.process.pid, *proc.descendants(site.front.process.pid)]
    with stopped(pids):
        for held in all_held:
            held.assert_over(SILENCE)
    for held in all_held:
        held.client.wait_for_end()
        held.client.close()
        assert_nothing_is_left(held.site)


@pytest.mark.parametrize("engine", KINDS, ids=str)
def test_the_longest_time_is_over(sites, engine):
    site = DebugSite(sites, engine, app="held", channel="tcp", yaml=TRUSTING,
                     settings={"max_hold": f"{MAX_HOLD}s"})
    client = site.attach("stop")
    held = Held(site, client)
    held.assert_over(MAX_HOLD + LIMIT)
    client.event("terminated")
    client.wait_for_end()
    assert "debug.max_hold" in client.stream.closed.close_reason
    client.close()
    site.host.wait_for_log(r"debug\.max_hold")
    assert_nothing_is_left(site)
    with site.attached("stop") as again:
        answer = site.ask("/stop?n=5")
        again.go_on(again.stopped("breakpoint"))
        assert answer.result(DEADLINE).text.startswith("doubled: 10 ")


# -- a hold ----------------------------------------------------------------

class Held:
    """A request that `client` has at the breakpoint `stop`, of which the host knows."""

    def __init__(self, site, client, front=None):
        self.site, self.client, self.lane = site, client, lane_pid(site)
        self._resumed_before = len(site.host.log_matches(RESUMED))
        self.answer = site.ask("/stop?n=4", front=front)
        client.top(client.stopped("breakpoint"))  # whereby the host learns it, too
        hold = wait_until_held(site)
        assert (hold["state"], hold["reason"]) == ("held", "breakpoint"), hold
        line = site.line("stop")
        site.host.wait_for_log(rf"held: \S*held\.py:{line} in stop\b.*, by (Tests of Holdfast|Visual Studio) of ")

    def assert_over(self, limit=LIMIT):
        assert self.answer.result(limit).text == f"doubled: 8 by {self.lane}"
        wait_until_runs(self.site, LIMIT)
        self.site.host.wait_for_log(RESUMED, count=self._resumed_before + 1)


def assert_nothing_is_left(site):
    """Nobody is attached, nothing is listed, and no breakpoint stops the next request."""
    site.wait_until_detached()
    state = site.state()
    assert (state["hold"], state["requests"]) == (None, [])
    with site.attached() as client:
        page = site.ask("/stop?n=5").result(DEADLINE)
        assert page.text == f"doubled: 10 by {lane_pid(site)}"
        assert not client.events("stopped")


def visual_studio(site, bridge):
    client = VisualStudio(bridge.stream(), site.engine)
    return client.attach(site.file, [site.line("stop")])


@contextlib.contextmanager
def stopped(pids):
    """Processes that do nothing meanwhile."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
