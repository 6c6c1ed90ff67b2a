"""A site's debug channel, as `holdfast attach` sees it: one thread for each connection, raw sockets."""

import base64
import hashlib
import json
import socket
import struct
import threading
from urllib.parse import parse_qs, quote, urlsplit

from support.waiting import DEADLINE, wait_until

SECRET = "0123456789abcdef-of-the-fake-site"
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

CLOSE, PING, PONG, BINARY = 8, 9, 10, 2


def frame(opcode, payload=b""):
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, size)
    elif size < 65536:
        head = struct.pack("!BBH", 0x80 | opcode, 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 127, size)
    return head + payload


def dap(message):
    content = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(content), content)


class Session:
    """The site's end of one WebSocket."""

    def __init__(self, connection, headers, query):
        self.headers, self.query = headers, query
        self.received = bytearray()   #: of the debugger's stream
        self.pongs = []
        self.closed_with = None       #: (code, reason) of the bridge's close frame
        self.ended = threading.Event()
        self.answers_close = True
        self._connection = connection

    def fileno(self):
        return self._connection.fileno()

    def send(self, data):
        self._connection.sendall(frame(BINARY, data))

    def send_raw(self, data):
        self._connection.sendall(data)

    def ping(self, payload):
        self._connection.sendall(frame(PING, payload))

    def close(self, code, reason=""):
        self._connection.sendall(frame(CLOSE, struct.pack("!H", code) + reason.encode()))

    def abort(self):
        self._connection.shutdown(socket.SHUT_RDWR)

    def wait_for(self, data):
        wait_until(lambda: data in bytes(self.received), f"the site has {data!r}: {self.received}")

    def run(self, stream):
        try:
            while self._take(stream):
                pass
        except (OSError, EOFError):
            pass
        self.ended.set()

    def _take(self, stream):
        first, second = _exactly(stream, 2)
        assert second & 0x80, "a client masks its frames"
        size = second & 0x7F
        if size == 126:
            size, = struct.unpack("!H", _exactly(stream, 2))
        elif size == 127:
            size, = struct.unpack("!Q", _exactly(stream, 8))
        mask = _exactly(stream, 4)
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(_exactly(stream, size)))
        opcode = first & 0x0F
        if opcode == BINARY:
            self.received += payload
        elif opcode == PONG:
            self.pongs.append(payload)
        elif opcode == CLOSE:
            self.closed_with = (struct.unpack("!H", payload[:2])[0], payload[2:].decode())
            if self.answers_close:
                self._connection.sendall(frame(CLOSE, payload[:2]))
            return False
        return True


class FakeSite:
    """Answers as it is told by the attributes.

    `answers` maps a path to (status, headers, body), which go before all else.
    """

    def __init__(self, context=None, secret=SECRET, path="/ptvsd", app_root="/srv/app"):
        self.secret, self.path, self.app_root = secret, path, app_root
        self.answers = {}
        self.engine = {"state": "ready", "name": "debugpy", "version": "1.8.22",
                       "python": "3.11.2", "problem": ""}
        self.other = None
        self.route = "attached"
        self.sources = {}             #: path from the app root on -> bytes
        self.busy = None              #: reason for 1013
        self.requests = []            #: (method, target)
        self.sessions = []
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._stopped = False
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, host=None, secret=SECRET, query=""):
        scheme = "wss" if self._context else "ws"
        user = f"{secret}@" if secret else ""
        return f"{scheme}://{user}{host or '127.0.0.1'}:{self.port}{self.path}{query}"

    def stop(self):
        self._stopped = True
        self._listener.close()
        for session in self.sessions:
            try:
                session.abort()
            except OSError:
                pass

    def session(self, count=1):
        wait_until(lambda: len(self.sessions) >= count, f"{count} sessions")
        return self.sessions[count - 1]

    # -- its threads -----------------------------------------------------

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(DEADLINE)
        try:
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                self._answer(connection)
        except (OSError, EOFError, ValueError):
            connection.close()  # it was no request

    def _answer(self, connection):
        stream = connection.makefile("rb")
        method, target, _ = stream.readline().decode().split()
        headers = {}
        while (line := stream.readline().strip()):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        self.requests.append((method, target))
        url = urlsplit(target)
        status, fields, body = self._judge(url, headers)
        if status != 101:
            connection.sendall(_head(status, {"Content-Length": len(body), **fields}) + body)
            if int(fields.get("Content-Length", 0)) > len(body):
                stream.read()  # until the bridge gives up
            return
        key = headers["sec-websocket-key"].encode()
        accept = base64.b64encode(hashlib.sha1(key + _MAGIC).digest()).decode()
        fields = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept,
                  "Holdfast-App-Root": quote(self.app_root),
                  "Set-Cookie": "holdfast-debug=the-mark; Path=/; HttpOnly", **fields}
        head = _head(101, fields)
        if url.path == self.path + "/probe":
            connection.sendall(head)
            return
        session = Session(connection, headers, url.query)
        if self.busy:
            connection.sendall(head)
            session.close(1013, self.busy)
        else:
            # In one segment with the head, as a quick engine's first words may be.
            connection.sendall(head + frame(BINARY, dap(
                {"seq": 1, "type": "event", "event": "output", "body": {"output": "hello"}})))
            self.sessions.append(session)
        session.run(stream)

    def _judge(self, url, headers):
        if url.path in self.answers:
            return self.answers[url.path]
        if url.path == self.path + "/probe":
            return 101, {}, b""
        if not url.path.startswith(self.path):
            return 404, {}, b"the app's own page"
        if headers.get("authorization") != "Bearer " + self.secret:
            return 401, {"WWW-Authenticate": 'Bearer realm="holdfast"'}, b"wrong"
        if url.path == self.path + "/state":
            return 200, {"Content-Type": "application/json"}, json.dumps(
                {"engine": self.engine, "session": self.other, "app_root": self.app_root,
                 "path_style": "posix", "route": self.route, "version": "0.1.0"}).encode()
        if url.path == self.path + "/source":
            return self._source(parse_qs(url.query)["file"][0])
        return 101, {}, b""

    def _source(self, file):
        if file not in self.sources:
            return 404, {}, b"no such file"
        digest = hashlib.sha256(self.sources[file]).hexdigest()
        return 200, {"Content-Type": "application/json"}, json.dumps({"sha256": digest}).encode()


class FakeProxy:
    """An HTTP proxy that makes tunnels, all to one port of this machine."""

    def __init__(self, port, credentials=None):
        self.targets = []
        self.port_behind, self.credentials = port, credentials
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            data = connection.recv(4096)
            if not data:
                return
            head += data
        lines = head.decode().split("\r\n")
        self.targets.append(lines[0].split()[1])
        if self.credentials:
            wanted = base64.b64encode(self.credentials.encode()).decode()
            if f"Proxy-Authorization: Basic {wanted}" not in lines:
                connection.sendall(_head(407, {"Proxy-Authenticate": "Basic", "Content-Length": 0}))
                connection.close()
                return
        behind = socket.create_connection(("127.0.0.1", self.port_behind))
        connection.sendall(_head(200, {}))
        threading.Thread(target=_copy, args=(connection, behind), daemon=True).start()
        _copy(behind, connection)


def _head(status, fields):
    lines = [f"HTTP/1.1 {status} Some Words"] + [f"{name}: {value}" for name, value in fields.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _exactly(stream, size):
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _copy(source, target):
    try:
        while (data := source.recv(65536)):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
