"""Apps that hang: each request gets its answer in time, the log says where the app
hangs, the worker is replaced, and nobody else waits for it."""

import os
import re
import signal
import threading
import time

import pytest

from support import fcgi_client as fcgi
from support import proc
from support.waiting import DEADLINE, wait_until

pytestmark = pytest.mark.sanitized

LIMIT = "server: {request_timeout: 1500ms}\n"
#: ... where others must be in time, however late the machine is.
LONGER = "server: {request_timeout: 4s}\n"
#: The interpreter tells it where the worker is late to.
STACK = r"time\.sleep\(LONG\)| in sleep\b"


def start(site, path, **more):
    connection = site.connect()
    connection.start(fcgi.params(path, HTTP_ACCEPT="text/plain", **more))
    connection.send_stdin(b"")
    return connection


@pytest.mark.parametrize("path, where", [
    ("/sleep", r"time\.sleep\(LONG\)"),
    ("/deadlock", r"lock\.acquire\(\)"),
    # Told by the interpreter itself, which does not print the source.
    ("/gil", r'File ".*hanging\.py", line \d+ in keep_the_lock'),
])
def test_the_log_says_where_the_app_hangs(serve, path, where):
    site = serve("hanging", settings=LIMIT)
    worker, = site.host.workers()
    answer = site.get(path, HTTP_ACCEPT="text/plain")
    assert answer.status == 504
    request = re.search(r"[0-9a-f]+-[0-9a-f]{6}", answer.text)[0]
    site.host.wait_for_log(rf"ERROR request {request} \(GET {path}\)")
    site.host.wait_for_log(rf"worker {worker}: what its threads were doing when request {request}")
    site.host.wait_for_log(rf"slot \d, request {request} \(GET {path}\)")
    site.host.wait_for_log(where)
    site.host.wait_for_log(rf"worker {worker}: stopped \(killed by signal 9")
    new, = site.host.wait_for_workers(1)
    assert new != worker and site.get("/").text == str(new)
    assert answer.stderr, "the web server's error log has a word of it"


def test_every_thread_is_told_with_its_request(serve):
    site = serve("hanging", settings=LIMIT, threads=3)
    hanging = [start(site, path) for path in ("/sleep", "/deadlock")]
    for connection in hanging:
        assert connection.read_answer().status == 504
    site.host.wait_for_log(r"slot 0, request \S+ \(GET /sleep\)")
    site.host.wait_for_log(r"slot 1, request \S+ \(GET /deadlock\)")
    site.host.wait_for_log(r"slot 2: waiting for a request")
    site.host.wait_for_log("thread MainThread")


def test_others_are_served_meanwhile_and_finish(serve):
    """What runs beside the hanging one may finish in the old worker; new requests go elsewhere."""
    site = serve("hanging", settings=LONGER, threads=2)
    old, = site.host.workers()
    with start(site, "/steady", query="20") as steady, start(site, "/sleep") as hanging:
        assert site_answers_in_turn(site) == []
        assert hanging.read_answer().status == 504
        new = wait_until(lambda: [pid for pid in site.host.workers() if pid != old], "a new worker")
        assert site.get("/").text == str(new[0])
        assert steady.read_answer().body.count(b"data: ") == 20
    site.host.wait_for_log(rf"worker {old}: stopped")


def site_answers_in_turn(site):
    """The site is asked for nothing here: its two threads are both busy."""
    return [line for line in site.host.log_matches("ERROR")]


def test_a_stream_that_speaks_lives_past_the_limit(serve):
    site = serve("hanging", settings=LONGER)
    begun = time.monotonic()
    assert site.get("/steady", query="16").body.count(b"data: ") == 16
    assert time.monotonic() - begun > 4.1, "it was over before the limit"
    assert not site.host.log_matches("ERROR")


def test_a_stream_that_falls_silent_is_cut(serve):
    site = serve("hanging", settings=LIMIT)
    worker, = site.host.workers()
    with site.connect() as connection:
        connection.start(fcgi.params("/begun"), flags=0)
        connection.send_stdin(b"")
        with pytest.raises(fcgi.ConnectionCut):
            connection.read_answer()
        assert connection.answers[1].body == b"first\n"
    site.host.wait_for_log(r"\(GET /begun\).*\(the answer had begun\)")
    site.host.wait_for_log(rf"worker {worker}: stopped")
    site.host.wait_for_workers(1)


def test_time_in_the_queue_counts(serve):
    """Both come at once; the second waits for the only slot, and is told so."""
    site = serve("hanging", settings=LIMIT, threads=1)
    with start(site, "/wait", query="release") as first, start(site, "/") as second:
        answers = first.read_answer(), second.read_answer()
    assert [answer.status for answer in answers] == [504, 504]
    assert answers[0].text != answers[1].text
    assert "free" in answers[1].text, "the second one never had a worker"


def test_a_request_that_waited_long_does_not_cost_a_worker_its_life(serve):
    """Its own time is over soon after it got its slot: that says nothing about the app."""
    site = serve("hanging", settings="server: {request_timeout: 10s}\n", threads=1)
    worker, = site.host.workers()
    with start(site, "/wait", query="first") as first:
        wait_until(lambda: site.host.process.poll() is None, "it runs")
        second = start(site, "/wait", query="second")
        time.sleep(5)  # of the second one's ten seconds
        site.touch("first")
        assert first.read_answer().status == 200
        assert second.read_answer().status == 504
        site.touch("second")  # within ten seconds of its start in the app
    wait_until(lambda: site.get("/").status == 200, "the slot is free again")
    assert site.host.workers() == [worker]
    site.host.wait_for_log("what its threads were doing")


