"""Workers that die while they serve."""

import os
import re
import signal
import threading
import time

import pytest
import requests

from support import fcgi_client as fcgi
from support import proc
from support.waiting import DEADLINE, wait_until

pytestmark = pytest.mark.sanitized

#: path -> how the page and the log name that end
ENDS = {"kill": "SIGKILL", "segv": "SIGSEGV", "abort": "SIGABRT", "exit": r"exit.* 7\b",
        "exit0": r"exit.* 0\b"}


@pytest.mark.parametrize("end", ENDS)
def test_the_page_says_how_the_worker_died(serve, end):
    site = serve("crash")
    worker, = site.host.workers()
    answer = site.get(f"/before/{end}", HTTP_ACCEPT="text/plain")
    assert answer.status == 502
    assert re.search(ENDS[end], answer.text), answer.text
    assert answer.stderr, "the web server's error log has a word of it"
    site.host.wait_for_log(rf"worker {worker}\b.*{ENDS[end]}")
    site.host.wait_for_log("last words of the worker")
    assert site.get("/").text != str(worker)
    assert site.host.workers() != [worker]


@pytest.mark.parametrize("end", ENDS)
def test_an_answer_that_had_begun_is_cut(serve, end):
    site = serve("crash")
    with site.connect() as connection:
        connection.start(fcgi.params(f"/within/{end}"), flags=0)
        connection.send_stdin(b"")
        with pytest.raises(fcgi.ConnectionCut):
            connection.read_answer()
        assert connection.answers[1].body == b"the first chunk\n"
    assert site.get("/").status == 200


def test_news_of_a_death_that_come_late_are_waited_for(serve):
    """On a busy machine the guard tells how the worker died long after its sockets are closed."""
    site = serve("crash")
    worker, = site.host.workers()
    guard = proc.parent_of(worker)
    os.kill(guard, signal.SIGSTOP)
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(site.get("/before/kill", HTTP_ACCEPT="text/plain")))
    asking.start()
    wait_until(lambda: not proc.is_alive(worker), "the worker is dead")
    time.sleep(0.4)  # longer than the host gives a worker that dies unwatched
    os.kill(guard, signal.SIGCONT)
    asking.join(DEADLINE)
    assert "SIGKILL" in answers[0].text
    assert not site.host.log_matches("closed its connection")


def test_on_a_shared_connection_only_the_one_answer_is_broken(serve):
    """Closing the connection would break the other request too."""
    site = serve("crash", workers=2, threads=1)
    with site.connect() as connection:
        connection.start(fcgi.params("/read", "POST", body=b"text"), request_id=2)
        connection.start(fcgi.params("/within/kill"), request_id=1)
        connection.send_stdin(b"", 1)
        answer = connection.read_answer(1)
        assert (answer.body, answer.app_status != 0) == (b"the first chunk\n", True)
        connection.send_stdin(b"text", 2)
        assert connection.read_answer(2).status == 200


@pytest.mark.parametrize("path", ["/before/kill", "/within/kill"])
def test_behind_nginx(serve, front, path):
    site = serve("crash")
    server = front(site, location="fastcgi_buffering off;")
    if path.startswith("/before"):
        answer = requests.get(server.url + path, headers={"Accept": "text/plain"}, timeout=DEADLINE)
        assert answer.status_code == 502
        assert "SIGKILL" in answer.text
    else:
        with pytest.raises(requests.exceptions.RequestException):
            requests.get(server.url + path, timeout=DEADLINE)
    assert requests.get(server.url, timeout=DEADLINE).status_code == 200


def test_requests_in_other_workers_go_on(serve):
    site = serve("waiting", workers=2, threads=1)
    first, second = site.connect(), site.connect()
    for connection in (first, second):
        connection.start(fcgi.params("/wait", query="release"))
        connection.send_stdin(b"")
    wait_until(lambda: (site.root / "waiting.log").exists()
               and (site.root / "waiting.log").read_text().count("in release") == 2, "both wait")
    victim = site.host.workers()[0]
    os.kill(victim, signal.SIGKILL)
    site.host.wait_for_log(rf"worker {victim}\b.*SIGKILL")
    site.touch("release")
    statuses = sorted([first.read_answer().status, second.read_answer().status])
    assert statuses == [200, 502]
    site.host.wait_for_workers(2)


def test_requests_that_wait_survive_a_death(serve):
    """Only what is in the worker dies with it; the queue goes to its successor."""
    site = serve("crash", threads=1)
    connections = [site.connect() for _ in range(6)]
    for number, connection in enumerate(connections):
        connection.start(fcgi.params("/before/kill" if number == 0 else "/"))
        connection.send_stdin(b"")
    statuses = [connection.read_answer().status for connection in connections]
    assert statuses == [502, 200, 200, 200, 200, 200]


def test_an_idle_worker_that_dies_is_replaced(serve):
    site = serve("hello", workers=2)
    for _ in range(3):
        before = site.host.workers()
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: before[0] not in site.host.workers()
                   and len(site.host.workers()) == 2, "a new worker is ready")
        assert site.get("/").text == "Hello world!"


def test_deaths_in_a_row_do_not_slow_the_next_start(serve):
    """Back-off is for starts that fail, not for workers that served."""
    site = serve("crash")
    for _ in range(8):
        assert site.get("/before/exit").status == 502
        assert site.get("/").status == 200


def test_a_stopped_worker_fails_nobody_else(serve):
    """Stopped (SIGSTOP), it is not dead: others take the load."""
    site = serve("hello", workers=2)
    stopped = site.host.workers()[0]
    os.kill(stopped, signal.SIGSTOP)
    answered = sum(answers(site) for _ in range(4))
    os.kill(stopped, signal.SIGKILL)
    assert answered >= 1


def answers(site):
    try:
        with fcgi.FcgiConnection(site.address, timeout=2) as connection:
            return connection.get("/").text == "Hello world!"
    except TimeoutError:
        return False
