"""Clients of requests that are held, and what the host says of them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

from support import proc
from support.waiting import wait_until

TOKEN = "holdfast-held"
#: As in the name of a lane's worker in the log.
LANE_READY = r"debug lane (\d+): ready"


def token_of(url):
    """The one in its query, or None."""
    return parse_qs(urlsplit(url).query).get(TOKEN, [None])[0]


def without_token(target):
    """The path and query that was asked for first."""
    path, _, query = target.partition("?")
    kept = [part for part in query.split("&") if not part.startswith(TOKEN + "=")]
    return path + ("?" + "&".join(kept) if any(kept) else "")


def resolve(target, location):
    """As RFC 3986 does; urljoin() keeps the old query where the new one is empty."""
    assert location.startswith(("/", "?")), location
    return location if location.startswith("/") else target.partition("?")[0] + (
        location if location != "?" else "")


def assert_leads_away(page, target):
    """It has nothing of any answer of the app: it leads to the clean URL, or explains itself."""
    if page.status == 303:
        assert resolve(target, page.headers["Location"]) == without_token(target)
    else:
        assert 400 <= page.status < 500, (target, page)
    assert token_of(target) not in page.text and len(page.body) < 10_000


class Follower:
    """Asks, and follows redirects as RFC 9110 says; each step can be looked at.

    front: HttpServer; headers: sent with each step, as the cookies are that come
    """

    #: Redirects in a row; more than any client we know follows.
    MOST = 200

    def __init__(self, front, target, method="GET", body=None, headers=()):
        self.front = front
        self.targets = [target]
        self.redirects = []  #: Pages, of all steps but the last
        self.may_follow = threading.Event()  #: cleared: it pauses before its next step
        self.may_follow.set()
        self.is_paused = False
        self.is_abandoned = False
        self.is_over = False  #: run() has ended, well or not
        self._step = (method, body)
        self._headers = dict(headers)

    @property
    def tokens(self):
        return [token_of(target) for target in self.targets[1:]]

    @property
    def next_target(self):
        """Of the redirect before which it pauses."""
        return resolve(self.targets[-1], self.redirects[-1].headers["Location"])

    def pause(self):
        """Returns once it has been redirected again and waits."""
        self.may_follow.clear()
        self._wait_until(lambda: self.is_paused, "is redirected once more")

    def go_on(self):
        self.may_follow.set()

    def abandon(self):
        """It asks no more, wherever it is: its thread must end some day."""
        self.is_abandoned = True
        self.may_follow.set()

    def forget(self, header):
        """Waits until it asks without."""
        del self._headers[header]
        self.wait_for(len(self.redirects) + 2)

    def wait_for(self, count):
        self._wait_until(lambda: len(self.redirects) >= count, f"is redirected {count} times")

    def _wait_until(self, condition, what):
        wait_until(lambda: condition() or self.is_over, f"{self.targets[0][:60]} {what}")
        assert condition(), f"{self.targets[0][:60]} ended before it {what}"

    def run(self):
        """To the answer that is no redirect, which is returned."""
        try:
            return self._run()
        finally:
            self.is_over = True

    def _run(self):
        method, body = self._step
        while len(self.redirects) < self.MOST:
            page = self.front.request(method, self.targets[-1], body, self._headers)
            if page.status not in (301, 302, 303, 307, 308):
                return page
            self.redirects.append(page)
            if page.status == 303 and method != "HEAD":
                method, body = "GET", None
            self.is_paused = True
            self.may_follow.wait()
            self.is_paused = False
            assert not self.is_abandoned, "it was not followed to its end"
            self.targets.append(resolve(self.targets[-1], page.headers["Location"]))
        raise AssertionError(f"{self.MOST} redirects: {self.targets[-3:]}")


class Followers:
    """Runs followers side by side."""

    def __init__(self, most=64):
        self.threads = ThreadPoolExecutor(most)

    def ask(self, front, target, method="GET", body=None, **headers):
        """Returns (Follower, Future of the last Page)"""
        follower = Follower(front, target, method, body, headers)
        return follower, self.threads.submit(follower.run)


def requests_of(site, path=None):
    """Of DebugSite.state(): what is said of the held ones, or of those to one path."""
    return [r for r in site.state()["requests"] if path in (None, r["path"])]


def wait_until_held(site):
    """Returns what is said of the hold."""
    def hold():
        return site.state()["hold"]

    return wait_until(hold, "the host knows that the app is held")


def wait_until_runs(site, deadline=60):
    wait_until(lambda: site.state()["hold"] is None, "the host knows that nothing is held",
               deadline)


def adapters(site):
    """Of debugpy: the processes between it and its clients."""
    return [pid for pid in site.host.all_pids() if "--for-server" in proc.command_line(pid)]


def lane_pid(site):
    """Of the newest lane."""
    return int(site.host.log_matches(LANE_READY)[-1][1])