def test_a_client_that_is_slow_to_send_is_not_the_apps_fault(serve):
    site = serve("hanging", settings=LONGER)
    with site.connect() as connection:
        connection.start(fcgi.params("/body", "POST", body=b"x" * 220_000))
        for _ in range(11):
            connection.send(fcgi.encode_record(fcgi.STDIN, 1, b"x" * 20_000))
            time.sleep(0.4)
        connection.send_stdin(b"")
        assert connection.read_answer().body == b"220000"
    assert not site.host.log_matches("ERROR")


def test_a_client_that_never_sends_its_body_costs_no_worker(serve):
    site = serve("hanging", settings=LIMIT, threads=1)
    worker, = site.host.workers()
    with site.connect() as connection:
        connection.start(fcgi.params("/body", "POST", body=b"x" * 8))
        connection.send(fcgi.encode_record(fcgi.STDIN, 1, b"x"))
        answer = connection.read_answer()
    assert (answer.status, "did not come completely" in answer.text) == (408, True)
    assert site.get("/").text == str(worker)
    assert not site.host.log_matches("what its threads")


def test_a_client_that_dribbles_does_not_hide_an_app_that_hangs(serve):
    site = serve("hanging", settings=LIMIT)
    begun = time.monotonic()
    with site.connect() as connection:
        connection.start(fcgi.params("/sleep", "POST", body=b"x" * 1000))
        answers = []
        reader = threading.Thread(target=lambda: answers.append(connection.read_answer()))
        reader.start()
        while reader.is_alive() and time.monotonic() < begun + DEADLINE:
            connection.send(fcgi.encode_record(fcgi.STDIN, 1, b"x"))
            reader.join(0.2)
    assert answers[0].status == 504
    site.host.wait_for_log(STACK)


def test_a_hanging_app_whose_client_has_left_is_named_too(serve):
    """As behind a web server that gives up before we do."""
    site = serve("hanging", settings=LIMIT, threads=1)
    worker, = site.host.workers()
    start(site, "/sleep").close()
    request = site.host.wait_for_log(r"ERROR request (\S+) \(GET /sleep\): The app was still busy")[1]
    site.host.wait_for_log(rf"what its threads were doing when request {request} \(GET /sleep\)")
    site.host.wait_for_log(rf"slot 0, request {request} \(GET /sleep\)")
    site.host.wait_for_log(STACK)
    site.host.wait_for_log(rf"worker {worker}: stopped")
    site.host.wait_for_workers(1)
    assert site.get("/").status == 200


def test_stacks_of_many_threads_are_all_told(serve):
    """More than one frame of the link holds."""
    site = serve("hanging", settings=LIMIT, threads=32)
    connections = [start(site, "/deep") for _ in range(32)]
    assert {connection.read_answer().status for connection in connections} == {504}
    for number in (0, 31):
        site.host.wait_for_log(rf"slot {number}, request \S+ \(GET /deep\)")
    site.host.wait_for_log(r"\| +time\.sleep\(LONG\)", count=32)


def test_a_limit_shorter_than_the_question_takes_has_its_stacks(serve):
    """The interpreter's lock is kept, so that it takes two seconds to learn anything."""
    site = serve("hanging", settings="server: {request_timeout: 300ms, stop_timeout: 300ms}\n")
    assert site.get("/gil").status == 504
    site.host.wait_for_log(r"in keep_the_lock")


def test_a_crash_tells_where_it_was(serve):
    site = serve("crash")
    assert site.get("/before/segv", HTTP_ACCEPT="text/plain").status == 502
    site.host.wait_for_log("What its threads were doing")
    site.host.wait_for_log(r'File ".*crash\.py", line \d+ in ')


def test_a_worker_that_is_stopped_is_replaced(serve):
    """SIGSTOP: it can tell nothing of itself."""
    site = serve("hanging", settings=LIMIT)
    worker, = site.host.workers()
    os.kill(worker, signal.SIGSTOP)
    wait_until(lambda: proc.state(worker) == "T", "it is stopped")
    assert site.get("/").status == 504
    site.host.wait_for_log("cannot be told: it does not react to anything")
    wait_until(lambda: not proc.is_alive(worker), "it is gone")
    assert site.get("/").status == 200


def test_every_worker_hangs_at_once(serve):
    """Two workers with two threads each, sixteen requests that hang and the queue behind them."""
    site = serve("hanging", settings=LIMIT, workers=2, threads=2)
    connections = [start(site, "/sleep") for _ in range(16)]
    assert {connection.read_answer().status for connection in connections} == {504}
    site.host.wait_for_workers(2)
    assert wait_until(lambda: site.get("/").status == 200, "it serves again")


def test_an_import_that_takes_long_says_where_it_is(serve):
    site = serve("slow_start", settings=LIMIT, ready=False)
    site.host.wait_for_log(r"what its threads were doing when the app was still being imported")
    site.host.wait_for_log(r'File ".*slow_start\.py", line \d+ in <module>')
    answers = []
    asking = threading.Thread(target=lambda: answers.append(site.get("/")))
    asking.start()
    asking.join(DEADLINE)
    assert answers[0].status == 504
    site.touch("go")
    site.host.wait_for_workers(1)
    assert site.get("/").status == 200
