"""A slot of the bootstrap, driven frame by frame over a socket pair."""

import gc
import os
import select
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
        self.slot = self.code["Slot"](theirs.detach(), app, {}, b"\x1etoken:0:")
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


@pytest.fixture
def pipe():
    """Stands for the descriptor of standard output."""
    ours, theirs = os.pipe()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def test_what_was_said_is_out_before_the_request_ends(peer, pipe):
    """So that whoever reads the end can read the lines as well; also the one without an end."""
    ours, theirs = pipe

    def app(environ, start_response):
        output.write(b"a line\npart")
        said.append(os.read(ours, 1000))
        return hello(environ, start_response)

    slot, said = peer(app), []
    output = slot.code["Output"](theirs, "<stdout>")
    for serial in (7, 8):
        slot.ask(serial)
        assert slot.body() == b"hello"
        assert said.pop() == b"\x1etoken:0:%d\x1ea line\n" % serial
        assert os.read(ours, 1000) == b"\x1etoken:0:%d\x1epart\n" % serial


def test_a_finalizer_between_two_requests_speaks_for_none(peer, pipe):
    ours, theirs = pipe

    class Speaking:
        def __del__(self):
            output.write(b"finalized\n")

    def app(environ, start_response):
        environ["kept"] = Speaking()
        return hello(environ, start_response)

    slot = peer(app)
    output = slot.code["Output"](theirs, "<stdout>")
    slot.ask(1)
    assert slot.body() == b"hello"
    slot.ask(2)  # by now nothing keeps the first one's environ
    assert slot.body() == b"hello"
    gc.collect()
    assert os.read(ours, 1000).startswith(b"finalized\n")


def test_each_write_to_the_pipe_is_a_whole_number_of_lines_that_fit_it(peer, pipe):
    """Longer writes could mix with those of others (POSIX, write)."""
    ours, theirs = pipe
    writes = []

    def app(environ, start_response):
        output.write(b"x" * 9000 + b"\n" + b"short\n" * 2000)
        return hello(environ, start_response)

    slot = peer(app)
    output = slot.code["Output"](theirs, "<stdout>")
    slot.code["write_all"] = lambda _, data: writes.append(data)
    slot.ask(1)
    assert slot.body() == b"hello"
    assert max(map(len, writes)) <= select.PIPE_BUF
    assert all(data.endswith(b"\n") for data in writes)
    lines = b"".join(writes).split(b"\n")[:-1]
    texts = [line.partition(b"token:0:1\x1e")[2] for line in lines]
    assert list(map(len, texts[:3])) == [4000, 4000, 1000]
    assert texts[3:] == [b"short"] * 2000


def test_a_pipe_that_is_closed_ends_no_slot(peer, pipe):
    ours, theirs = pipe

    def app(environ, start_response):
        output.write(b"part")
        os.close(broken)
        return hello(environ, start_response)

    slot, broken = peer(app), os.dup(theirs)
    output = slot.code["Output"](broken, "<stdout>")
    slot.ask(1)
    assert slot.body() == b"hello"


def test_a_pipe_that_does_not_block_loses_nothing(peer, pipe):
    ours, theirs = pipe
    os.set_blocking(theirs, False)

    def app(environ, start_response):
        output.write(b"%04d\n" * 50000 % tuple(range(50000)))
        return hello(environ, start_response)

    slot = peer(app)
    output = slot.code["Output"](theirs, "<stdout>")
    slot.ask(1)
    lines = b""
    while lines.count(b"\n") < 50000:
        lines += os.read(ours, 65536)
    assert slot.body() == b"hello"
    texts = [line.partition(b"token:0:1\x1e")[2] for line in lines.split(b"\n")[:-1]]
    assert texts == [b"%04d" % number for number in range(50000)]
