"""What an app does to its worker stays with the requests that it was about."""

import os
import signal
import subprocess
import time

import pytest

from support import fcgi_client as fcgi
from support.paths import HOLDFAST, VENV_PYTHON
from support.waiting import DEADLINE, wait_until

pytestmark = pytest.mark.sanitized


def test_a_kept_write_gets_into_no_other_answer(serve):
    site = serve("hostile", threads=1)
    assert site.get("/keep_write").text == "first"
    answer = site.get("/use_kept_write")
    assert "LATE" not in answer.text and answer.header("Set-Cookie") is None
    assert answer.text.count("after its request had ended") == 2


def test_a_forked_child_answers_nothing(serve):
    assert serve("hostile", threads=1).get("/fork_and_yield").text == "parent answers"


@pytest.mark.parametrize("path", ["much_head", "odd_status", "two_lengths"])
def test_a_head_that_cannot_be_sent_fails_its_own_request_alone(serve, path):
    site = serve("hostile", threads=2)
    worker = site.host.workers()
    with site.connect() as connection:
        connection.start(fcgi.params("/wait"))
        connection.send_stdin(b"")
        wait_until((site.root / "in").exists, "the other request is in the app")
        answer = site.get("/" + path)
        assert answer.status == 500
        site.touch("go")
        assert connection.read_answer().text == "waited"
    assert site.host.workers() == worker
    site.host.wait_for_log("ValueError")


def test_a_worker_that_closes_a_slot_is_replaced_and_others_finish(serve):
    site = serve("hostile", threads=3)
    with site.connect() as connection:
        connection.start(fcgi.params("/wait"))  # takes the first slot, descriptor 4
        connection.send_stdin(b"")
        wait_until((site.root / "in").exists, "a request is in the app")
        with site.connect() as other:
            other.start(fcgi.params("/wait"))
            other.send_stdin(b"")
            assert site.get("/close_slot").text == "closed"
            site.host.wait_for_log("closed its connection to the host without ending")
            assert connection.read_answer().status == 502
            assert site.get("/keep_write").text == "first", "another worker has taken over"
            site.touch("go")
            assert other.read_answer().text == "waited"
    site.host.wait_for_log(r"worker \d+: stopped \(killed")
    site.host.wait_for_workers(1)


def test_a_whole_family_of_processes_dies_with_its_worker(serve):
    site = serve("hostile")
    for _ in range(3):
        worker, = site.host.wait_for_workers(1)
        assert site.get("/family").text == "started"
        wait_until(lambda: len(site.host.all_pids()) >= 20, "the family is there")
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: worker not in site.host.workers(), "the worker is gone")
        site.host.wait_for_workers(1)
        wait_until(lambda: len(site.host.all_pids()) <= 3, "host, guard and worker are left")


def test_a_signal_handler_that_raises_does_not_deafen_the_worker(serve):
    site = serve("hostile", threads=1)
    assert site.get("/alarm").text == "rang"
    with site.connect() as connection:
        connection.start(fcgi.params("/endless"))
        connection.send_stdin(b"")
        connection.read_until(b"xxx")
    wait_until((site.root / "closed").exists, "the iterable of a client that left is closed")
    assert site.get("/keep_write").text == "first"


def test_workers_that_die_after_their_start_are_tried_ever_more_slowly(serve):
    site = serve("short_lived", ready=False)
    site.host.wait_for_log(r"right after their start: .*Next try in 1600 ms")
    tries = [int(m[1]) for m in site.host.log_matches(r"Next try in (\d+) ms")]
    assert tries == [100, 200, 400, 800, 1600][:len(tries)]
    answer = site.get("/")
    assert answer.status == 500 and "die right after their start" in answer.text


