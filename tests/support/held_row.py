"""Requests by many clients that a debugger holds at once, behind one web server."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait

from apps import held_at_once
from support.askers import Answer
from support.debug_site import DebugSite
from support.held_cases import Case, assert_true
from support.waiting import DEADLINE, wait_until

APP = "held_at_once"
#: Slots of the lane; more than are held at once.
THREADS = 20
#: Held when all the others are through.
AGAIN = Case("again", "/answer")


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
            sites, app=APP, front=front, front_options=options, http=embedded, threads=THREADS,
            environment={"HOLDFAST_PATIENCE": str(limit)} if limit and embedded else {},
            ready=False)
        self.answers = {}  #: name of the case -> Answer, or the exception
        self.lanes = []  #: process ids of the lane: before, after
        self.threads = {}  #: what the debugger was told of after all
        self.again = None  #: the answer to a request that was held afterwards
        self.hold = None  #: what the host said of it at its end
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
        return sorted({request["keeper"] for request in self._seen_requests()} - {"none"})

    def hand_offs(self):
        """The most that one request needed: hops and redirects."""
        return max((request["hand_offs"] for request in self._seen_requests()), default=0)

    def redirects(self):
        """The most that a client has followed."""
        return max(self.redirects_by_case().values(), default=0)

    def redirects_by_case(self):
        return {name: answer.redirects for name, answer in self.answers.items()
                if isinstance(answer, Answer)}

    def tell(self):
        """For who has to find out why something failed."""
        print(f"{self.name}: {self.failure!r}\n{self.site.host.log}\n"
              f"--- web server ---\n{getattr(self.site.front, 'error_log', '')}")

    # -- what must be true of it -----------------------------------------

    def assert_true_answer(self, case):
        assert case.name in self.answers, f"no answer at all: {self.failure!r}"
        assert_true(case, self.answers[case.name])

    def assert_lives_on(self):
        """The lane is the one that it was, and so is the debugger's session."""
        if self.failure:
            raise self.failure
        assert len(self.redirects_by_case()) == len(self.answers), self.answers
        before, after = self.lanes
        assert before == after and before not in self.site.host.workers()
        assert {a.values("X-Lane")[0] for a in self.answers.values()} == {str(before)}
        assert self.threads
        assert self.again.body == AGAIN.content

    def assert_held_once(self, cases, seconds):
        """The app was asked once for each answer, and nothing let it go before."""
        names = [case.name for case in cases]
        entered = sorted(line[1] for line in self.journal() if line[0] == "entered")
        assert entered == sorted([*names, AGAIN.name]), entered
        held = self.held_seconds()
        assert min(held[name] for name in names) >= seconds, held
        assert (self.hold["state"], self.hold["line"]) == ("held", self.site.line("held"))
        others = [line for line in self.journal() if line[0] not in ("entered", "held", "left")]
        assert not others, others

    # -- inside ----------------------------------------------------------

    def _run(self, pool, clients, seconds, work, turn):
        self.lanes.append(self._lane())
        with turn:
            answers = {case.name: pool.submit(ask, self.site.front,
                                              self.ask(case, len(clients), work))
                       for case, ask in clients.items()}
            thread = self._client.stopped("breakpoint")
        self._client.top(thread)  # as every debugger asks; the host learns by that where it is
        self._wait(seconds)
        self.hold = self.states[-1]["hold"]
        try:
            # Nobody stops there a second time who comes a moment later.
            self._client.set_breakpoints(self.site.file, [])
            self._client.go_on(thread)
            self._wait_for(answers.values(), work + DEADLINE)
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

    def _wait_for(self, answers, seconds):
        def all_are_there():
            _, missing = wait(answers, timeout=2)
            if missing:
                self.states.append(self.site.state())
            return not missing

        wait_until(all_are_there, f"{self.name}: all are answered", seconds)

    def _hold_again(self):
        self._client.set_breakpoints(self.site.file, [self.site.line("held")])
        answer = self.site.ask(AGAIN.ask(of=1, work=0, meeting="again").target)
        self._client.go_on(self._client.stopped("breakpoint"))
        self.again = answer.result(DEADLINE)

    def _lane(self):
        return int(self.site.get("/pid").text)

    def _seen_requests(self):
        return [request for state in self.states for request in state.get("requests", ())]
