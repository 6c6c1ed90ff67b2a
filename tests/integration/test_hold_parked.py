"""Answers that wait for those who were sent away meanwhile: each gets its own, whole, once.

One hold is the stage of all cases. Each is a generator: up to its first `yield` it asks, up to the
second one the app is held, and then it goes on.
"""

import re
import threading
from concurrent.futures import wait

import pytest

from support.debug_site import DebugSite
from support.holding import (TOKEN, Followers, assert_leads_away, lane_pid, requests_of,
                             resolve, token_of, wait_until_held)
from support.waiting import DEADLINE, wait_until

pytestmark = pytest.mark.sanitized

TRUSTING = "server: {trusted_hops: [127.0.0.1]}\n"
TOLD = 2  #: seconds that the web servers wait, as they tell the host
LIMIT = 6  #: ... and as they do, for machines that are late
BODY = bytes(range(256)) * 1200
MADE = b"POST " + BODY
ASKED = 22  #: requests of all cases together


class Stage:
    """What all cases share."""

    def __init__(self, sites):
        self.site = DebugSite(sites, app="held", threads=48, channel="tcp", yaml=TRUSTING + "log: {requests: true}\n")
        self.lighttpd = sites.front_end("lighttpd", self.site.site, limit=LIMIT, told=TOLD, streaming=True)
        self.nginx = sites.front_end("nginx", self.site.site, limit=LIMIT, told=TOLD)
        self.followers = Followers(96)
        self.followed = []
        self.before = 0
        self.acted = 0  #: cases that have done what they do while the app is held
        self.is_held, self.goes_on = threading.Event(), threading.Event()
        self._lock = threading.Lock()

    def ask(self, target, method="GET", body=None, front=None, **headers):
        """A request to the lane. Returns (Follower, Future of the last Page)"""
        follower, answer = self.followers.ask(front or self.lighttpd, "/gated" + target, method,
                                              body, **headers)
        self.followed.append(follower)
        return follower, answer

    def row(self, path):
        (row,) = requests_of(self.site, "/gated" + path)
        return row

    def play(self, cases):
        """Returns case -> Future of its end"""
        self.site.wait_for_engine()
        self.before = self.site.descriptors()
        with self.site.attached("stop") as client:
            ends = {case: self.followers.threads.submit(self._play, case) for case in cases}
            wait_until(lambda: len(self.followed) == ASKED, "all have asked")
            wait_until(self._all_are_in_the_app, "all are in the app")
            answer = self.site.ask("/stop?n=4")
            thread = client.stopped("breakpoint")
            wait_until_held(self.site)
            self.site.site.touch("gated")
            self.is_held.set()
            wait_until(lambda: self.acted == len(cases), "all have acted", 2 * DEADLINE)
            client.go_on(thread)
            self.goes_on.set()
            answer.result(DEADLINE)
            wait(ends.values(), 2 * DEADLINE)
        for follower in self.followed:
            follower.abandon()
        return ends

    def _all_are_in_the_app(self):
        log = self.site.site.root / "gated.log"
        return log.exists() and log.read_text().count("\n") == ASKED

    def _play(self, case):
        play = case(self)
        try:
            next(play)
            self.is_held.wait()
            next(play)
        finally:
            with self._lock:
                self.acted += 1
        self.goes_on.wait()
        next(play, None)


# -- the way ---------------------------------------------------------------

def a_redirect_adds_nothing_but_a_token(stage):
    query = "n=4&x=%20a+b&&y&z=%C3%A4/?"
    follower, answer = stage.ask(f"/plain/query?{query}")
    yield
    follower.wait_for(3)
    yield
    assert answer.result(DEADLINE).text == f"plain {lane_pid(stage.site)}"
    for page in follower.redirects:
        assert page.status == 303
        assert page.headers["Cache-Control"] == "no-store"
        assert re.fullmatch(re.escape(f"?{query}&{TOKEN}=") + r"[0-9a-f]{32}\.\d+",
                            page.headers["Location"])


def a_redirect_where_there_was_no_query(stage):
    follower, answer = stage.ask("/plain/bare")
    yield
    follower.wait_for(2)
    yield
    assert answer.result(DEADLINE).text == f"plain {lane_pid(stage.site)}"
    for page in follower.redirects:
        assert re.fullmatch(rf"\?{TOKEN}=[0-9a-f]{{32}}\.\d+", page.headers["Location"])


def nginx_hops_three_times_before_it_sends_a_client_away(stage):
    follower, answer = stage.ask("/plain/hops?a", front=stage.nginx)
    yield
    follower.wait_for(1)
    assert stage.row("/plain/hops")["hand_offs"] >= 4
    yield
    assert answer.result(DEADLINE).text == f"plain {lane_pid(stage.site)}"
    assert follower.redirects[0].status == 303


