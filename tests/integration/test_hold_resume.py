"""Time stands still for what is held; and what is held goes on whatever becomes of the engine, the
lane or the host."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import proc
from support.debug_site import DebugSite
from support.engines import ENDS, KINDS
from support.holding import Follower, adapters, wait_until_held
from support.paths import SANITIZED
from support.waiting import DEADLINE, wait_until

#: Seconds in which a request goes on when its debugger is lost.
LIMIT = 5 * (3 if SANITIZED else 1)
#: Of server.request_timeout, in seconds.
SHORT = 2
SHORT_YAML = f"server: {{request_timeout: {SHORT}s, trusted_hops: [127.0.0.1]}}\n"


@pytest.fixture(scope="module")
def sites_of(module_sites):
    """Starts sites, each with another engine, side by side."""
    def start(engines, **more):
        with ThreadPoolExecutor(len(engines)) as threads:
            sites = list(threads.map(lambda engine: DebugSite(module_sites, engine, **more),
                                     engines))
        return dict(zip(map(str, engines), sites))
    return start


class Held:
    """A request at the breakpoint `work`, of which the host knows."""

    def __init__(self, site, seconds=0.0):
        self.site = site
        self.client = site.attach("work")
        self.answer = site.ask(f"/work?{seconds}")
        self.thread = self.client.stopped("breakpoint")
        self.lane = int(self.client.evaluate("os.getpid()", self.client.top(self.thread)["id"]))
        site.host.wait_for_log(rf"held: \S*debuggee\.py:{site.line('work')} in work\b")
        self.since = time.monotonic()

    def wait(self, seconds):
        """Until it has been held for so long."""
        time.sleep(max(0.0, self.since + seconds - time.monotonic()))
        assert not self.answer.done(), self.answer.result()
        return self

    def go_on(self):
        self.resumed = time.monotonic()
        self.client.go_on(self.thread)


# -- time ------------------------------------------------------------------

def test_time_stands_still(sites_of):
    """The limit is 2 s. Held for 6 s, the app may work for up to 5 s more, and no longer."""
    sites = [*sites_of(KINDS, yaml=SHORT_YAML, channel="tcp").values(),
             *sites_of(KINDS, yaml=SHORT_YAML, channel="tcp").values()]
    half = len(sites) // 2
    with ThreadPoolExecutor(len(sites)) as threads:
        brief = [threads.submit(Held, site, 3) for site in sites[:half]]
        endless = [threads.submit(Held, site, 600) for site in sites[half:]]
        all_held = [held.result() for held in (*brief, *endless)]
    for held in all_held:
        held.wait(3 * SHORT).go_on()
    for held in all_held[:half]:
        page = held.answer.result(DEADLINE)
        assert (page.status, page.text) == (200, f"worked in {held.lane}")
    for held in all_held[half:]:
        assert held.answer.result(DEADLINE).status == 504
        held.site.host.wait_for_log("within 2 s. The time in which a debugger held it does not")
        assert time.monotonic() - held.resumed > 5
    for held in all_held:
        assert_same_lane(held)
        held.client.disconnect()
        held.client.close()


def test_merely_slow_is_too_slow(sites_of):
    """... with a debugger attached as without one; but then its session survives."""
    for site in sites_of(KINDS, yaml=SHORT_YAML, channel="tcp").values():
        with site.attached("app") as client:
            page = site.ask("/work?600").result(DEADLINE)
            assert page.status == 504
            site.host.wait_for_log(r"debug lane \d+: what its threads were doing when")
            site.host.wait_for_log(r"\| +time\.sleep\(seconds\)|in work\b")
            answer = site.ask("/stop?4")
            client.go_on(client.stopped("breakpoint"))
            assert answer.result(DEADLINE).text == "doubled: 8 one"
        assert len(site.host.log_matches(r"debug lane \d+: ready")) == 1


def assert_same_lane(held):
    answer = held.site.ask("/work?0")
    held.client.go_on(held.client.stopped("breakpoint"))
    assert answer.result(DEADLINE).text == f"worked in {held.lane}"


# -- an engine that does not answer ----------------------------------------

@pytest.mark.parametrize("engine", [e for e in ENDS if e.name == "debugpy"], ids=str)
def test_a_frozen_adapter_holds_nobody(sites, engine):
    site = DebugSite(sites, engine, channel="tcp", yaml="server: {trusted_hops: [127.0.0.1]}\n")
    held = Held(site)
    adapter, = adapters(site)
    os.kill(adapter, signal.SIGSTOP)
    held.client.stream.drop()
    lost = time.monotonic()
    assert held.answer.result(DEADLINE).text == f"worked in {held.lane}"
    assert time.monotonic() - lost < LIMIT
    proc.wait_gone([adapter], "the adapter is gone")
    assert_attaches_to_another_lane(held)


def assert_attaches_to_another_lane(held):
    site = held.site
    held.client.close()
    site.wait_until_detached()
    wait_until(lambda: len(site.host.log_matches(r"debug lane \d+: ready")) > 1, "another lane")
    with site.attached("app") as client:
        answer = site.ask("/stop?5")
        thread = client.stopped("breakpoint")
        assert int(client.evaluate("os.getpid()", client.top(thread)["id"])) != held.lane
        client.go_on(thread)
        assert answer.result(DEADLINE).text == "doubled: 10 one"
    wait_until(lambda: len(adapters(site)) <= 1, "no adapter is left over")


# -- the lane and the host -------------------------------------------------

@pytest.mark.parametrize("engine", KINDS, ids=str)
def test_the_lane_is_killed(sites, engine):
    site = DebugSite(sites, engine, channel="tcp", yaml=SHORT_YAML)
    held = Held(site)
    slow = site.ask("/work?600")  # an ordinary worker's
    os.kill(held.lane, signal.SIGKILL)
    assert held.answer.result(DEADLINE).status == 502
    assert slow.result(DEADLINE).status == 504
    assert_attaches_to_another_lane(held)


@pytest.mark.parametrize("engine", KINDS, ids=str)
def test_the_host_stops(sites, engine):
    site = DebugSite(sites, engine, channel="tcp", yaml="server: {trusted_hops: [127.0.0.1]}\n")
    held = Held(site, 1)
    site.host.process.send_signal(signal.SIGTERM)
    assert held.answer.result(DEADLINE).text == f"worked in {held.lane}"
    held.client.wait_for_end()
    assert site.host.wait_exit() == 0
    held.client.close()


def test_the_host_stops_while_a_client_has_to_come_back(sites):
    """The web server gives up sooner than the app is ready: the host listens until then."""
    site = DebugSite(sites, channel="tcp", yaml="server: {trusted_hops: [127.0.0.1]}\n")
    limited = sites.front_end("lighttpd", site.site, limit=4)
    client = site.attach("work")
    follower = Follower(limited, "/work?6")
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(follower.run)
        client.stopped("breakpoint")
        wait_until_held(site)
        site.host.process.send_signal(signal.SIGTERM)
        page = answer.result(DEADLINE)
    assert page.status == 200 and page.text.startswith("worked in "), page
    assert len(follower.redirects) >= 1
    assert site.host.log_matches("they are delivered first")
    assert site.host.wait_exit() == 0
    client.close()


def test_the_host_stops_although_an_adapter_is_frozen(sites):
    site = DebugSite(sites, channel="tcp", yaml="server: {trusted_hops: [127.0.0.1]}\n")
    held = Held(site)
    adapter, = adapters(site)
    os.kill(adapter, signal.SIGSTOP)
    site.host.process.send_signal(signal.SIGTERM)
    assert held.answer.result(DEADLINE).text == f"worked in {held.lane}"
    assert site.host.wait_exit() == 0
    proc.wait_gone([adapter], "the adapter is gone")
    held.client.close()


# -- reloads ---------------------------------------------------------------

def test_a_reload_waits(sites):
    """For changed files as a whole; at SIGHUP only that of the lane."""
    site = DebugSite(sites, channel="tcp", yaml="server: {trusted_hops: [127.0.0.1]}\n")
    held = Held(site)
    ordinary = site.host.workers()
    site.file.touch()
    site.host.wait_for_log(rf"reload: debuggee\.py changed: waits until the breakpoint at "
                           rf"\S*debuggee\.py:{site.line('work')} is let go; SIGHUP")
    assert site.get("/plain").status == 200 and site.host.workers() == ordinary
    site.host.process.send_signal(signal.SIGHUP)
    site.host.wait_for_log("reload: the debug lane waits")
    site.host.wait_for_log("reload: the new code serves now")
    site.file.touch()
    site.host.wait_for_log("changed: waits until the breakpoint", count=2)
    assert not held.client.events("terminated")
    held.go_on()
    assert held.answer.result(DEADLINE).text == f"worked in {held.lane}"
    assert held.client.event("terminated") == {"restart": True}
    site.host.wait_for_log(r"reload: debuggee\.py changed$")
    assert_attaches_to_another_lane(held)


def test_another_secret_ends_a_hold_at_once(sites):
    site = DebugSite(sites, channel="tcp", environment={"WSGI_PTVSD_SECRET": ""},
                     yaml="server: {trusted_hops: [127.0.0.1]}\n",
                     settings={"secret": "Xq7-secret-of-the-tests-9fT2"})
    held = Held(site)
    settings = site.site.root / "holdfast.yaml"
    settings.write_text(settings.read_text().replace("secret: Xq7", "secret: another-Xq7"))
    site.host.process.send_signal(signal.SIGHUP)
    assert held.answer.result(LIMIT).text == f"worked in {held.lane}"
    held.client.wait_for_end()
    held.client.close()
