"""A slot of the bootstrap, driven frame by frame over a socket pair."""

import socket
import threading

import pytest

from support.paths import ROOT
from support.waiting import DEADLINE

BOOTSTRAP = ROOT / "host/worker/python/bootstrap.py"


class Peer:
    """The host's end of one slot."""

    def __init__(self, app):
        self.code = {"__name__": "bootstrap_under_test"}
        exec(compile(BOOTSTRAP.read_text(), str(BOOTSTRAP), "exec"), self.code)
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(DEADLINE)
        self.slot = self.code["Slot"](theirs.detach(), app, {})
        self.thread = threading.Thread(target=self.slot.run)
        self.thread.start()

    def send(self, kind, serial, content=b""):
        self.socket.sendall(self.code["frame"](self.code[kind], content, serial))

    def ask(self, serial, path="/"):
        environ = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path,
                   "QUERY_STRING": ""}
        fields = [field for pair in environ.items() for field in pair]
        self.send("REQUEST_WITHOUT_BODY", serial, "\0".join(fields).encode())

    def answer(self):
        """Kinds and contents up to END."""
        frames = []
        while not frames or frames[-1][0] != self.code["END"]:
            header = self._exactly(8)
            _, kind, _, length, _, _ = self.code["HEADER"].unpack(header)
            frames.append((kind, self._exactly(length)))
        return frames

    def body(self):
        return b"".join(content for kind, content in self.answer() if kind == self.code["BODY"])

    def close(self):
        self.socket.close()
        self.thread.join(DEADLINE)
        assert not self.thread.is_alive()

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            assert more, "the slot ended"
            data += more
        return data


@pytest.fixture
def peer():
    peers = []

    def start(app):
        peers.append(Peer(app))
        return peers[-1]
    yield start
    for one in peers:
        one.close()


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return iter([b"hello"])


def test_a_serial_that_was_aborted_once_is_served_when_it_comes_again(peer):
    """Serials have 16 bits, so each comes again."""
    running, go_on = threading.Event(), threading.Event()

    def app(environ, start_response):
        if environ["PATH_INFO"] == "/wait":
            running.set()
            assert go_on.wait(DEADLINE)
        return hello(environ, start_response)

    slot = peer(app)
    slot.ask(7, "/wait")
    assert running.wait(DEADLINE)
    slot.slot.abort(7)
    go_on.set()
    assert slot.body() == b""
    slot.ask(8)
    assert slot.body() == b"hello"
    slot.ask(7)
    assert slot.body() == b"hello"


def test_an_abort_that_comes_before_its_request_counts(peer):
    slot = peer(hello)
    slot.slot.abort(9)
    slot.ask(9)
    assert slot.body() == b""
    slot.ask(10)
    assert slot.body() == b"hello"


def test_an_abort_of_an_earlier_request_is_ignored(peer):
    slot = peer(hello)
    slot.ask(1)
    assert slot.body() == b"hello"
    slot.slot.abort(1)
    slot.ask(2)
    assert slot.body() == b"hello"