def a_long_query_behind_nginx(stage):
    """Its buffer for an answer's head has 4 KiB."""
    follower, answer = stage.ask(f"/plain/long?x={'y' * 3000}", front=stage.nginx)
    yield
    follower.wait_for(1)
    yield
    assert answer.result(DEADLINE).text == f"plain {lane_pid(stage.site)}"


def odd_paths_behind_nginx(stage):
    asked = [stage.ask(target, front=stage.nginx) for target in (
        "/plain/a%20b%2Fc", "//plain//x", "/plain/%3Fx%23y?%3F%23", "/x/../plain/climbs",
        "/plain/%C3%A4%25/a+b;c=1")]
    yield
    for follower, _ in asked:
        follower.wait_for(1)
    yield
    for _, answer in asked:
        assert answer.result(DEADLINE).text == f"plain {lane_pid(stage.site)}"


def a_script_of_another_origin_may_follow_and_the_app_says_whether_it_may_read(stage):
    origin = {"Origin": "https://other.example"}
    follower, answer = stage.ask("/cors", **origin)
    stranger, strange = stage.ask("/plain", Origin="https://stranger.example")
    yield
    follower.wait_for(2)
    asked = stage.lighttpd.request(
        "OPTIONS", follower.targets[-1],
        headers={**origin, "Access-Control-Request-Method": "GET",
                 "Access-Control-Request-Headers": "authorization"})
    assert (asked.status, asked.headers["Access-Control-Allow-Headers"]) == (204, "authorization")
    yield
    page = answer.result(DEADLINE)
    assert page.text == "for https://other.example"
    assert page.headers["Access-Control-Allow-Origin"] == "https://other.example"
    for who, came_from in ((follower, "other"), (stranger, "stranger")):
        for page in who.redirects:
            assert page.headers["Access-Control-Allow-Origin"] == f"https://{came_from}.example"
            assert page.headers["Access-Control-Allow-Credentials"] == "true"
    assert strange.result(DEADLINE).headers["Access-Control-Allow-Origin"] is None


# -- the answer ------------------------------------------------------------

def made(page):
    assert (page.status, page.headers.get_all("Set-Cookie"), page.headers["X-Case"]) == (
        201, ["one=1; Path=/", "two=2; HttpOnly"], "Kept As It Is")
    assert page.headers["Content-Type"] == "application/octet-stream"
    return page.body


def an_answer_to_post_behind_lighttpd(stage):
    follower, answer = stage.ask("/post/lighttpd", "POST", BODY)
    yield
    follower.wait_for(2)
    yield
    assert made(answer.result(DEADLINE)) == MADE


def an_answer_to_post_behind_nginx(stage):
    """Which sends the body again at each hop: nobody takes it for another request."""
    follower, answer = stage.ask("/post/nginx", "POST", BODY, stage.nginx)
    yield
    follower.wait_for(1)
    yield
    assert made(answer.result(DEADLINE)) == MADE


def an_answer_to_head(stage):
    follower, answer = stage.ask("/post/head", "HEAD")
    yield
    follower.wait_for(2)
    yield
    page = answer.result(DEADLINE)
    assert (made(page), page.headers["Content-Length"]) == (b"", "5")


def a_head_is_asked_for_where_a_body_waits(stage):
    """By a link checker, for instance: it gets nothing of it."""
    follower, answer = stage.ask("/post/looked-at", "POST", BODY)
    yield
    follower.wait_for(2)
    page = stage.lighttpd.request("HEAD", follower.targets[-1])
    assert_leads_away(page, follower.targets[-1])
    yield
    assert made(answer.result(DEADLINE)) == b"POST " + BODY


def a_copy_that_is_good_is_no_answer_without_its_question(stage):
    """Browsers ask with what they have in their cache, and follow a redirect without."""
    follower, answer = stage.ask("/cached", **{"If-None-Match": '"1"'})
    yield
    follower.forget("If-None-Match")
    yield
    page = answer.result(DEADLINE)
    assert (page.status, page.text, page.headers["ETag"]) == (200, "fresh", '"1"')
    assert follower.targets[-1] in ("/gated/cached", "/gated/cached?")


def an_answer_that_waits_alone(stage):
    """Nobody is there when it comes."""
    follower, answer = stage.ask("/post/alone", "POST", BODY)
    yield
    follower.pause()
    assert not stage.row("/post/alone")["answered"]
    yield
    wait_until(lambda: stage.row("/post/alone")["answered"], "the app has answered")
    assert not stage.row("/post/alone")["waited_for"]
    follower.go_on()
    assert made(answer.result(DEADLINE)) == MADE
    wait_until(lambda: not requests_of(stage.site, "/gated/post/alone"), "it is gone")


