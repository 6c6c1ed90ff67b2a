"""A worker of the debug lane in a real Python, with the host's side of its link played by the test.

Frames are those of host/worker/link_message.h.
"""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import threading

from support.dap_client import DapClient, TcpStream
from support.paths import APPS, ROOT
from support.waiting import DEADLINE

PYTHON = ROOT / "host/worker/python"
#: As kLoader of worker_process.cpp has it.
LOADER = """\
import socket
control = socket.socket(fileno=3)
size = int(control.recv(8, socket.MSG_WAITALL))
exec(compile(control.recv(size, socket.MSG_WAITALL), '<frozen holdfast>', 'exec'),
     {'__name__': 'holdfast', 'control': control})
"""
#: Gives the descriptors behind the `--` the numbers 3, 4, ...
PLACE = """\
import os, sys
at = sys.argv.index('--')
for number, descriptor in enumerate(sys.argv[1:at], 3):
    os.dup2(int(descriptor), number)
os.execv(sys.argv[at + 1], sys.argv[at + 1:])
"""
FAR = 100  #: descriptors from here on are not in the way of 3, 4, ...


def bootstrap_names():
    """What bootstrap.py defines, such as the kinds of frames."""
    names = {"__name__": "names"}
    exec(compile((PYTHON / "bootstrap.py").read_text(), "bootstrap.py", "exec"), names)
    return names


NAMES = bootstrap_names()


class Link:
    """One socket of the worker; a thread of ours reads its frames."""

    def __init__(self, connection):
        self.socket = connection
        self.frames = []  #: (kind, content)
        self.ended = False
        self._taken = 0
        self._arrived = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, kind, serial=0, content=b""):
        self.socket.sendall(NAMES["frame"](NAMES[kind], content, serial))

    def until(self, kind, deadline=DEADLINE):
        """The frames that have not been taken yet, up to the next of this kind."""
        def end():
            return next((at + 1 for at in range(self._taken, len(self.frames))
                         if self.frames[at][0] == NAMES[kind]), 0)

        with self._arrived:
            self._arrived.wait_for(lambda: end() or self.ended, deadline)
            assert end(), f"no {kind} (ended: {self.ended}): {self.frames[self._taken:]}"
            found = self.frames[self._taken:end()]
            self._taken = end()
            return found

    def _read(self):
        data = b""
        with contextlib.suppress(OSError):
            while piece := self.socket.recv(1 << 16):
                data += piece
                while len(data) >= 8:
                    _, kind, _, length, _, _ = NAMES["HEADER"].unpack_from(data)
                    if len(data) < 8 + length:
                        break
                    with self._arrived:
                        self.frames.append((kind, data[8:8 + length]))
                        self._arrived.notify_all()
                    data = data[8 + length:]
        with self._arrived:
            self.ended = True
            self._arrived.notify_all()


class LaneWorker:
    """`settings`: engine, wait, address, as the host gives them."""

    def __init__(self, python, folder=APPS, handler="debuggee.app", threads=2, **settings):
        pairs = [socket.socketpair() for _ in range(threads + 1)]
        stacks, stacks_theirs = os.pipe()
        said, said_theirs = os.pipe()
        self.process = self._launch(python, folder, [pair[1] for pair in pairs],
                                    stacks_theirs, said_theirs)
        for descriptor in (stacks, stacks_theirs, said_theirs):
            os.close(descriptor)
        for _, theirs in pairs:
            theirs.close()
        self.output = b""
        self._listener = threading.Thread(target=self._listen, args=(said,), daemon=True)
        self._listener.start()
        self.control, *self.slots = [Link(ours) for ours, _ in pairs]
        self._serials = [0] * threads
        source = (PYTHON / "bootstrap.py").read_bytes()
        self.control.socket.sendall(b"%08d" % len(source) + source)
        self.control.send("SETTINGS", content=fields(
            {"handler": handler, "root": str(folder), "threads": str(threads),
             "multiprocess": "1", "output": "token", "activate": "", "telemetry": "",
             "stack dump signal": str(int(signal.SIGRTMIN)), "engine": "auto", "wait": "0",
             "address": "", **settings, "engine source": (PYTHON / "engine.py").read_text()}))

    @staticmethod
    def _launch(python, folder, sockets, stacks, output):
        descriptors = [s.fileno() for s in sockets] + [stacks]
        # Free ones: a long run of tests has descriptors everywhere.
        far = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, FAR) for descriptor in descriptors]
        try:
            return subprocess.Popen(
                [python, "-c", PLACE, *map(str, far), "--", str(python), "-u", "-X",
                 "frozen_modules=off", "-c", LOADER],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder,
                pass_fds=far, start_new_session=True)
        finally:
            for number in far:
                os.close(number)

    # -- start -----------------------------------------------------------

    def engine(self):
        """(name, version, port) once it listens."""
        name, version, port, host = self.told("ENGINE")
        assert host == "127.0.0.1"
        return name, version, int(port)

    def told(self, kind):
        """Fields of the next control frame of this kind."""
        return self.control.until(kind)[-1][1].decode().split("\0")

    def ready(self):
        self.port = self.engine()[2]
        self.told("READY")
        return self

    def client(self, **arguments):
        return DapClient(TcpStream(("127.0.0.1", self.port)), **arguments)

    # -- requests --------------------------------------------------------

    def ask(self, target, slot=0, body=b""):
        """Sends a request; answer() waits for its end. Returns its serial."""
        path, _, query = target.partition("?")
        environ = {"REQUEST_METHOD": "POST" if body else "GET", "SCRIPT_NAME": "",
                   "PATH_INFO": path, "QUERY_STRING": query, "CONTENT_LENGTH": str(len(body))}
        self._serials[slot] += 1
        serial = self._serials[slot]
        link = self.slots[slot]
        link.send("REQUEST" if body else "REQUEST_WITHOUT_BODY", serial, fields(environ))
        if body:
            link.send("INPUT", serial, body)
            link.send("INPUT_END", serial)
        return serial

    def answer(self, slot=0, deadline=DEADLINE):
        """The body; of a request that failed: the traceback."""
        parts = [content for kind, content in self.slots[slot].until("END", deadline)
                 if kind in (NAMES["BODY"], NAMES["FAILED"])]
        return b"".join(parts).decode()

    def has_answered(self, slot=0):
        """All that it was asked in this slot."""
        ends = [kind for kind, _ in list(self.slots[slot].frames) if kind == NAMES["END"]]
        return len(ends) == self._serials[slot]

    def get(self, target, slot=0):
        self.ask(target, slot)
        return self.answer(slot)

    def abort(self, slot, serial):
        self.control.send("ABORT", serial, bytes([slot >> 8, slot & 255]))

    def stacks(self, deadline=DEADLINE):
        """[(number of the slot or "", name, stack)]"""
        self.control.send("ASK_STACKS")
        return [tuple(content.decode().split("\0"))
                for kind, content in self.control.until("STACKS", deadline)
                if kind == NAMES["STACKS_PART"]]

    # -- end -------------------------------------------------------------

    def stop(self):
        """As the host lets a worker end. Returns its exit code."""
        for link in (self.control, *self.slots):
            link.socket.shutdown(socket.SHUT_RDWR)
        return self.process.wait(DEADLINE)

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(DEADLINE)
        for link in (self.control, *self.slots):
            link.socket.close()

    def _listen(self, descriptor):
        with open(descriptor, "rb", buffering=0) as pipe:
            while piece := pipe.read(1 << 16):
                self.output += piece


def fields(pairs):
    return "\0".join(text for pair in pairs.items() for text in pair).encode()
