"""A debugger whose stream the host cannot follow: then anything may be held, at any time, and time
stands still for the lane as long as it is there."""

import time

import pytest

from support.dap_client import frame
from support.debug_site import DebugSite
from support.holding import requests_of
from support.waiting import DEADLINE, wait_until

SHORT = 2  #: of server.request_timeout, in seconds
YAML = f"server: {{request_timeout: {SHORT}s, trusted_hops: [127.0.0.1]}}\n"
#: The host cannot read it; debugpy does not mind.
STRANGE = {"seq": "nine", "type": "request", "command": "threads"}


@pytest.fixture
def site(sites):
    return DebugSite(sites, app="held", channel="tcp", yaml=YAML)


def make_blind(site, client):
    client.stream.send(frame(STRANGE))
    wait_until(lambda: (site.state()["hold"] or {}).get("state") == "unknown", "it is known so")


def test_time_stands_still_for_the_whole_session(site):
    with site.attached("stop") as client:
        make_blind(site, client)
        answer = site.ask("/stop?n=4")
        thread = client.stopped("breakpoint")
        time.sleep(2 * SHORT)
        assert [r["path"] for r in requests_of(site)] == ["/stop"]
        client.go_on(thread)
        assert answer.result(DEADLINE).text.startswith("doubled: 8")
        slow = site.ask("/slow")
        time.sleep(2 * SHORT)
        assert not slow.done(), "it may be held, for all that is known"
    assert slow.result(DEADLINE).status == 504, "its time goes on"
    assert site.state()["hold"] is None


def test_max_hold_ends_it(sites):
    site = DebugSite(sites, app="held", channel="tcp", yaml=YAML, settings={"max_hold": "3s"})
    client = site.attach("stop")
    try:
        make_blind(site, client)
        answer = site.ask("/stop?n=4")
        client.stopped("breakpoint")
        assert answer.result(DEADLINE).text.startswith("doubled: 8"), "it was let go"
        site.wait_until_detached()
    finally:
        client.close()
