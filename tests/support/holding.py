"""Clients of requests that are held, and what the host says of them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urljoin, urlsplit

from support.waiting import wait_until

TOKEN = "holdfast-held"
#: As in the name of a lane's worker in the log.
LANE_READY = r"debug lane (\d+): ready"


def token_of(url):
    """The one in its query, or None."""
    return parse_qs(urlsplit(url).query).get(TOKEN, [None])[0]


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
        self._step = (method, body)
        self._headers = dict(headers)

    @property
    def tokens(self):
        return [token_of(target) for target in self.targets[1:]]

    def run(self):
        """To the answer that is no redirect, which is returned."""
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
            self.targets.append(urljoin(self.targets[-1], page.headers["Location"]))
        raise AssertionError(f"{self.MOST} redirects: {self.targets[-3:]}")


class Followers:
    """Runs followers side by side."""

    def __init__(self, most=64):
        self._threads = ThreadPoolExecutor(most)

    def start(self, follower):
        """Returns a Future of the last Page."""
        return self._threads.submit(follower.run)

    def ask(self, front, target, method="GET", body=None, **headers):
        """Returns (Follower, Future)"""
        follower = Follower(front, target, method, body, headers)
        return follower, self.start(follower)


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


def lane_pid(site):
    """Of the newest lane."""
    return int(site.host.log_matches(LANE_READY)[-1][1])
