"""What the web servers in front of a site have in common, and the host's own one.

Each runs in the foreground from a folder of its own, as whoever runs the tests,
and leaves nothing behind. Nobody else can have its port: it inherits a socket
that listens already, or we keep a socket bound beside it that never listens.
"""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
from dataclasses import dataclass

from support.waiting import DEADLINE, wait_until


@dataclass
class Page:
    """A whole answer as it came over HTTP."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        return json.loads(self.body)


class HttpServer:
    """Something that answers HTTP on `port` of this machine.

    tls: the Authority that has signed its certificate, where it is HTTPS
    """

    def __init__(self, port, tls=None):
        self.port = port
        self.tls = tls
        self.url = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"

    def connect(self):
        if not self.tls:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        return http.client.HTTPSConnection(
            "localhost", self.port, timeout=DEADLINE,
            context=ssl.create_default_context(cafile=self.tls.ca))

    def get(self, target="/", **headers):
        return self.request("GET", target, headers=headers)

    def request(self, method, target, body=None, headers=()):
        """One request on a connection of its own; `target` is sent as it is."""
        connection = self.connect()
        try:
            return request_on(connection, method, target, body, headers)
        finally:
            connection.close()


def request_on(connection, method, target, body=None, headers=()):
    connection.request(method, target, body, dict(headers))
    answer = connection.getresponse()
    return Page(answer.status, answer.msg, answer.read())


class FrontEnd(HttpServer):
    """A web server that was started. What it says goes into files in `folder`."""

    #: what its log says as soon as it accepts; without it, it inherits its listener
    ready = ""
    #: its exit codes after SIGTERM when all is well
    good_codes = (0,)

    def __init__(self, folder, port_socket, tls=None):
        super().__init__(port_socket.getsockname()[1], tls)
        folder.mkdir(parents=True)
        self.folder = folder
        self.process = None
        self._port_socket = port_socket

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def start(self, command, environment=None, **popen):
        popen.setdefault("stdin", subprocess.DEVNULL)
        with (self.folder / "stderr.log").open("wb") as log:
            self.process = subprocess.Popen(
                list(map(str, command)), stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, **(environment or {})}, **popen)
        if self.ready:
            self.wait_until_ready()
        else:
            self._port_socket.close()  # it has its own now; after its end nobody must listen

    def wait_until_ready(self):
        try:
            wait_until(self._is_ready, f"{self.ready!r} in the log in {self.folder}")
        except AssertionError:
            self.kill()
            print(self.error_log)
            raise

    def _is_ready(self):
        code = self.process.poll()
        assert code is None, f"{self.process.args} ended with {code}"
        return self.ready in self.error_log

    @property
    def error_log(self):
        return "".join((self.folder / name).read_text(errors="replace")
                       for name in ("stderr.log", "error.log") if (self.folder / name).exists())

    def stop(self):
        """Ends it and asserts that it ended well."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(DEADLINE)
        self._port_socket.close()
        assert code in self.good_codes, f"{self.process.args} ended with {code}:\n{self.error_log}"

    def kill(self):
        """The watchdog: the server and its helpers, whatever state they are in."""
        self._port_socket.close()
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(DEADLINE)


def listening_socket():
    """To be inherited: a connection waits until the server accepts it."""
    return socket.create_server(("127.0.0.1", 0), backlog=256)


def reserved_port():
    """A bound socket that never listens: the server alone can listen there beside it, as it
    sets SO_REUSEADDR too, and the kernel gives the port to nobody else meanwhile."""
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", 0))
    return keeper
