"""Runs the unmodified wfastcgi 3.0.0 of PyPI over a UNIX socket, with its own request loop.

    wfastcgi_on_linux.py SOCKET PROCESSES

Under IIS wfastcgi has one connection for ever, its standard input. Here that is
one connection after the other. What it takes from Windows when it is imported,
for watching files, is stubbed: nothing is watched.
"""

import ctypes
import io
import os
import signal
import socket
import sys


class WindowsStub:
    """Any library, and any function in it; each call gives 0, which means failure."""

    def __getattr__(self, name):
        return WindowsStub()

    def __call__(self, *_):
        return 0


class Connections(io.RawIOBase):
    """Bytes of one connection after the other, as if they were one stream."""

    def __init__(self, listener):
        self.listener = listener
        self.connection = None

    def readable(self):
        return True

    def fileno(self):
        return self.connection.fileno()

    def readinto(self, buffer):
        while True:
            if self.connection is None:
                self.connection = self.listener.accept()[0]
            try:
                count = self.connection.recv_into(buffer)
            except OSError:
                count = 0
            if count:
                return count
            self.connection.close()
            self.connection = None

    def close(self):
        if self.connection is not None:
            self.connection.close()
        super().close()


class StandardInput:
    def __init__(self, listener):
        self.listener = listener

    def detach(self):
        return io.BufferedReader(Connections(self.listener))


def serve(listener):
    import wfastcgi
    while True:  # it ends when a connection breaks; IIS would start it again
        sys.stdin = StandardInput(listener)
        wfastcgi.main()


def main():
    path, processes = sys.argv[1], int(sys.argv[2])
    ctypes.windll = WindowsStub()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(4096)
    if processes == 1:
        return serve(listener)
    children = []
    for _ in range(processes):
        child = os.fork()
        if child == 0:
            return serve(listener)
        children.append(child)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        signal.pause()
    finally:
        for child in children:
            os.kill(child, signal.SIGTERM)


main()
