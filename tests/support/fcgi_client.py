"""A FastCGI web server's side, record by record (FastCGI 1.0, "Protocol Basics").

As precise or as hostile as a test wants it: records may be cut at any byte,
mixed between requests, or wrong.
"""

import select
import socket
import struct
from dataclasses import dataclass, field

from support.waiting import DEADLINE

VERSION = 1
BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST = 1, 2, 3
PARAMS, STDIN, STDOUT, STDERR, DATA = 4, 5, 6, 7, 8
GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = 9, 10, 11
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
KEEP_CONN = 1
REQUEST_COMPLETE, CANT_MPX_CONN, OVERLOADED, UNKNOWN_ROLE = 0, 1, 2, 3
MAX_CONTENT = 65535

HEADER = struct.Struct(">BBHHBx")


class ConnectionCut(Exception):
    """The host ended the connection before the answer was complete."""


@dataclass
class Record:
    type: int
    request_id: int
    content: bytes = b""


@dataclass
class Answer:
    """What one request got: CGI header block, body and the end record."""

    stdout: bytes = b""
    stderr: bytes = b""
    app_status: int = None
    protocol_status: int = None
    complete: bool = False
    #: sizes of the STDOUT records, in order: how the answer was cut into pieces
    pieces: list = field(default_factory=list)

    @property
    def head(self):
        return self.stdout.partition(b"\r\n\r\n")[0]

    @property
    def body(self):
        return self.stdout.partition(b"\r\n\r\n")[2]

    @property
    def headers(self):
        """(name, value) pairs as latin-1 text, in order, `Status` left out."""
        return [pair for pair in self._lines() if pair[0].lower() != "status"]

    def header(self, name):
        """The only header of that name, None without one."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) <= 1, f"{name} is repeated: {values}"
        return values[0] if values else None

    @property
    def status_line(self):
        return dict((name.lower(), value) for name, value in self._lines()).get("status", "200 OK")

    @property
    def status(self):
        return int(self.status_line[:3])

    @property
    def text(self):
        return self.body.decode("utf-8")

    def _lines(self):
        assert b"\r\n\r\n" in self.stdout, f"no complete header block: {self.stdout[:500]!r}"
        for line in self.head.decode("latin-1").split("\r\n"):
            name, _, value = line.partition(":")
            yield name, value.strip()


def encode_record(kind, request_id, content=b"", padding=0, version=VERSION):
    header = HEADER.pack(version, kind, request_id, len(content), padding)
    return header + content + bytes(padding)


def encode_length(length, long_form=False):
    """One byte below 128, else (or in `long_form`) four bytes."""
    if length < 128 and not long_form:
        return bytes([length])
    return struct.pack(">I", length | 0x80000000)


def encode_pairs(pairs, long_form=False):
    if isinstance(pairs, dict):
        pairs = pairs.items()
    out = bytearray()
    for name, value in pairs:
        name, value = to_bytes(name), to_bytes(value)
        out += encode_length(len(name), long_form) + encode_length(len(value), long_form)
        out += name + value
    return bytes(out)


def decode_pairs(content):
    pairs, at = {}, 0

    def length():
        nonlocal at
        if content[at] < 128:
            at += 1
            return content[at - 1]
        at += 4
        return struct.unpack(">I", content[at - 4:at])[0] & 0x7FFFFFFF

    while at < len(content):
        name_length, value_length = length(), length()
        name, value = content[at:at + name_length], content[at + name_length:][:value_length]
        pairs[name.decode("latin-1")] = value.decode("latin-1")
        at += name_length + value_length
    return pairs


def encode_begin(request_id, role=RESPONDER, flags=0):
    return encode_record(BEGIN_REQUEST, request_id, struct.pack(">HB5x", role, flags))


def encode_stream(kind, request_id, data, record_size=MAX_CONTENT, padding=0):
    """A whole stream: records of `record_size`, padded, then the empty one that
    ends it, unpadded (libfcgi takes padding there for the next header)."""
    out = bytearray()
    for at in range(0, len(data), record_size):
        out += encode_record(kind, request_id, data[at:at + record_size], padding)
    return bytes(out + encode_record(kind, request_id))


def encode_request(environ, body=b"", request_id=1, flags=KEEP_CONN):
    return (encode_begin(request_id, RESPONDER, flags)
            + encode_stream(PARAMS, request_id, encode_pairs(environ))
            + encode_stream(STDIN, request_id, body))


def to_bytes(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def params(path="/", method="GET", query="", body=None, **more):
    """Params as nginx's stock file gives them; `body` sets CONTENT_LENGTH.
    Values that are None leave the param out."""
    environ = {
        "QUERY_STRING": query, "REQUEST_METHOD": method, "CONTENT_TYPE": "",
        "CONTENT_LENGTH": "" if body is None else str(len(body)),
        "SCRIPT_NAME": path, "REQUEST_URI": path + ("?" + query if query else ""),
        "DOCUMENT_URI": path, "DOCUMENT_ROOT": "/srv", "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_SCHEME": "http", "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_SOFTWARE": "test/1",
        "REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": "40000", "SERVER_ADDR": "127.0.0.1",
        "SERVER_PORT": "80", "SERVER_NAME": "localhost", "HTTP_HOST": "localhost"}
    environ.update(more)
    return {name: value for name, value in environ.items() if value is not None}


class FcgiConnection:
    """One connection to a FastCGI application at `unix:PATH` or `tcp:HOST:PORT`."""

    def __init__(self, address, timeout=DEADLINE):
        self._begin(connect(address, timeout))

    @classmethod
    def over(cls, peer):
        """The same over a socket that is connected already, from either side."""
        self = cls.__new__(cls)
        self._begin(peer)
        return self

    def _begin(self, peer):
        self.socket = peer
        self._buffer = bytearray()
        self.answers = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    # -- sending ---------------------------------------------------------

    def send(self, data):
        self.socket.sendall(data)

    def send_bytewise(self, data):
        for byte in data:
            self.socket.send(bytes([byte]))

    def start(self, environ, request_id=1, flags=KEEP_CONN, role=RESPONDER):
        """Begins a request and gives all its params; its STDIN stays open."""
        self.send(encode_begin(request_id, role, flags)
                  + encode_stream(PARAMS, request_id, encode_pairs(environ)))

    def send_stdin(self, data, request_id=1):
        self.send(encode_stream(STDIN, request_id, data))

    def abort(self, request_id=1):
        self.send(encode_record(ABORT_REQUEST, request_id))

    def send_until_blocked(self, data, most, quiet=1.0):
        """Sends copies of `data` until the peer takes none for `quiet` seconds.

        most: bytes after which it gives up
        Returns bytes sent
        """
        sent, view = 0, memoryview(data)
        self.socket.setblocking(False)
        rest = view
        while sent < most and select.select([], [self.socket], [], quiet)[1]:
            taken = self.socket.send(rest)
            sent += taken
            rest = rest[taken:] or view
        self.socket.settimeout(DEADLINE)
        return sent

    # -- receiving -------------------------------------------------------

    def read_record(self):
        """The next record.

        Raises ConnectionCut where the host ended the connection, or sent a record
        of no version: that is how it tells nginx that the answer is broken.
        """
        header = self._read_exactly(HEADER.size)
        version, kind, request_id, length, padding = HEADER.unpack(header)
        if version == 0:
            raise ConnectionCut("a record of version 0")
        assert version == VERSION, f"not a FastCGI record: {header!r}"
        content = self._read_exactly(length)
        self._read_exactly(padding)
        return Record(kind, request_id, content)

    def read_into_answers(self):
        """Reads one record and adds it to the answer that it belongs to."""
        record = self.read_record()
        answer = self.answers.setdefault(record.request_id, Answer())
        assert not answer.complete, f"a record after END_REQUEST: {record}"
        if record.type == STDOUT:
            answer.stdout += record.content
            answer.pieces.append(len(record.content))
        elif record.type == STDERR:
            answer.stderr += record.content
        elif record.type == END_REQUEST:
            answer.app_status, answer.protocol_status = struct.unpack(">IB3x", record.content)
            answer.complete = True
        else:
            raise AssertionError(f"unexpected record {record}")
        return record

    def read_answer(self, request_id=1):
        """Reads until that request's END_REQUEST."""
        while not self.answers.setdefault(request_id, Answer()).complete:
            self.read_into_answers()
        return self.answers.pop(request_id)

    def read_until(self, marker, request_id=1):
        """Reads until `marker` stands in that request's STDOUT."""
        while marker not in self.answers.setdefault(request_id, Answer()).stdout:
            self.read_into_answers()
            assert not self.answers[request_id].complete, "the answer ended without the marker"
        return self.answers[request_id]

    def is_closed_by_peer(self):
        """Whether the host has ended the connection and sent nothing more."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    # -- all at once -----------------------------------------------------

    def request(self, environ, body=b"", request_id=1, flags=KEEP_CONN):
        self.send(encode_request(environ, body, request_id, flags))
        return self.read_answer(request_id)

    def get(self, path="/", request_id=1, **more):
        return self.request(params(path, **more), request_id=request_id)

    def _read_exactly(self, count):
        while len(self._buffer) < count:
            try:
                data = self.socket.recv(262144)
            except ConnectionResetError:
                data = b""
            if not data:
                raise ConnectionCut(f"{len(self._buffer)} bytes of a record had come")
            self._buffer += data
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


def connect(address, timeout=DEADLINE):
    kind, _, rest = address.partition(":")
    if kind == "unix":
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(timeout)
        peer.connect(rest)
        return peer
    host, _, port = rest.rpartition(":")
    return socket.create_connection((host, int(port)), timeout)


def get(address, path="/", **more):
    """One request on a connection of its own."""
    return request(address, params(path, **more))


def request(address, environ, body=b""):
    with FcgiConnection(address) as connection:
        return connection.request(environ, body, flags=0)