def test_requests_that_share_a_connection_do_not_block_each_other(serve):
    """One waits in the queue with more body than fits its window; another needs its own."""
    site = serve("body_reader", threads=1)
    large = b"l" * 2_000_000
    with site.connect() as connection:
        connection.start(fcgi.params("/digest", "POST", body=b"small"), 1)
        connection.start(fcgi.params("/digest", "POST", body=large), 2)
        connection.send(fcgi.encode_stream(fcgi.STDIN, 2, large)[:-8])  # without its end
        connection.send_stdin(b"small", 1)
        assert connection.read_answer(1).status == 200
        connection.send_stdin(b"", 2)
        assert connection.read_answer(2).status == 200


def test_a_log_that_nobody_reads_stops_nothing(serve, sites):
    """Standard error is a pipe that stays open and is full."""
    folder = sites.new_folder()
    root = sites.copy_app("hello", folder / "site")
    address = f"unix:{folder}/fcgi"
    (root / "talks.py").write_text(
        "import sys\n"
        "def app(environ, start_response):\n"
        "    sys.stdout.write(('z' * 1000 + '\\n') * 1000)\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
        "    return [b'talked']\n")
    read_end, write_end = os.pipe()
    host = subprocess.Popen(
        [str(HOLDFAST), "serve", "--listen", address, "--app-root", str(root), "--handler",
         "talks.app", "--python", str(VENV_PYTHON), "--workers", "1", "--threads", "1"],
        stdin=subprocess.DEVNULL, stdout=write_end, stderr=write_end)
    os.close(write_end)
    try:
        wait_until(lambda: listens(address), "the host listens")
        for _ in range(8):
            assert fcgi.get(address).text == "talked"
        host.send_signal(signal.SIGTERM)
        assert host.wait(DEADLINE) == 0
    finally:
        host.kill()
        os.close(read_end)


@pytest.mark.parametrize("path, name", [
    ("odd_cause", "OddCause"), ("odd_text", "OddText"), ("odd_syntax", "SyntaxError")])
def test_an_exception_that_cannot_be_told_costs_no_slot(serve, path, name):
    site = serve("hostile", threads=1)
    worker = site.host.workers()
    assert site.get("/" + path).status == 500
    site.host.wait_for_log(rf"hostile\.py.*in {path}")
    site.host.wait_for_log(rf"  \| (hostile\.)?{name}:")
    assert site.get("/keep_write").text == "first"
    assert site.host.workers() == worker


def test_somebody_who_outlives_a_worker_and_writes_without_end_keeps_nobody(serve):
    site = serve("hostile")
    worker, = site.host.workers()
    writers = [subprocess.Popen(["sh", "-c", f"exec yes '' > /proc/{worker}/fd/{stream}"])
               for stream in (1, 1, 2)]
    try:
        site.host.wait_for_log(rf"worker {worker} stderr: ")
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: worker not in site.host.workers(), "the worker is gone")
        site.host.wait_for_workers(1)
        assert site.get("/keep_write").text == "first"
        for writer in writers:
            assert writer.wait(DEADLINE) == -signal.SIGPIPE, "nobody reads that pipe any more"
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()


def test_a_forged_notice_of_the_guard_does_not_end_the_host(serve):
    site = serve("hostile")
    site.get("/forge_notice")
    site.host.wait_for_workers(1)
    assert site.get("/keep_write").text == "first"


def test_stacks_that_cannot_be_told_leave_the_worker_its_ear(serve):
    site = serve("hostile", threads=2, settings="server: {request_timeout: 1s}\n")
    assert site.get("/no_stacks").text == "replaced"
    assert site.get("/never").status == 504
    site.host.wait_for_log("they cannot be told: ZeroDivisionError")
    site.host.wait_for_workers(1)


def test_a_worker_that_is_ready_cannot_be_not_ready_any_more(serve):
    site = serve("hostile")
    worker = site.host.workers()
    assert site.get("/say_not_ready").text == "said"
    with site.connect() as connection:
        connection.start(fcgi.params("/wait"))
        connection.send_stdin(b"")
        time.sleep(4)  # longer than one that is not ready may take to end
        site.touch("go")
        assert connection.read_answer().text == "waited"
    assert site.host.workers() == worker


def listens(address):
    try:
        fcgi.connect(address).close()
        return True
    except (FileNotFoundError, ConnectionRefusedError):
        return False
