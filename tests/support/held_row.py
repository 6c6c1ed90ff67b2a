"""Requests by many clients that a debugger holds at once, behind one web server."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode

from apps import held_at_once
from support.askers import Ask
from support.debug_site import DebugSite
from support.waiting import DEADLINE, wait_until

APP = "held_at_once"
#: Slots of the lane; more than are held at once.
THREADS = 20
#: In the name of the environment's variable that tells the host a front end's limit.
PATIENCE = "HOLDFAST_PATIENCE"


@dataclass(frozen=True)
class Case:
    """One request. name: for people; path: of the app; page: the answer is HTML"""

    name: str
    path: str
    method: str = "GET"
    body: bytes = b""
    page: bool = False

    @property
    def expected_body(self):
        return b"" if self.method == "HEAD" else self._content

    @property
    def length(self):
        """As the app says it."""
        return len(self._content)

    @property
    def _content(self):
        return held_at_once.content(self.fields(), self.body)

    def fields(self):
        return {"n": self.name, **({"page": "1"} if self.page else {})}

    def ask(self, **more):
        return Ask(f"{self.path}?{urlencode({**self.fields(), **more})}", self.method, self.body)


class HeldRow:
    """A site with one kind of web server before it, in one configuration.

    name: for people; front: as in support/site.py; options: more of Sites.front_end()
    limit: seconds that the web server waits, as it tells the host; None: for ever, or untold
    """

    def __init__(self, sites, name, front, options=None, limit=None):
        self.name = name
        embedded = front == "http"
        options = {**(options or {}), **({"limit": limit} if limit and not embedded else {})}
        self.site = DebugSite(
            sites, app=APP, front=front, front_options={} if embedded else options, http=embedded,
            environment={PATIENCE: str(limit)} if limit and embedded else {}, threads=THREADS,
            ready=False)
        self.answers = {}  #: name of the case -> Answer, or the exception
        self.lanes = []  #: process ids of the lane: before, after
        self.threads = {}  #: what the debugger was told of after all
        self.again = None  #: of a request that was held afterwards: what to expect, what came
        self.states = []  #: what the host said of itself in between
        self.failure = None  #: why it came to no end
        self._client = None
        self._over = threading.Event()

    @staticmethod
    def ask(case, count, work):
        """What to ask for. count: of requests held at once; work: seconds, after the hold"""
        return case.ask(of=count, work=work, meeting="all")

    def attach(self):
        try:
            self.site.host.wait_for_workers(1)
            self._client = self.site.attach("held")
        except BaseException as error:  # told by the tests of this row
            self.failure = error

    def run(self, clients, seconds, work=10.0, turn=None):
        """Holds one request of each client for so long; then each of them works on.

        clients: Case -> callable of front end and Ask, which returns an Answer
        turn: a lock, so that not all rows' requests come at the same time
        """
        if self.failure:
            return
        with ThreadPoolExecutor(len(clients)) as pool:
            try:
                self._run(pool, clients, seconds, work, turn or threading.Lock())
                self._client.disconnect()
                self.site.wait_until_detached()
            except BaseException as error:  # told by the tests of this row
                self.failure = error
            finally:
                self._client.close()

    def abandon(self):
        """Ends the wait of run() early, in another thread."""
        self._over.set()

    # -- what was seen ---------------------------------------------------

    def journal(self):
        path = self.site.site.root / os.path.basename(held_at_once.JOURNAL)
        return [line.split() for line in path.read_text().splitlines()]

    def held_seconds(self):
        """As the app has measured it: name of the case -> seconds."""
        return {line[1]: float(line[2]) for line in self.journal() if line[0] == "held"}

    def keepers(self):
        """The names of those that were at work, of all requests."""
        return sorted({request["keeper"] for request in self._seen_requests()})

    def hand_offs(self):
        """The most that one request needed: hops and redirects."""
        return max((request["hand_offs"] for request in self._seen_requests()), default=0)

    def redirects(self):
        """The most that a client has followed."""
        return max((answer.redirects for answer in self.answers.values()
                    if not isinstance(answer, BaseException)), default=0)

    # -- inside ----------------------------------------------------------

    def _run(self, pool, clients, seconds, work, turn):
        self.lanes.append(self._lane())
        with turn:
            answers = {case.name: pool.submit(ask, self.site.front,
                                              self.ask(case, len(clients), work))
                       for case, ask in clients.items()}
            thread = self._client.stopped("breakpoint")
        self._wait(seconds)
        try:
            self._client.go_on(thread)
            self._let_all_go_on(answers.values(), work + DEADLINE)
        finally:
            self.answers = {name: answer.exception() or answer.result()
                            for name, answer in answers.items() if answer.done()}
        self.lanes.append(self._lane())
        self.threads = self._client.threads()
        self._hold_again()

    def _wait(self, seconds):
        """... and looks at the site meanwhile."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._over.wait(min(left, 2)):
            self.states.append(self.site.state())

    def _let_all_go_on(self, answers, deadline):
        """Threads that come to the breakpoint a moment later stop once more."""
        def all_answered():
            if self._client.untaken("stopped"):
                self._client.go_on(self._client.stopped("breakpoint"))
            return all(answer.done() for answer in answers)

        wait_until(all_answered, f"{self.name}: all are answered", deadline)

    def _hold_again(self):
        case = Case("again", "/answer")
        answer = self.site.ask(case.ask(of=1, work=0, meeting="again").target)
        self._client.go_on(self._client.stopped("breakpoint"))
        self.again = (case, answer.result(DEADLINE))

    def _lane(self):
        return int(self.site.get("/pid").text)

    def _seen_requests(self):
        return [request for state in self.states for request in state.get("requests", ())]
