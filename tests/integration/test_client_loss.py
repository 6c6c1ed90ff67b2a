"""Debuggers that are lost while they hold a request: the app goes on, the next one attaches."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from support import proc
from support.dap_client import frame
from support.debug_site import SECRET, DebugSite
from support.engines import KINDS
from support.paths import SANITIZED, TESTS
from support.waiting import DEADLINE, wait_until
from support.web_socket import BINARY, encode

#: Seconds that a request may go on being held when its debugger is lost.
LIMIT = 5 * (3 if SANITIZED else 1)
#: ... when it falls silent.
SILENCE = 65


@pytest.fixture(scope="module", params=KINDS, ids=str)
def site(request, module_sites):
    return DebugSite(module_sites, request.param, channel="tcp",
                     yaml="server: {trusted_hops: [127.0.0.1]}\n")


# -- ways to be lost -------------------------------------------------------

def reset(client, thread):
    client.stream.reset()


def reset_with_much_under_way(client, thread):
    for _ in range(50):
        client.send("stackTrace", threadId=thread)
    client.stream.reset()


def drop(client, thread):
    client.stream.drop()


def half_close(client, thread):
    client.stream.half_close()


def within_a_message(client, thread):
    client.stream.send(frame({"seq": 999, "type": "request", "command": "continue",
                              "arguments": {"threadId": thread}})[:-9])
    client.stream.drop()


def within_a_frame(client, thread):
    client.stream.send_raw(encode(BINARY, b"Content-Length: 100", length=100)[:9])
    client.stream.drop()


def close_without_a_goodbye(client, thread):
    client.stream.send_close(1001)


WAYS = (reset, reset_with_much_under_way, drop, half_close, within_a_message, within_a_frame,
        close_without_a_goodbye)


@pytest.mark.sanitized
@pytest.mark.parametrize("lose", WAYS, ids=lambda way: way.__name__)
def test_a_lost_client_is_as_good_as_detached(site, lose):
    site.wait_for_engine()
    before = site.descriptors()
    client = site.attach("app")
    answer = site.ask("/stop?4")
    lose(client, client.stopped("breakpoint"))
    assert_goes_on(site, answer)
    client.close()
    assert_attaches_anew(site)
    wait_until(lambda: site.descriptors() <= before, "descriptors are given back")


CLIENT = """
import sys, time
sys.path.insert(0, {tests!r})
from support.dap_client import DapClient
from support.web_socket import WebSocket, bearer
stream = WebSocket.connect(("127.0.0.1", {port}), "/ptvsd", bearer({secret!r}), ca={ca!r})
client = DapClient(stream).attach([({file!r}, [{line}])])
print("attached", flush=True)
client.stopped("breakpoint")
print("stopped", flush=True)
time.sleep(600)
"""


def test_a_client_is_killed(site):
    """Behind the web server."""
    site.wait_for_engine()
    text = CLIENT.format(tests=str(TESTS), port=site.front.port, secret=SECRET,
                         ca=str(site.tls.ca), file=str(site.file), line=site.line("app"))
    with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE) as client:
        try:
            assert client.stdout.readline() == b"attached\n"
            answer = site.ask("/stop?4")
            assert client.stdout.readline() == b"stopped\n"
        finally:
            client.kill()
        assert_goes_on(site, answer)
    assert_attaches_anew(site)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_silence(sites):
    """A proxy on the way is stopped: nothing comes, and nothing says so. Meanwhile a client that
    does nothing but answer pings stays."""
    kept = DebugSite(sites, channel="tcp").attach()
    lost = []
    for engine in KINDS:
        site = DebugSite(sites, engine)
        client = site.attach("app")
        answer = site.ask("/stop?4", front=sites.front_end("nginx", site.site))
        client.stopped("breakpoint")
        lost.append((site, client, answer))
    began = time.monotonic()
    with stopped([site.front for site, *_ in lost]):
        for _, _, answer in lost:
            assert answer.result(SILENCE + began - time.monotonic()).text == "doubled: 8 one"
    for site, client, _ in lost:
        client.wait_for_end()
        client.close()
        assert_attaches_anew(site)
    assert kept.stream.pings >= 2 and kept.threads()
    kept.disconnect()


@contextlib.contextmanager
def stopped(fronts):
    """Web servers whose processes do nothing meanwhile."""
    pids = [pid for front in fronts
            for pid in (front.process.pid, *proc.descendants(front.process.pid))]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


# -- what must hold afterwards ---------------------------------------------

def assert_goes_on(site, answer):
    assert answer.result(LIMIT).text == "doubled: 8 one"
    site.wait_until_detached()
    assert_idle(site)


def assert_idle(site):
    """No process of the site spins."""
    pids = site.host.all_pids()
    before, began = cpu_seconds(pids), time.monotonic()
    time.sleep(0.5)
    used = cpu_seconds(pids) - before
    assert used < 0.5 * (time.monotonic() - began), f"{used} s of CPU time while nothing is to do"


def cpu_seconds(pids):
    return sum(proc.cpu_seconds(pid) for pid in pids)


def assert_attaches_anew(site):
    with site.attached("app") as client:
        answer = site.ask("/stop?5")
        client.go_on(client.stopped("breakpoint"))
        assert answer.result(DEADLINE).text == "doubled: 10 one"
