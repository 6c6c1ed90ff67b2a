"""A host that is told to stop loses no answer and takes nothing from the next host."""

import signal
import socket

import pytest

from support import fcgi_client as fcgi
from support.holdfast_process import HoldfastProcess
from support.waiting import DEADLINE, wait_until

pytestmark = pytest.mark.sanitized


def test_a_slow_reader_gets_its_whole_answer(serve):
    site = serve("bulk_list")
    with site.connect() as connection:
        # More than a socket holds, and less than makes the app wait.
        connection.start(fcgi.params("/", query="450000"), flags=0)
        connection.send_stdin(b"")
        connection.read_until(b"yyy")
        site.host.process.send_signal(signal.SIGTERM)
        site.host.wait_for_log("SIGTERM: finishing")
        site.host.wait_for_log(r"worker \d+: stopped")
        assert connection.read_answer().body == b"y" * 450000
    assert site.host.wait_exit() == 0


def test_the_next_host_keeps_its_socket(serve):
    old = serve("waiting", threads=2)
    with old.connect() as connection:
        connection.start(fcgi.params("/wait", query="release"))
        connection.send_stdin(b"")
        wait_until((old.root / "waiting.log").exists, "the request is in the app")
        old.host.process.send_signal(signal.SIGTERM)
        old.host.wait_for_log("SIGTERM: finishing")
        new = HoldfastProcess(["serve", "--listen", old.address, "--app-root", old.root,
                               "--handler", "hello.app"], old.root.parent)
        try:
            new.wait_for_log("ready")
            old.touch("release")
            assert connection.read_answer().text.startswith("done")
            assert old.host.wait_exit() == 0
            assert fcgi.get(old.address).text == "Hello world!"
            new.stop()
        finally:
            new.kill_leftovers()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_http_requests_in_progress_are_finished(serve, number):
    site = serve("waiting", listen=None, options=["--http", "tcp:127.0.0.1:0"])
    port = int(site.host.wait_for_log(r"listening on http://127\.0\.0\.1:(\d+)/")[1])
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as running, \
            socket.create_connection(("127.0.0.1", port), DEADLINE) as half:
        half.sendall(b"GET /hal")
        running.sendall(b"GET /wait?release HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until((site.root / "waiting.log").exists, "the request is in the app")
        site.host.process.send_signal(number)
        site.host.wait_for_log("finishing what runs")
        site.touch("release")
        answer = b"".join(iter(lambda: running.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200 ") and b"done" in answer
        assert site.host.wait_exit() == 0
