"""The log: its formats, its file in all conditions, and traces. The site answers throughout."""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.waiting import wait_until

pytestmark = pytest.mark.sanitized

LINE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO |WARN ) \S"


def serve_unseen(sites, settings, **more):
    """A site that does not say on standard error that it listens: the socket tells."""
    socket = sites.new_folder() / "fcgi"
    site = sites.serve("chatty", settings=settings, listen=None, ready=False,
                       options=["--listen", f"unix:{socket}"], **more)
    site.address = f"unix:{socket}"

    def listens():
        try:
            site.connect().close()
            return True
        except OSError:
            return False

    wait_until(listens, "it listens")
    return site


class LogFile:
    """A site whose log is in a file, and what it was made to say there."""

    def __init__(self, sites, path, settings):
        self.path = path
        self.site = serve_unseen(sites, f"log:\n  file: {path}\n{settings}")
        self.host = self.site.host
        self._number = 0
        self._lock = threading.Lock()
        self.said = []

    def text(self):
        """Of the file and the old ones, whatever of them is there."""
        parts = []
        for path in sorted(self.path.parent.glob(self.path.name + "*")):
            try:
                parts.append(path.read_text())
            except FileNotFoundError:  # renamed meanwhile
                pass
        return "".join(parts)

    def everywhere(self):
        return self.text() + self.host.log

    def say(self, length=0):
        """One request, whose app prints a line that no other has."""
        with self._lock:
            self._number += 1
            line = f"line-{self.host.pid}-{self._number:05}-{'x' * length}."
            self.said.append(line)
        assert self.site.get("/say", QUERY_STRING=line).text == "done"

    def say_until(self, condition, what, length=0):
        def said():
            self.say(length)
            return condition()
        return wait_until(said, what)

    def assert_all_is_somewhere(self):
        def is_there():
            everywhere = self.everywhere()
            return all(line in everywhere for line in self.said)
        wait_until(is_there, "every line is somewhere")


@pytest.fixture
def log_file(sites, tmp_path):
    def start(folder=None, settings=""):
        folder = folder or tmp_path / "logs"
        folder.mkdir(exist_ok=True)
        return LogFile(sites, folder / "site.log", settings)
    return start


# -- a file that cannot be written ------------------------------------------

def test_a_full_disk_fails_no_request_and_no_line_is_lost(log_file, small_disk):
    (small_disk / "other").write_bytes(bytes(48 * 1024))
    log = log_file(small_disk, "  rotate_at: off\n")
    log.say_until(lambda: log.host.log_matches("the log cannot be written"), "it is full", 1000)
    log.host.wait_for_log("site.log: No space left on device; it goes to standard error")
    for _ in range(10):
        log.say(1000)
    (small_disk / "other").unlink()
    log.say_until(lambda: " again; " in log.text(), "the file is written again")
    log.assert_all_is_somewhere()
    lines = log.text().splitlines()
    assert [line for line in lines if not re.match(LINE, line)] == []
    log.host.wait_for_log("the log is written to .*site.log again; "
                          "[1-9][0-9]* lines? went to standard error")
    assert len(log.host.log_matches("the log cannot be written")) == 1


def test_a_folder_that_is_removed_and_made_again(log_file):
    log = log_file()
    shutil.rmtree(log.path.parent)
    log.say_until(lambda: log.host.log_matches("site.log: No such file or directory"), "it is gone")
    log.path.parent.mkdir()
    log.say_until(lambda: " again; " in log.text(), "the file is written again")
    log.say()
    wait_until(lambda: log.said[-1] in log.path.read_text(), "the log goes on in the file")


