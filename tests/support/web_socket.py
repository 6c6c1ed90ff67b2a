"""A raw, minimal WebSocket client (RFC 6455) that can also do what it must not.

For tests of a server: each frame is built from its parts, and nothing that the server sends
is taken without a look.
"""

import base64
import contextlib
import hashlib
import os
import re
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field

from support.waiting import DEADLINE

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass
class Answer:
    """What came for the upgrade; the body only where it was none."""

    status: int
    reason: str
    headers: list = field(default_factory=list)
    body: bytes = b""

    def header(self, name, default=None):
        return next((v for n, v in self.headers if n.lower() == name.lower()), default)

    @property
    def mark(self):
        """Of the session: the value of the cookie that the answer sets."""
        cookies = [v for n, v in self.headers if n.lower() == "set-cookie"]
        return next(re.match(r"holdfast-debug=([^;]+)", cookie)[1] for cookie in cookies)

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")


@dataclass
class Frame:
    opcode: int
    payload: bytes
    fin: bool = True
    rsv: int = 0
    masked: bool = False

    @property
    def close_code(self):
        return struct.unpack("!H", self.payload[:2])[0] if self.payload else 1005

    @property
    def close_reason(self):
        return self.payload[2:].decode()


class Refused(Exception):
    """The server did not upgrade."""

    def __init__(self, answer):
        super().__init__(f"{answer.status} {answer.reason}: {answer.text}")
        self.answer = answer


class TlsPeer:
    """The client's end of a TLS connection that one thread may read while another one writes,
    which ssl.SSLSocket does not promise."""

    def __init__(self, peer, ca, server_name):
        context = ssl.create_default_context(cafile=str(ca))
        self._peer, self._lock = peer, threading.Lock()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        try:
            self._until_done(self._tls.do_handshake)
        except BaseException:
            peer.close()
            raise

    def recv(self, count):
        try:
            return self._until_done(lambda: self._tls.read(count))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def sendall(self, data):
        view = memoryview(data)
        with self._lock:
            while view:
                view = view[self._tls.write(view):]
            self._flush()

    def _until_done(self, step):
        while True:
            with self._lock:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    pass
                finally:
                    self._flush()
            data = self._peer.recv(1 << 16)
            with self._lock:
                self._incoming.write(data) if data else self._incoming.write_eof()

    def _flush(self):
        if self._outgoing.pending:
            self._peer.sendall(self._outgoing.read())

    def __getattr__(self, name):
        return getattr(self._peer, name)


