"""Sessions that end soon, follow each other closely, or find an engine that does not answer."""

import os
import signal
import time

import pytest

from support import proc
from support.dap_client import DapClient, frame
from support.debug_site import DebugSite
from support.engines import KINDS
from support.waiting import DEADLINE, wait_until

#: More than debugpy's adapter survives, if its connections end at once.
MANY = 8
#: Seconds for which the host waits for a client's close frame.
CLOSING = 3


@pytest.fixture(scope="module", params=KINDS, ids=str)
def site(request, module_sites):
    return DebugSite(module_sites, request.param, channel="tcp")


def message(seq, command, **arguments):
    return frame({"seq": seq, "type": "request", "command": command, "arguments": arguments})


SAYINGS = {
    "nothing": b"",
    "disconnect": message(1, "disconnect"),
    "initialize": message(1, "initialize", adapterID="x"),
    "both": message(1, "initialize", adapterID="x") + message(2, "disconnect"),
}


@pytest.mark.parametrize("said", SAYINGS)
def test_the_engine_survives_those_who_leave_at_once(site, said):
    site.wait_for_engine()
    pids = set(site.host.all_pids())
    for _ in range(MANY):
        stream = site.connect()
        if SAYINGS[said]:
            stream.send(SAYINGS[said])
        stream.send_close()
        stream.drop()
        site.wait_until_detached()
    with site.attached("app") as client:
        answer = site.ask("/stop?5")
        client.go_on(client.stopped("breakpoint"))
        assert answer.result(DEADLINE).text == "doubled: 10 one"
    assert set(site.host.all_pids()) == pids, "the lane was replaced"


def test_a_takeover_does_not_wait_for_the_one_before(site):
    """It reads, but does not answer the close frame."""
    site.wait_for_engine()
    first = site.attach("app")
    answer = site.ask("/stop?4")
    first.stopped("breakpoint")
    first.stream.answers_close = False
    began = time.monotonic()
    stream = site.connect("?takeover=1")
    assert time.monotonic() - began < CLOSING, "it has waited for the first one's close frame"
    second = DapClient(stream).attach(site.breakpoints("app"))
    assert answer.result(DEADLINE).text == "doubled: 8 one"
    first.close()
    second.disconnect()
    second.close()
    site.wait_until_detached()


def test_an_engine_that_does_not_answer_is_replaced(sites):
    site = DebugSite(sites, channel="tcp")
    site.wait_for_engine()
    adapter = [pid for pid in site.host.all_pids() if "debugpy/adapter" in proc.command_line(pid)]
    for pid in adapter:
        os.kill(pid, signal.SIGSTOP)
    assert adapter
    stream = site.connect()
    stream.send(SAYINGS["initialize"])
    closed = stream.read_close()
    assert closed.close_code == 1011
    assert "does not answer" in closed.close_reason
    stream.drop()
    wait_until(lambda: site.state()["session"] is None, "it has ended")
    with site.attached("app"):
        pass


@pytest.mark.parametrize("held", [False, True], ids=["attached", "held"])
@pytest.mark.parametrize("engine", KINDS, ids=str)
def test_the_host_ends_while_a_debugger_is_attached(sites, engine, held):
    """... that reads, but does not answer the close frame."""
    site = DebugSite(sites, engine, channel="tcp")
    client = site.attach("app")
    client.stream.answers_close = False
    if held:
        site.ask("/stop?4")
        client.stopped("breakpoint")
    site.host.process.send_signal(signal.SIGTERM)
    assert site.host.wait_exit() == 0
    client.wait_for_end()
    client.close()


def test_the_host_ends_before_the_debugger_has_spoken(sites):
    site = DebugSite(sites, channel="tcp")
    site.wait_for_engine()
    stream = site.connect()
    site.host.process.send_signal(signal.SIGTERM)
    assert site.host.wait_exit() == 0
    stream.drop()
