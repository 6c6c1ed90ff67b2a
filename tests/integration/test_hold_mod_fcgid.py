"""A debugger holds requests behind Apache's mod_fcgid, which starts the host itself, lets a request
take FcgidBusyTimeout and no longer, and has no other process to give to."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import proc
from support.askers import Answer, by_curl
from support.held_cases import SENT, Case, assert_true
from support.mod_fcgid import ModFcgidSite
from support.waiting import DEADLINE

LIMIT = 5
CASES = (Case("get", "/answer"), Case("post", "/answer", "POST", SENT),
         Case("stream", "/stream"), Case("head", "/answer", "HEAD"))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = ModFcgidSite(tmp_path_factory.mktemp("fcgid"), "held_at_once", LIMIT)
    try:
        site.front.get("/pid")  # the first request starts the host
        site.host.wait_for_log("WARN .*debugging needs FcgidMaxProcesses 1")
        yield site
        site.stop()
    finally:
        site.clean_up()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_local_redirects_keep_it_patient(site, case):
    """A client that follows no redirect has its answer when the hold is twice as long as the
    limit."""
    with site.attached("held") as client:
        asked = case.ask(of=1, work=1, meeting=case.name)
        answer = site.ask(asked.target, case.method, asked.body or None)
        thread = client.stopped("breakpoint")
        client.top(thread)
        time.sleep(2 * LIMIT)
        [request] = site.state()["requests"]
        assert (request["front_end"], request["keeper"]) == ("mod_fcgid", "hop")
        assert request["hand_offs"] >= 2
        client.go_on(thread)
        assert_true(case, answer_of(answer.result(DEADLINE)))
    assert_nobody_was_ended(site)


def test_after_some_the_client_is_redirected(site):
    case = Case("many-curl", "/answer")
    with ThreadPoolExecutor(1) as pool, site.attached("held") as client:
        answer = pool.submit(by_curl, site.front, case.ask(of=1, work=0, meeting="many"))
        thread = client.stopped("breakpoint")
        client.top(thread)
        time.sleep(5 * LIMIT)
        client.go_on(thread)
        assert_true(case, answer.result(DEADLINE))
        assert answer.result().redirects == 1
    assert_nobody_was_ended(site)


def assert_nobody_was_ended(site):
    """The worker and the lane are the first ones still."""
    for name in ("worker", "debug lane"):
        [ready] = site.host.log_matches(rf"\b{name} (\d+): ready")
        assert proc.is_alive(int(ready[1]))


def answer_of(page):
    headers = tuple((name.lower(), value) for name, value in page.headers.items())
    return Answer(page.status, headers, page.body, 0)
