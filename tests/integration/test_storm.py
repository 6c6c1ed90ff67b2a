"""Many clients while workers are killed and replaced, clients are slow and uploads break off:
only what was in a killed worker may fail, nobody waits for ever, and nothing is left open
afterwards."""

import http.client
import os
import random
import re
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass

import pytest

from support import fcgi_client as fcgi
from support import proc
from support.paths import HOLDFAST
from support.site import idle_counts
from support.waiting import wait_until

SECONDS = float(os.environ.get("HOLDFAST_STORM_SECONDS", "60"))
WORKERS, THREADS, CLIENTS = 3, 4, 64
#: After so long without an answer a request counts as hanging.
PATIENCE = 30
#: Seconds between reloads, and between kills.
RELOAD, KILL = 2, 3
PATHS = ["/small", "/small", "/small", "/slow", "/stream", "/upload"]
BODY = b"x" * 100_000
#: Bytes of what slow readers get.
BULK = 4_000_000
SANITIZED = HOLDFAST.parent.name in ("asan", "tsan")
#: What an allocator may keep of what it once needed.
MEMORY_MARGIN = 16 << 20


@dataclass
class Outcome:
    client: str
    path: str
    kind: str           # ok, died, cut, wrong, hang
    body: bytes = b""

    @property
    def worker(self):
        """The worker that the answer, whole or not, says that it came from."""
        match = (re.match(rb"(\d+)\n", self.body)
                 or re.search(rb"(?:worker|process) (\d+)", self.body))
        return int(match[1]) if match else None


def judge(client, path, status, body):
    if status == 200 and body.endswith(b"end"):
        return Outcome(client, path, "ok", body)
    if status == 502 and b"SIGKILL" in body:
        return Outcome(client, path, "died", body)
    return Outcome(client, path, "wrong", b"%d " % status + body[:500])


class FcgiClient:
    """Speaks to the host itself, over one kept connection or one for each request."""

    def __init__(self, address, keep):
        self.name = "fastcgi " + ("keep-alive" if keep else "plain")
        self.address, self.keep, self.connection = address, keep, None

    def ask(self, path):
        if self.connection is None:
            self.connection = fcgi.FcgiConnection(self.address, PATIENCE)
        connection = self.connection
        environ, body = fcgi.params(path, HTTP_ACCEPT="text/plain"), b""
        if path == "/upload":
            environ = fcgi.params(path, "POST", body=BODY, HTTP_ACCEPT="text/plain")
            body = BODY
        try:
            answer = connection.request(environ, body, flags=fcgi.KEEP_CONN if self.keep else 0)
            if not self.keep:
                self.close()
            return judge(self.name, path, answer.status, answer.body)
        except fcgi.ConnectionCut:
            part = connection.answers.get(1, fcgi.Answer())
            self.close()
            return Outcome(self.name, path, "cut" if part.stdout else "wrong", part.body)
        except (ConnectionResetError, BrokenPipeError) as error:
            self.close()
            return Outcome(self.name, path, "wrong", repr(error).encode())

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class HttpClient:
    """A browser of an nginx; it keeps its connection if nginx does."""

    def __init__(self, server, name):
        self.name = "nginx " + name
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)

    def ask(self, path):
        method, body = ("POST", BODY) if path == "/upload" else ("GET", None)
        try:
            self.connection.request(method, path, body, headers={"Accept": "text/plain"})
            answer = self.connection.getresponse()
            return judge(self.name, path, answer.status, answer.read())
        except http.client.IncompleteRead as error:
            self.close()
            return Outcome(self.name, path, "cut", error.partial)
        except http.client.RemoteDisconnected:  # nginx had read head and cut together
            self.close()
            return Outcome(self.name, path, "cut")
        except (http.client.HTTPException, ConnectionError) as error:
            self.close()
            return Outcome(self.name, path, "wrong", repr(error).encode())

    def close(self):
        self.connection.close()


