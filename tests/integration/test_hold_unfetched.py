"""Answers that nobody fetches: the app of a large one waits, and one that is forgotten expires."""

import time

import pytest

from apps import held
from support import proc
from support.debug_site import DebugSite
from support.engines import DEBUGPY
from support.fake_clock import FakeClock
from support.holding import (Followers, assert_leads_away, lane_pid, requests_of,
                             wait_until_held)
from support.paths import MEMORY_LIMIT
from support.waiting import DEADLINE, wait_until

TRUSTING = "server: {trusted_hops: [127.0.0.1]}\n"
TOLD = 2  #: seconds that the web servers wait, as they tell the host
LIMIT = 6  #: ... and as they do, for machines that are late
KEPT = 256  #: MiB of an answer that nobody fetches
FLOOD = 300


@pytest.fixture
def held_site(sites):
    def start(**more):
        site = DebugSite(sites, app="held", channel="tcp", front="nginx", yaml=TRUSTING,
                         front_options={"limit": LIMIT, "told": TOLD}, **more)
        return site, Followers()

    return start


def hold_and_leave(site, followers, mark, target):
    """Returns (Follower, Future of its last Page): it was sent away and does not come, though the
    debugger has let the request go and has left."""
    with site.attached(mark) as client:
        follower, answer = followers.ask(site.front, target)
        client.top(thread := client.stopped("breakpoint"))
        wait_until_held(site)
        follower.pause()
        client.go_on(thread)
    return follower, answer


def test_the_app_waits_while_its_answer_is_too_large(held_site):
    site, followers = held_site()
    follower, answer = hold_and_leave(site, followers, "flood", f"/flood?mib={FLOOD}")
    written = site.site.root / "flood.log"
    wait_until(lambda: count_in(written) >= KEPT, "the app has filled what is kept of it")
    time.sleep(1)  # for what must not happen
    assert count_in(written) < FLOOD - 10
    follower.go_on()
    body = answer.result(2 * DEADLINE).body
    assert len(body) == FLOOD << 20
    for number in range(FLOOD):
        assert body[number << 20:(number + 1) << 20] == held.flood_piece(number), number
    wait_until(lambda: requests_of(site) == [], "nothing waits")
    assert proc.highest_memory(site.host.pid) < MEMORY_LIMIT


def test_no_room_for_an_answer_ends_that_answer(held_site, small_disk):
    site, followers = held_site(environment={"TMPDIR": str(small_disk)})
    site.wait_for_engine()
    lane = lane_pid(site)
    with site.attached("flood") as client:
        follower, answer = followers.ask(site.front, "/flood?mib=4")
        client.top(thread := client.stopped("breakpoint"))
        wait_until_held(site)
        follower.pause()
        client.go_on(thread)
        site.host.wait_for_log("its answer cannot be kept: there is .*")
        client.set_breakpoints(site.file, [])
        assert requests_of(site) == [] and lane_pid(site) == lane
        follower.go_on()
        assert len(answer.result(DEADLINE).body) == 4 << 20, "asked anew, as it was safe"


def count_in(file):
    text = file.read_text() if file.exists() else ""
    return int(text) if text.endswith("\n") else 0


def test_an_answer_that_nobody_comes_for_expires(held_site, tmp_path):
    """After 5 min, which pass at once here."""
    clock = FakeClock(tmp_path, DEBUGPY.interpreter, monotonic=True)
    site, followers = held_site(python=clock.python, environment=clock.environment)
    follower, answer = hold_and_leave(site, followers, "stop", "/stop?n=4")
    [request] = wait_until(lambda: [r for r in requests_of(site) if r["answered"]],
                           "the app has answered")
    assert not request["waited_for"]
    clock.set("+4m")
    assert len(requests_of(site)) == 1
    clock.set("+6m")
    wait_until(lambda: requests_of(site) == [], "it is given up")
    site.host.wait_for_log("nobody has come for its answer for 5 min: it is given up")
    assert_leads_away(site.get(follower.next_target), follower.next_target)
    follower.go_on()
    assert answer.result(DEADLINE).text.startswith("doubled: 8"), "asked anew, as it was safe"