def test_a_file_system_that_is_read_only_at_first(log_file, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    log = log_file(small_disk)
    log.host.wait_for_log("site.log: Read-only file system; it goes to standard error")
    log.say()
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    log.say_until(lambda: " again; " in log.text(), "the file is written")
    log.assert_all_is_somewhere()


def test_a_pipe_whose_reader_is_stuck_and_leaves(log_file, tmp_path):
    (tmp_path / "logs").mkdir()
    pipe = tmp_path / "logs" / "site.log"
    os.mkfifo(pipe)
    stuck = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        log = log_file()
        for _ in range(300):
            log.say(1000)  # far more than a pipe holds
    finally:
        os.close(stuck)
    log.say_until(lambda: log.host.log_matches("site.log: Broken pipe; it goes to standard error"),
                  "the reader has left")
    assert log.site.get("/say").text == "done"


# -- rotation ---------------------------------------------------------------

def test_the_file_is_rotated_under_requests_and_keeps_every_line(log_file):
    log = log_file(settings="  rotate_at: 4 KiB\n  keep: 1000\n")
    with ThreadPoolExecutor(8) as clients:
        list(clients.map(lambda _: log.say(100), range(400)))
    log.assert_all_is_somewhere()
    files = list(log.path.parent.iterdir())
    assert len(files) > 10
    assert max(path.stat().st_size for path in files) <= 4096
    assert log.host.log == "", "nothing for standard error"


def test_no_more_old_files_than_are_to_be_kept(log_file):
    log = log_file(settings="  rotate_at: 1 KiB\n  keep: 2\n")
    for _ in range(40):
        log.say(100)
    wait_until(lambda: log.said[-1] in log.text(), "the last line is written")
    assert sorted(path.name for path in log.path.parent.iterdir()) == [
        "site.log", "site.log.1", "site.log.2"]


@pytest.mark.parametrize("remove", [lambda path: path.rename(path.parent / "site.log.old"),
                                    lambda path: path.unlink()], ids=["renamed", "deleted"])
def test_a_file_that_another_program_takes_away_is_made_anew(log_file, remove):
    log = log_file()
    log.say()
    wait_until(lambda: log.said[-1] in log.text(), "it is written")
    remove(log.path)
    log.say_until(lambda: log.path.exists() and log.said[-1] in log.path.read_text(),
                  "the log goes on in a new file")
    assert log.host.log == ""


def test_sighup_begins_a_new_file_at_once_and_takes_the_level(log_file):
    log = log_file()
    log.say()
    wait_until(lambda: log.said[-1] in log.text(), "it is written")
    old = log.path.rename(log.path.parent / "site.log.old")
    yaml = log.site.root / "holdfast.yaml"
    yaml.write_text(yaml.read_text() + "  level: error\n")
    log.host.process.send_signal(signal.SIGHUP)
    wait_until(lambda: log.path.exists() and "reload: SIGHUP" in log.path.read_text(), "it is new")
    assert "SIGHUP" not in old.read_text()
    wait_until(lambda: log.site.get("/raises").status == 500, "the app raises")
    wait_until(lambda: "RuntimeError" in log.path.read_text(), "an error is logged")
    log.say()
    log.site.get("/raises")
    wait_until(lambda: log.path.read_text().count("Traceback") == 2, "the second one, too")
    assert log.said[-1] not in log.path.read_text(), "that is only an info"


def test_two_hosts_share_a_file(log_file):
    settings = "  rotate_at: 4 KiB\n  keep: 1000\n"
    logs = [log_file(settings=settings), log_file(settings=settings)]
    with ThreadPoolExecutor(8) as clients:
        list(clients.map(lambda i: logs[i % 2].say(100), range(300)))
    for log in logs:
        log.assert_all_is_somewhere()
        assert log.host.log == ""
    lines = logs[0].text().splitlines()
    assert [line for line in lines if not re.match(LINE, line)] == []
    said = [line for line in lines if "stdout: line-" in line]
    assert len(said) == 300, "each line once"


# -- formats ----------------------------------------------------------------

def test_each_line_of_json_is_an_object_whatever_the_app_writes(serve):
    site = serve("chatty", settings="log: {format: json}\n")
    assert site.get("/every_byte").text == "done"
    assert site.get("/raises").status == 500
    site.host.wait_for_log("RuntimeError")
    site.host.wait_for_log("forged")
    events = [json.loads(line) for line in site.host.lines]
    for event in events:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["time"])
        assert event["level"] in ("info", "warning", "error")
        assert "\n" not in event["message"]
    failed, = [event for event in events if event["level"] == "error"]
    assert failed["detail"].startswith("Traceback (most recent call last):\n")
    assert "a \"quoted\" \\ reason" in failed["detail"]
    assert "\x1b" not in failed["detail"]


# -- traces -----------------------------------------------------------------

def test_traces_tell_each_message_and_no_secret(sites):
    site = serve_unseen(sites, "log: {level: error}\n",
                        environment={"HOLDFAST_TRACE": "fcgi, link,worker"})
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/say", "QUERY_STRING": "x",
               "CONTENT_LENGTH": "11", "HTTP_COOKIE": "id=s3cret-in"}
    assert site.request(environ, b"s3cret-body").text == "done"
    worker = r"worker \d+"
    for pattern in (r"TRACE fcgi: connection \d+ <- BEGIN_REQUEST, request id 1, 8 bytes",
                    r"TRACE fcgi: connection \d+ <- PARAMS, request id 1, [1-9]\d* bytes",
                    r"TRACE fcgi: connection \d+ <- STDIN, request id 1, 11 bytes",
                    r"TRACE fcgi: connection \d+ -> STDOUT, request id 1, 4 bytes",
                    r"TRACE fcgi: connection \d+ -> END_REQUEST, request id 1, 8 bytes",
                    rf"TRACE link: {worker} control <- READY, [1-9]\d* bytes",
                    rf"TRACE link: {worker} slot 0 -> REQUEST, serial 1, [1-9]\d* bytes",
                    rf"TRACE link: {worker} slot 0 <- BODY, serial 1, 4 bytes",
                    rf"TRACE link: {worker} slot 0 <- END, serial 1, 0 bytes",
                    rf"TRACE worker: {worker} serves request \S+ in slot 0"):
        site.host.wait_for_log(pattern)
    assert "s3cret" not in site.host.log
    assert "TRACE http" not in site.host.log


def test_traces_of_http(serve):
    site = serve("chatty", environment={"HOLDFAST_TRACE": "http"}, http=True)
    url = site.host.wait_for_log(r"listening on (http://\S+)")[1]
    subprocess.run(["curl", "-sf", "-H", "Cookie: id=s3cret-in", "-d", "s3cret-body", "-o",
                    "/dev/null", f"{url}say?token=s3cret-query"], check=True)
    site.host.wait_for_log(r"TRACE http: client 127.0.0.1 \(\d+\) <- POST, \d+ bytes of head: "
                           "Host, User-Agent, Accept, Cookie, Content-Length, Content-Type")
    site.host.wait_for_log(r"TRACE http: .* request \S+ <- 11 bytes of body")
    site.host.wait_for_log(r"TRACE http: .* request \S+ -> 200, \d+ bytes of head: "
                           "Content-Type, Set-Cookie")
    site.host.wait_for_log(r"TRACE http: .* request \S+ -> 4 bytes of body")
    site.host.wait_for_log(r"TRACE http: .* request \S+ -> end of answer")
    for line in site.host.lines:
        assert "s3cret" not in line or "stdout: " in line, "the app itself prints its query"


def test_an_unknown_topic_is_warned_of(serve):
    site = serve(environment={"HOLDFAST_TRACE": "fcgi,ws"})
    site.host.wait_for_log('WARN .*HOLDFAST_TRACE knows no "ws"; its topics are fcgi, http, link, '
                           "worker")
    assert len(site.host.log_matches("WARN ")) == 1
