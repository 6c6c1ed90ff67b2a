"""A running `holdfast attach`."""

import os
import pty
import signal

from support.dap_client import TcpStream
from support.holdfast_process import HoldfastProcess


class Bridge(HoldfastProcess):
    """url: with or without the secret; ca: what it trusts"""

    def __init__(self, url, folder, *options, ca=None, environment=None, **more):
        super().__init__(["attach", url, "--listen", "127.0.0.1:0",
                          *(["--ca", ca] if ca else []), *options], folder, environment, **more)
        self._port = None

    @property
    def port(self):
        """Where it listens for the debugger of this machine."""
        if self._port is None:
            self._port = int(self.wait_for_log(r"(?:127\.0\.0\.1|localhost):(\d+)")[1])
        return self._port

    def stream(self):
        return TcpStream(("127.0.0.1", self.port))

    def stop(self, number=signal.SIGINT):
        super().stop(number)


class TerminalBridge(Bridge):
    """... in a terminal, as a developer sees it. Each state of its last line is one of `lines`."""

    def __init__(self, url, folder, *options, **more):
        self._terminal, inside = pty.openpty()
        try:
            super().__init__(url, folder, *options, stdin=inside, stdout=inside, stderr=inside,
                             **more)
        finally:
            os.close(inside)

    def _read_log(self):
        data = b""
        while piece := self._read():
            *lines, data = (data + piece).replace(b"\r\x1b[K", b"\n").split(b"\n")
            self._add(lines + [data] if data else lines)
        os.close(self._terminal)
        self._end_log()

    def _add(self, lines):
        with self._grown:
            self.lines += [line.decode("utf-8", "backslashreplace").rstrip("\r")
                           for line in lines if line]
            self._grown.notify_all()

    def _read(self):
        try:
            return os.read(self._terminal, 1 << 16)
        except OSError:  # nobody has the other end any more
            return b""
