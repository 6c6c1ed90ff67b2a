"""While requests are held, other visitors are served, and by others."""

import contextlib
import itertools
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.debug_site import DebugSite
from support.front_end import request_on
from support.holding import adapters, lane_pid, requests_of, wait_until_held
from support.waiting import DEADLINE, wait_until

TRUSTING = "server: {trusted_hops: [127.0.0.1]}\n"
RATE, SECONDS, CLIENTS = 200, 10, 20


def start(sites, **more):
    settings = {"yaml": TRUSTING, **more}
    site = DebugSite(sites, app="held", workers=2, channel="tcp", **settings)
    return site, sites.front_end("nginx", site.site)


def test_200_requests_a_second_are_served_by_others(sites):
    site, front = start(sites)
    with site.attached("stop") as client:
        answer = site.ask("/stop?n=4", front=front)
        thread = client.stopped("breakpoint")
        wait_until_held(site)
        pages = visit(front, "/plain", RATE, SECONDS)
        assert len(pages) == RATE * SECONDS
        assert {page.status for page in pages} == {200}
        assert pids_of(pages) <= set(site.host.workers())
        assert lane_pid(site) not in pids_of(pages)
        assert not answer.done()
        assert [r["path"] for r in requests_of(site)] == ["/stop"]
        client.go_on(thread)
        assert answer.result(DEADLINE).text == f"doubled: 8 by {lane_pid(site)}"


def test_nobody_comes_between_two_steps(sites):
    """While a step takes its time the app runs, and is about to be held again."""
    site, front = start(sites)
    with site.attached("walk") as client:
        answer = site.ask("/walk", front=front)
        thread = stopped(client)
        lane = lane_pid(site)
        with crowd(front) as pages:
            step_on(client, thread, 8)
        assert len(pages) > 50 and lane not in pids_of(pages)
        assert [r["path"] for r in requests_of(site)] == ["/walk"]
        client.go_on(thread)
        assert answer.result(DEADLINE).text == f"walked 3 steps in {lane}"
        wait_until(lambda: pids_of([front.get("/plain")]) == {lane}, "requests go to the lane")


def test_nobody_comes_when_a_request_ends_while_another_thread_steps(sites):
    site, front = start(sites)
    with site.attached("wandering") as client:
        lane = lane_pid(site)
        ends = site.ask("/gated/plain", front=front)
        wait_until((site.site.root / "gated.log").exists, "it is in the lane")
        begins = site.ask("/wander", front=front)  # it may be held as well, or be over by then
        thread = stopped(client)
        wait_until(lambda: requests_of(site, "/gated/plain"), "it is held")
        (site.site.root / "gated").touch()
        with crowd(front) as pages:
            step_on(client, thread, 8)
        assert pids_of([ends.result(DEADLINE), begins.result(DEADLINE)]) == {lane}
        assert len(pages) > 50 and lane not in pids_of(pages)
        client.go_on(thread)


def test_nobody_comes_when_another_request_for_the_same_page_ends(sites):
    """... than the one that is stepped through."""
    site, front = start(sites)
    with site.attached() as client:
        lane = lane_pid(site)
        ends = site.ask("/walk?gate=one", front=front)
        wait_until((site.site.root / "one.log").exists, "it is in the lane")
        client.set_breakpoints(site.file, [site.line("walk")])
        answer = site.ask("/walk?pause=2", front=front)
        thread = stopped(client)
        wait_until(lambda: len(requests_of(site, "/walk")) == 2, "both are held")
        (site.site.root / "one").touch()
        client.set_breakpoints(site.file, [])
        with crowd(front) as pages:
            step_on(client, thread, 8)
        assert ends.done() and not answer.done()
        assert lane not in pids_of(pages)
        client.go_on(thread)
        assert answer.result(DEADLINE).text == f"walked 3 steps in {lane}"


def test_nobody_comes_when_a_client_leaves_whose_request_steps(sites):
    site, front = start(sites)
    with site.attached("walk") as client:
        leaves = front.connect()
        leaves.request("GET", "/walk?pause=1.5")
        thread = stopped(client)
        leaves.close()
        wait_until(lambda: requests_of(site) == [], "its client has left")
        with crowd(front) as pages:
            step_on(client, thread, 5)
        assert len(pages) > 50 and lane_pid(site) not in pids_of(pages)
        client.go_on(thread)


@pytest.mark.sanitized
@pytest.mark.parametrize("leave, path, text", [("continue", "/stop", "doubled: 0"),
                                               ("continue", "/sent", "sent"),
                                               ("next", "/stop", "doubled: 0")])
def test_who_is_sent_on_by_what_was_held_stops_as_well(sites, leave, path, text):
    """A client that follows its form's redirect is back before the engine has answered."""
    site, front = start(sites)
    requests = 40
    with site.attached(path[1:]) as client, ThreadPoolExecutor(1) as visitor:
        beside = site.ask("/stream?name=beside", front=front)
        pages = visitor.submit(lambda: [front.get(path) for _ in range(requests)])
        for _ in range(requests):
            thread = stopped(client)
            if leave == "next":  # to the last line, and off the app's end
                step_on(client, thread, 1)
            client.request(leave, threadId=thread)
        assert {page.text for page in pages.result(DEADLINE)} == {f"{text} by {lane_pid(site)}"}
        for number in range(1, 4):
            (site.site.root / f"beside-{number}").touch()
        assert beside.result(DEADLINE).status == 200