class Storm:
    """Clients that ask until the time is over, some who are a trouble to all, and whoever kills and
    reloads."""

    def __init__(self, site, clients):
        self.site, self.host, self.clients = site, site.host, clients
        self.outcomes, self.killed = [], []
        self.reloads, self.slow, self.aborted = 0, 0, 0
        self.end = time.monotonic() + SECONDS
        self.served = Counter()  #: answers that were whole, by the client's name

    def run(self):
        threads = [threading.Thread(target=self._ask, args=(client, number), daemon=True)
                   for number, client in enumerate(self.clients)]
        threads += [threading.Thread(target=target, daemon=True)
                    for target in (self._kill, self._reload, self._read_slowly, self._abort)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS + 3 * PATIENCE)
        assert not any(thread.is_alive() for thread in threads), "a client hangs"

    def _goes_on(self):
        """A short one is longer on a machine where some have had too little of it."""
        now = time.monotonic()
        names = {client.name for client in self.clients} | {"slow reader"}
        is_thin = any(self.served[name] <= 10 for name in names)
        return now < self.end or (is_thin and now < self.end + PATIENCE)

    def _note(self, outcome):
        self.outcomes.append(outcome)
        self.served[outcome.client] += outcome.kind == "ok"

    def _ask(self, client, number):
        dice = random.Random(number)
        while self._goes_on():
            path = dice.choice(PATHS)
            try:
                outcome = client.ask(path)
            except TimeoutError:
                client.close()
                outcome = Outcome(client.name, path, "hang")
            self._note(outcome)
        client.close()

    def _every(self, seconds):
        while self._goes_on():
            yield
            time.sleep(seconds)

    def _kill(self):
        dice = random.Random(20261123)
        for _ in self._every(KILL):
            victims = self.host.workers()
            if victims:
                self.killed.append(dice.choice(victims))
                os.kill(self.killed[-1], signal.SIGKILL)

    def _reload(self):
        for _ in self._every(RELOAD):
            self.reloads += 1
            if self.reloads % 2:
                self.host.process.send_signal(signal.SIGHUP)
            else:
                os.utime(self.site.root / "storm.py")

    def _read_slowly(self):
        """One more each second; all of it is there in the end, unless its worker was killed."""
        readers = []
        for _ in self._every(1):
            self.slow += 1
            readers.append(threading.Thread(target=self._read_one_slowly, daemon=True))
            readers[-1].start()
        for reader in readers:
            reader.join(PATIENCE)
            assert not reader.is_alive(), "a slow reader hangs"

    def _read_one_slowly(self):
        """Four megabytes, more than all buffers hold, in about four seconds."""
        with fcgi.FcgiConnection(self.site.address, PATIENCE) as connection:
            connection.start(fcgi.params("/bulk"), flags=0)
            connection.send_stdin(b"")
            data = bytearray()
            try:
                while piece := connection.socket.recv(100_000):
                    data += piece
                    time.sleep(0.1 * len(piece) / 100_000)
            except TimeoutError:
                self._note(Outcome("slow reader", "/bulk", "hang"))
                return
        whole = len(data) > BULK and b"end" in data[-40:]
        pid = re.search(rb"(?:\r\n\r\n|process |worker )[^\d]*(\d+)", data, re.S)
        self._note(Outcome("slow reader", "/bulk", "ok" if whole else "cut",
                           pid[1] + b"\n" if pid else b""))

    def _abort(self):
        for _ in self._every(1):
            self.aborted += 1
            with fcgi.FcgiConnection(self.site.address, PATIENCE) as connection:
                connection.start(fcgi.params("/upload", "POST", body=BODY))
                connection.send(fcgi.encode_record(fcgi.STDIN, 1, BODY[:30_000]))


def clients_of(site, servers):
    quarter = CLIENTS // 4
    return ([FcgiClient(site.address, keep) for keep in (True, False) for _ in range(quarter)]
            + [HttpClient(server, name) for name, server in servers.items()
               for _ in range(quarter)])


def warm_up(clients):
    """Whatever is made once, on first use, is there before anything is counted."""
    for client in clients:
        for path in dict.fromkeys(PATHS):
            assert client.ask(path).kind == "ok"
        client.close()


@pytest.mark.sanitized
@pytest.mark.timeout(SECONDS + 240)
def test_only_requests_in_killed_workers_fail(sites):
    site = sites.serve("storm", workers=WORKERS, threads=THREADS)
    warm_up([FcgiClient(site.address, keep) for keep in (True, False)])
    idle = wait_until(lambda: (a := idle_counts(site)) == idle_counts(site) and a, "it is idle")
    memory = memory_of(site)
    servers = {"plain": sites.nginx(site), "keep-alive": sites.nginx(site, keep=True)}
    storm = Storm(site, clients_of(site, servers))
    storm.run()
    assert_only_the_killed_failed(storm)
    for server in servers.values():
        server.stop()
    assert_back_to_idle(site, idle)
    if not SANITIZED:  # they keep what was given back, to find later uses of it
        host, worker = memory_of(site)
        assert host < memory[0] + MEMORY_MARGIN and worker < memory[1] + MEMORY_MARGIN, memory
    assert site.host.log_matches("the new code serves now"), "no reload came to its end"


def memory_of(site):
    """Resident bytes of the host and of the largest worker."""
    host, *workers = site.processes()
    return (proc.status_bytes(host, "VmRSS"),
            max(proc.status_bytes(pid, "VmRSS") for pid in workers))


def assert_only_the_killed_failed(storm):
    kinds = Counter(outcome.kind for outcome in storm.outcomes)
    print(f"{len(storm.killed)} kills, {storm.reloads} reloads, {storm.slow} slow readers, "
          f"{storm.aborted} aborted uploads, {dict(kinds)}",
          Counter((outcome.client, outcome.kind) for outcome in storm.outcomes))
    assert not kinds["hang"], "requests without an answer"
    assert not kinds["wrong"], [o for o in storm.outcomes if o.kind == "wrong"][:10]
    failed = [outcome for outcome in storm.outcomes if outcome.kind in ("died", "cut")]
    strangers = [o for o in failed if o.worker is not None and o.worker not in storm.killed]
    assert not strangers, strangers[:5]
    assert all(outcome.worker for outcome in failed if outcome.kind == "died"), "page names no pid"
    assert len(failed) <= len(storm.killed) * THREADS, "more than the killed workers could hold"
    assert len(storm.killed) >= 3 and storm.reloads >= 3, "hardly a storm"
    for client in {outcome.client for outcome in storm.outcomes}:
        assert sum(o.kind == "ok" for o in storm.outcomes if o.client == client) > 10, client


def assert_back_to_idle(site, idle):
    site.host.wait_for_workers(WORKERS)
    warm_up([FcgiClient(site.address, False)])
    (host_descriptors, host_threads), workers = idle
    most = tuple(map(max, zip(*workers)))

    def is_idle():
        (descriptors, threads), now = idle_counts(site)
        return (descriptors <= host_descriptors and threads <= host_threads
                and all(one <= limit for worker in now for one, limit in zip(worker, most)))

    wait_until(is_idle, f"back from {idle_counts(site)} to {idle}")
