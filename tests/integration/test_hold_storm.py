"""Twenty requests are held at once, each handed on again and again, while somebody guesses."""

import itertools
import secrets
import threading
import time

from support import proc
from support.debug_site import DebugSite
from support.front_end import request_on
from support.holding import (TOKEN, Followers, assert_leads_away, requests_of, token_of,
                             wait_until_held)
from support.paths import MEMORY_LIMIT
from support.waiting import DEADLINE, wait_until

TRUSTING = "server: {trusted_hops: [127.0.0.1]}\n"
PEOPLE, HAND_OFFS, GUESSES = 20, 15, 100
TOLD = 2  #: seconds that the web servers wait, as they tell the host
LIMIT = 6  #: ... and as they do, for machines that are late


def test_twenty_at_once(sites):
    site = DebugSite(sites, app="held", threads=PEOPLE, channel="tcp", yaml=TRUSTING)
    fronts = [sites.front_end(kind, site.site, limit=LIMIT, told=TOLD) for kind in ("lighttpd", "nginx")]
    followers = Followers()
    site.wait_for_engine()
    before = site.descriptors()
    with site.attached("all") as client:
        asked = [followers.ask(fronts[n % 2], f"/together?people={PEOPLE}&n={n}")
                 for n in range(PEOPLE)]
        thread = client.stopped("breakpoint")
        wait_until_held(site)
        with Guesser(fronts[0], asked[0][0]) as guesser:
            wait_until(lambda: all(r["hand_offs"] >= HAND_OFFS for r in all_of(site)),
                       f"{HAND_OFFS} hand-offs of each", 2 * DEADLINE)
            for follower, _ in asked:
                follower.may_follow.clear()
            for follower, _ in asked:
                follower.pause()
            client.go_on(thread)
            wait_until(lambda: all(r["answered"] for r in all_of(site)), "all are answered")
            for follower, _ in asked:
                follower.go_on()
            for number, (_, answer) in enumerate(asked):
                page = answer.result(DEADLINE)
                assert (page.status, page.headers["X-Number"]) == (200, str(number))
                assert page.text == body_of(number)
        assert guesser.count > HAND_OFFS * GUESSES
    assert proc.highest_memory(site.host.pid) < MEMORY_LIMIT
    wait_until(lambda: requests_of(site) == [], "nothing waits")
    wait_until(lambda: site.descriptors() <= before, "descriptors are given back")


def all_of(site):
    rows = requests_of(site)
    assert len(rows) == PEOPLE
    return rows


def body_of(number):
    """As tests/apps/held.py has it."""
    line = "%06d: the answer to that request, and to no other.\n" % number
    return (line * ((5 << 20) // len(line) + 1))[:5 << 20]


class Guesser:
    """Tries tokens: any, and some that differ from a true one in a single digit."""

    def __init__(self, front, follower):
        self.count = 0
        self._front, self._follower = front, follower
        self._over, self._failure = threading.Event(), None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join(DEADLINE)
        if self._failure:
            raise self._failure

    def _run(self):
        try:
            self._guess()
        except BaseException as failure:  # pylint: disable=broad-except
            self._failure = failure

    def _guess(self):
        connection, began = self._front.connect(), time.monotonic()
        for self.count in itertools.count():
            if self._over.wait(max(0, began + self.count / GUESSES - time.monotonic())):
                break
            target = f"/together?n=0&{TOKEN}={self._token(self.count)}"
            assert_leads_away(request_on(connection, "GET", target), target)
        connection.close()

    def _token(self, number):
        if number % 2 or not self._follower.targets[1:]:
            return f"{secrets.token_hex(16)}.{number % 9}"
        true = token_of(self._follower.targets[-1])
        at = secrets.randbelow(32)
        return true[:at] + f"{int(true[at], 16) ^ 1:x}" + true[at + 1:]
