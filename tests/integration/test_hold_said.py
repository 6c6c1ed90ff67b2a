"""What the log says of requests that are held; and those that merely take long."""

import contextlib
import re
import time

import pytest

from support.debug_site import DebugSite
from support.engines import KINDS
from support.holding import Followers, lane_pid, requests_of, wait_until_held
from support.waiting import DEADLINE, wait_until

TRUSTING = "server: {trusted_hops: [127.0.0.1]}\n"
LIMIT = 5  #: seconds, of a web server that tells it
TOKEN = r"[0-9a-f]{32}\.\d"


@contextlib.contextmanager
def held(sites, mark, target, kind, **more):
    """Yields (site, front, what a client has got so far, Future of the Page)"""
    site = DebugSite(sites, app="held", channel="tcp", yaml=TRUSTING)
    front = sites.front_end(kind, site.site, limit=LIMIT, **more)
    with site.attached(mark) as client:
        follower, answer = Followers().ask(front, target)
        thread = client.stopped("breakpoint")
        client.top(thread)
        wait_until_held(site)
        yield site, front, follower, answer
        client.go_on(thread)
        with contextlib.suppress(Exception):  # some are lost, which is not the point
            answer.result(DEADLINE)
    assert not re.search(TOKEN, site.host.log)


def test_an_answer_that_had_begun_cannot_be_kept(sites):
    """Said before its web server gives up."""
    with held(sites, "begun", "/begun?n=1", "nginx", streaming=True) as (site, _, _, answer):
        line = site.host.wait_for_log(r"WARN.*request \S+ \(GET /begun\b.*").string
        assert not answer.done(), "too late"
        assert "nginx" in line and f"{LIMIT} s" in line and "holdfast generate nginx" in line


def test_a_client_may_follow_no_redirect(sites):
    """Said as soon as it would have to."""
    with held(sites, "stop", "/stop?n=4", "lighttpd") as (site, _, follower, answer):
        line = site.host.wait_for_log(
            r"request \S+ \(GET /stop\b.*redirect.*holdfast generate lighttpd").string
        assert not answer.done() and len(follower.redirects) <= 1, line


def test_apache_is_kept_by_what_it_does_not_log(sites):
    """12 s behind a limit of 5."""
    with held(sites, "stop", "/stop?n=4", "apache") as (site, front, follower, answer):
        before = front.error_log
        time.sleep(12)
        assert [r["keeper"] for r in requests_of(site)] == ["pad"]
        assert not answer.done() and not follower.redirects
    assert answer.result(0).text == f"doubled: 8 by {lane_pid(site)}"
    assert not follower.redirects
    said = front.error_log.removeprefix(before)
    assert "proxy_fcgi" not in said and "timeout" not in said, said


@pytest.mark.parametrize("engine", KINDS, ids=str)
def test_nobody_keeps_what_is_merely_slow(sites, engine):
    """It has its 504 at its own time, past the limit of which the web server tells; and the
    session goes on."""
    site = DebugSite(sites, engine, app="held", channel="tcp",
                     yaml="server: {trusted_hops: [127.0.0.1], request_timeout: 3s}\n")
    front = sites.nginx(site.site, location=" fastcgi_param HOLDFAST_PATIENCE 2;")
    with site.attached("stop") as client:
        lane = lane_pid(site)
        follower, answer = Followers().ask(front, "/slow")
        page = answer.result(DEADLINE)
        assert page.status == 504
        assert re.search(r"[0-9a-f]+-[0-9a-f]{6}", page.text), "the host's own page"
        assert not follower.redirects
        assert requests_of(site) == [] and site.state()["hold"] is None
        assert client.threads()
        answer = site.ask("/stop?n=4")
        client.go_on(client.stopped("breakpoint"))
        assert answer.result(DEADLINE).text == f"doubled: 8 by {lane}"