def dial(address, ca=None, server_name="localhost", source=None):
    """A connected socket. address: (host, port), `tcp:HOST:PORT` or `unix:PATH`

    ca: PEM file; given, it is a TLS connection verified by that
    source: another address of this machine to come from
    """
    if isinstance(address, str):
        kind, _, rest = address.partition(":")
        address = rest if kind == "unix" else (rest.rpartition(":")[0], int(rest.rpartition(":")[2]))
    peer = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
    if source:
        peer.bind((source, 0))
    peer.settimeout(DEADLINE)
    peer.connect(address)
    if not isinstance(address, str):
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return TlsPeer(peer, ca, server_name) if ca else peer


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def basic(user, password=""):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def upgrade_request(path, headers=(), host="localhost", key=None, method="GET", version="1.1"):
    """The bytes of an opening handshake. headers: replace or, with the value None, remove what
    it says otherwise"""
    fields = {"Host": host, "Upgrade": "websocket", "Connection": "Upgrade",
              "Sec-WebSocket-Key": key or base64.b64encode(os.urandom(16)).decode(),
              "Sec-WebSocket-Version": "13"}
    fields.update(headers)
    lines = [f"{method} {path} HTTP/{version}"]
    lines += [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class WebSocket:
    """A connection after its handshake. One thread may read; others may write meanwhile."""

    def __init__(self, peer, leftover=b""):
        self.socket = peer
        self.answers_pings = True  #: in recv()
        self.answers_close = True  #: likewise
        self.pings = 0  #: that recv() has seen
        self.close = self.end  # a stream's word; see dap_client.py
        self.closed = None  #: the close frame that recv() has seen
        self._data = leftover
        self._sending = threading.Lock()  # a reader answers pings

    @classmethod
    def connect(cls, address, path="/ptvsd", headers=(), **more):
        """Raises Refused where the server does not upgrade. more: of dial()"""
        peer = dial(address, **more)
        try:
            key = base64.b64encode(os.urandom(16)).decode()
            peer.sendall(upgrade_request(path, headers, key=key))
            answer, leftover = read_answer(peer)
            if answer.status != 101:
                raise Refused(answer)
            expected = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()
            assert answer.header("Sec-WebSocket-Accept") == expected, answer
            assert answer.header("Upgrade").lower() == "websocket", answer
            assert answer.header("Connection").lower() == "upgrade", answer
        except BaseException:
            peer.close()
            raise
        opened = cls(peer, leftover)
        opened.answer = answer
        return opened

    # -- as a stream -----------------------------------------------------

    def send(self, data):
        self.send_frame(BINARY, data)

    def recv(self):
        """The next piece of the stream; b"" when the server has closed, see `closed`."""
        while True:
            frame = self.read_frame()
            if frame is None:
                return b""
            if frame.opcode == CLOSE:
                self.closed = frame
                if self.answers_close:
                    with contextlib.suppress(OSError):
                        self.send_frame(CLOSE, frame.payload)
                return b""
            if frame.opcode == PING:
                self.pings += 1
                if self.answers_pings:
                    self.send_frame(PONG, frame.payload)
            elif frame.opcode in (BINARY, CONTINUATION) and frame.payload:
                return frame.payload

    def end(self):
        """Goes as a client that was ended does: by a close frame, without waiting."""
        with contextlib.suppress(OSError):
            self.send_close(1000)
        self.drop()

    # -- frames ----------------------------------------------------------

    def send_frame(self, opcode, payload=b"", **more):
        self.send_raw(encode(opcode, payload, **more))

    def send_close(self, code=1000, reason=""):
        self.send_frame(CLOSE, struct.pack("!H", code) + reason.encode())

    def send_raw(self, data):
        with self._sending:
            self.socket.sendall(data)

    def read_frame(self):
        """The next frame, or None at the end of the connection."""
        head = self._take(2)
        if head is None:
            return None
        length = head[1] & 0x7F
        if length >= 126:
            more = self._take(2 if length == 126 else 8)
            if more is None:
                return None
            length = int.from_bytes(more, "big")
        assert not head[1] & 0x80, "a server must not mask"
        payload = self._take(length)
        if payload is None:
            return None
        return Frame(head[0] & 0x0F, payload, bool(head[0] & 0x80), head[0] >> 4 & 7)

    def read_close(self):
        """Reads on to the close frame; None where the connection ends without."""
        while frame := self.read_frame():
            if frame.opcode == CLOSE:
                return frame
        return None

    # -- leaving without a word ------------------------------------------

    def drop(self):
        """FIN both ways, at once."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def reset(self):
        """TCP RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Sends nothing, but wakes a thread that reads and so keeps the connection.
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RD)
        self.socket.close()

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def _take(self, count):
        while len(self._data) < count:
            try:
                more = self.socket.recv(1 << 16)
            except ConnectionError:
                more = b""
            if not more:
                return None
            self._data += more
        taken, self._data = self._data[:count], self._data[count:]
        return taken


def encode(opcode, payload=b"", fin=True, mask=True, rsv=0, length_bytes=None, length=None):
    """The bytes of one frame (RFC 6455 section 5.2).

    length_bytes: 1, 2 or 8, where it shall not be the shortest form
    length: what it claims to be, where that is not the truth
    """
    length = len(payload) if length is None else length
    if length_bytes is None:
        length_bytes = 1 if length < 126 else 2 if length < 1 << 16 else 8
    head = bytes([fin << 7 | rsv << 4 | opcode])
    bit = 0x80 if mask else 0
    if length_bytes == 1:
        head += bytes([bit | length])
    else:
        head += bytes([bit | (126 if length_bytes == 2 else 127)])
        head += length.to_bytes(length_bytes, "big")
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + masked(payload, key)


def masked(payload, key):
    stream = (key * (len(payload) // 4 + 1))[:len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")).to_bytes(
        len(payload), "big")


def read_answer(peer):
    """Reads the head of an HTTP answer, and its body unless it is a 101. Returns (Answer, what
    came behind)"""
    data = b""
    while b"\r\n\r\n" not in data:
        more = peer.recv(1 << 16)
        if not more:
            raise ConnectionError(f"closed within the answer's head: {data!r}")
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    _, status, *reason = first.split(" ", 2)
    answer = Answer(int(status), "".join(reason),
                    [tuple(line.split(": ", 1)) for line in lines if ": " in line])
    if answer.status == 101:
        return answer, rest
    length = answer.header("Content-Length")
    while length is None or len(rest) < int(length):
        more = peer.recv(1 << 16)
        if not more:
            break
        rest += more
    answer.body = rest
    return answer, b""


def ask(address, request, **more):
    """Sends bytes on a connection of its own; returns the Answer. more: of dial()"""
    with contextlib.closing(dial(address, **more)) as peer:
        peer.sendall(request)
        return read_answer(peer)[0]