def test_nobody_comes_before_it_is_known_that_the_app_goes_on(sites):
    """An engine may take long to let it go on, or never do it."""
    site, front = start(sites)
    with site.attached("stop") as client:
        answer = site.ask("/stop?n=4", front=front)
        thread = stopped(client)
        wait_until_held(site)
        adapter, = adapters(site)
        os.kill(adapter, signal.SIGSTOP)
        try:
            going_on = client.send("continue", threadId=thread)
            pages = visit(front, "/plain", RATE, 2)
            assert len(pages) == 2 * RATE
            assert {page.status for page in pages} == {200}
            assert lane_pid(site) not in pids_of(pages)
            assert not answer.done()
        finally:
            os.kill(adapter, signal.SIGCONT)
        client.result(going_on)
        assert answer.result(DEADLINE).text == f"doubled: 8 by {lane_pid(site)}"


def test_a_lane_without_a_queue_has_room_while_a_thread_is_free(sites):
    site, front = start(sites, yaml="server: {trusted_hops: [127.0.0.1], queue: 0}\n")
    with site.attached("stop"):
        assert pids_of(front.get("/plain") for _ in range(10)) == {lane_pid(site)}


def test_who_finds_no_room_in_the_lane_is_served_by_others(sites):
    """The lane is one process, and busy with another request."""
    room = 8
    yaml = f"server: {{trusted_hops: [127.0.0.1], queue: {room}}}\n"
    site, front = start(sites, threads=1, yaml=yaml)
    with site.attached("stop"):
        lane = lane_pid(site)
        busy = site.ask("/gated/plain", front=front)
        wait_until((site.site.root / "gated.log").exists, "it is in the lane")
        asked = [site.ask("/plain", front=front) for _ in range(room + 1)]
        wait_until(lambda: any(a.done() for a in asked), "one of them finds no room")
        pages = [a.result() for a in asked if a.done()] + [front.get("/plain") for _ in range(10)]
        assert len(pages) == 11 and lane not in pids_of(pages)
        (site.site.root / "gated").touch()
        assert {a.result(DEADLINE).status for a in asked} == {200}
        assert pids_of([busy.result(DEADLINE)]) == {lane}


@pytest.mark.parametrize("route", ["attached", "marked"])
def test_a_marked_request_goes_to_the_lane(sites, route):
    site, front = start(sites, settings={"route": route})
    with site.attached("stop") as client:
        lane = lane_pid(site)
        mark = {"X-Holdfast-Debug": client.stream.answer.mark}
        held = site.ask("/stop?n=4", front=front, **mark)
        thread = client.stopped("breakpoint")
        wait_until_held(site)
        marked = [site.ask("/stop?n=5", front=front, **mark),
                  site.ask("/stop?n=5", "POST", b"body", front,
                           Cookie=f"a=1; holdfast-debug={mark['X-Holdfast-Debug']}")]
        wait_until(lambda: len(requests_of(site, "/stop")) == 3, "both are the lane's")
        assert lane not in pids_of(front.get("/plain") for _ in range(20))
        assert not any(answer.done() for answer in (held, *marked))
        client.set_breakpoints(site.file, [])
        client.go_on(thread)  # and with it all, as engines do
        assert held.result(DEADLINE).text == f"doubled: 8 by {lane}"
        assert {a.result(DEADLINE).text for a in marked} == {f"doubled: 10 by {lane}"}
        assert pids_of([front.get("/plain", **mark)]) == {lane}
        wait_until(lambda: requests_of(site) == [], "nothing is held")
    assert lane_pid(site) == lane


def stopped(client):
    """The thread that stops at a breakpoint; asks for the threads' names as real clients do."""
    thread = client.stopped("breakpoint")
    client.threads()
    return thread


def step_on(client, thread, steps):
    for _ in range(steps):
        client.step("next", thread)
        client.threads()


@contextlib.contextmanager
def crowd(front):
    """Visitors that ask for `/plain` without end. Gives the list of their Pages."""
    pages, over = [], threading.Event()

    def ask():
        while not over.is_set():
            pages.append(front.get("/plain"))

    with ThreadPoolExecutor(4) as visitors:
        asking = [visitors.submit(ask) for _ in range(4)]
        try:
            yield pages
        finally:
            over.set()
        for one in asking:
            one.result(DEADLINE)


def visit(front, target, rate, seconds):
    """The Pages of so many requests a second, each asked for when its time has come."""
    pages, numbers, began = [], itertools.count(), time.monotonic()
    pages_lock = threading.Lock()

    def client():
        connection = front.connect()
        for number in iter(lambda: next(numbers), None):
            if number >= rate * seconds:
                break
            time.sleep(max(0, began + number / rate - time.monotonic()))
            page = request_on(connection, "GET", target)
            with pages_lock:
                pages.append(page)
        connection.close()

    with ThreadPoolExecutor(CLIENTS) as clients:
        for done in [clients.submit(client) for _ in range(CLIENTS)]:
            done.result(DEADLINE)
    assert time.monotonic() - began < 3 * seconds, "it is not served at that rate"
    return pages


def pids_of(pages):
    """Who has answered `/plain`."""
    return {int(page.text.split()[1]) for page in pages}