def a_stream_flows_when_its_holder_is_there(stage):
    follower, _ = stage.ask("/stream/x?name=piece")
    yield
    follower.pause()
    yield
    stage.site.site.touch("piece-1")
    connection = stage.lighttpd.connect()
    answer = open_at(connection, follower.next_target)
    for number in range(1, 4):
        assert answer.readline() == f"piece {number}\n".encode()
        stage.site.site.touch(f"piece-{number + 1}")
    assert answer.read() == b""
    connection.close()


def open_at(connection, target):
    """An answer that is no redirect, of which nothing is read yet."""
    while True:
        connection.request("GET", target)
        answer = connection.getresponse()
        if answer.status != 303:
            return answer
        answer.read()
        target = resolve(target, answer.headers["Location"])


# -- who gets it -----------------------------------------------------------

def a_token_is_good_for_one_answer(stage):
    follower, answer = stage.ask("/plain/once?a=1")
    yield
    follower.wait_for(2)
    yield
    answer.result(DEADLINE)
    for target in follower.targets[1:]:
        page = stage.lighttpd.get(target)
        assert_leads_away(page, target)
        assert page.status == 303
        page = stage.lighttpd.request("POST", target, b"a body")
        assert_leads_away(page, target)
        assert page.status != 303, "a POST is not simply made a GET"


def a_token_is_nothing_under_another_host_name(stage):
    follower, answer = stage.ask("/plain/host")
    yield
    follower.pause()
    target = follower.next_target
    others = [stage.lighttpd.get(target, Host="other.example")]
    yield
    wait_until(lambda: stage.row("/plain/host")["answered"], "the app has answered")
    others.append(stage.lighttpd.get(target, Host="other.example"))
    for page in others:
        assert_leads_away(page, target)
    follower.go_on()
    assert answer.result(DEADLINE).text == f"plain {lane_pid(stage.site)}"


def a_client_that_reloads_is_one_client(stage):
    """The newer one of two that wait with the same token gets the answer."""
    follower, answer = stage.ask("/plain/reload")
    yield
    follower.pause()
    target = follower.next_target
    older = stage.followers.threads.submit(stage.lighttpd.get, target)
    wait_until(lambda: stage.row("/plain/reload")["waited_for"], "the first one waits")
    follower.go_on()
    page = older.result(DEADLINE)
    assert 400 <= page.status < 500 and not answer.done()
    yield
    assert answer.result(DEADLINE).text == f"plain {lane_pid(stage.site)}"


def a_client_that_leaves_and_comes_back(stage):
    """nginx tells the host that it has left."""
    follower, answer = stage.ask("/plain/leave", front=stage.nginx)
    yield
    follower.pause()
    leaver = stage.nginx.connect()
    leaver.request("GET", follower.next_target)
    wait_until(lambda: stage.row("/plain/leave")["waited_for"], "it waits")
    leaver.close()
    wait_until(lambda: not stage.row("/plain/leave")["waited_for"], "it has left")
    yield
    wait_until(lambda: stage.row("/plain/leave")["answered"], "the app has answered")
    follower.go_on()
    assert answer.result(DEADLINE).text == f"plain {lane_pid(stage.site)}"


CASES = (
    a_redirect_adds_nothing_but_a_token, a_redirect_where_there_was_no_query,
    nginx_hops_three_times_before_it_sends_a_client_away, a_long_query_behind_nginx,
    odd_paths_behind_nginx,
    a_script_of_another_origin_may_follow_and_the_app_says_whether_it_may_read,
    a_head_is_asked_for_where_a_body_waits, a_copy_that_is_good_is_no_answer_without_its_question,
    an_answer_to_post_behind_lighttpd, an_answer_to_post_behind_nginx, an_answer_to_head,
    an_answer_that_waits_alone, a_stream_flows_when_its_holder_is_there,
    a_token_is_good_for_one_answer, a_token_is_nothing_under_another_host_name,
    a_client_that_reloads_is_one_client, a_client_that_leaves_and_comes_back)


@pytest.fixture(scope="module")
def played(module_sites):
    """(Stage, case -> Future of its end)"""
    stage = Stage(module_sites)
    return stage, stage.play(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_case(played, case):
    played[1][case].result(0)


def test_afterwards_nothing_is_left(played):
    stage, _ = played
    wait_until(lambda: requests_of(stage.site) == [], "nothing waits")
    wait_until(lambda: stage.site.descriptors() <= stage.before, "descriptors are given back")


def test_no_token_is_in_the_log(played):
    stage, _ = played
    tokens = {token_of(target) for follower in stage.followed for target in follower.targets[1:]}
    tokens.discard(None)  # one was led to the address without
    assert len(tokens) > len(CASES)
    log = stage.site.host.log
    assert "?holdfast-held=...: 303" in log, "requests are logged, without it"
    assert not [token for token in tokens if token.partition(".")[0] in log]
