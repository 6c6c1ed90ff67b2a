"""What is sent through a relay to an engine that says it all again."""

import socket
import threading
import time
from statistics import quantiles

from support.dap_client import frame
from support.web_socket import BINARY, WebSocket, encode

BLOCK = 1 << 18
#: Bytes on the way at most: as much as goes through a slow one in no time.
WINDOW = 8 << 20


def message(size):
    """A DAP message of about that many bytes."""
    return frame({"seq": 1, "type": "request", "command": "evaluate",
                  "arguments": {"expression": "x" * max(size - 120, 0)}})


class Plain:
    """A TCP connection."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = memoryview(bytearray(BLOCK))

    @staticmethod
    def wire(data):
        return data

    def receive(self, count):
        """Reads so many bytes of what comes through."""
        while count > 0:
            count -= self.receive_some()
        if count < 0:
            raise ConnectionError("more came back than was sent")

    def receive_some(self):
        """-> how many bytes came"""
        got = self.socket.recv_into(self._buffer)
        if not got:
            raise ConnectionError("closed")
        return got

    def close(self):
        self.socket.close()


class Framed(Plain):
    """A WebSocket; frames are made before they are measured."""

    def __init__(self, port, path="/", headers=()):
        opened = WebSocket.connect(("127.0.0.1", port), path, headers)
        self.socket = opened.socket
        self._data = b""
        self._in_frame = 0

    @staticmethod
    def wire(data):
        return encode(BINARY, data)

    def receive_some(self):
        got = 0
        while not got:
            more = self.socket.recv(BLOCK)
            if not more:
                raise ConnectionError("closed")
            got, self._data = self._count(self._data + more)
        return got

    def _count(self, data):
        """-> bytes of payload in it, the part of a header that is left over"""
        at, got, end = 0, 0, len(data)
        while at < end:
            if not self._in_frame:
                size = {126: 4, 127: 10}.get(data[at + 1] & 127, 2) if end - at >= 2 else end + 1
                if end - at < size:
                    break
                length = (data[at + 1] & 127 if size == 2
                          else int.from_bytes(data[at + 2:at + size], "big"))
                if data[at] & 15 > 2:
                    raise ConnectionError(f"a control frame: {data[at:at + 140]!r}")
                self._in_frame = length
                at += size
            piece = min(self._in_frame, end - at)
            self._in_frame -= piece
            got += piece
            at += piece
        return got, data[at:]


def round_trips(stream, seconds, size=200):
    """-> p50 and p99 in µs, one message at a time"""
    data = message(size)
    wire, count = stream.wire(data), len(data)
    times = []
    end = time.perf_counter() + seconds
    while (begin := time.perf_counter()) < end:
        stream.socket.sendall(wire)
        stream.receive(count)
        times.append(time.perf_counter() - begin)
    cuts = quantiles(times, n=100)
    return cuts[49] * 1e6, cuts[98] * 1e6


def throughput(stream, total, size=1 << 18):
    """-> bytes a second of `total` or a little more, there and back at the same time"""
    data = message(size)
    wire = stream.wire(data)
    messages = total // len(data) + 1
    room = threading.Semaphore(WINDOW // len(data))

    def send():
        for _ in range(messages):
            room.acquire()
            stream.socket.sendall(wire)

    sender = threading.Thread(target=send, daemon=True)
    begin = time.perf_counter()
    sender.start()
    received = 0
    for number in range(1, messages + 1):
        while received < number * len(data):
            received += stream.receive_some()
        room.release()
    return messages * len(data) / (time.perf_counter() - begin)
