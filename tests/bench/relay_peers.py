"""What relays the bytes of a debugger, and how each is started before the same engine."""

import json
import os
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.peers import PeerFailed
from bench.relay_load import Framed, Plain
from support.dap_client import frame
from support.site import free_port
from support.web_socket import ask, bearer, upgrade_request

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WEBSOCAT = ROOT / "build" / "websocat"
WEBSOCAT_VERSION = "1.14.0"
SECRET = secrets.token_urlsafe(24)


def install_websocat():
    """By cargo, once."""
    binary, stamp = WEBSOCAT / "bin" / "websocat", WEBSOCAT / "installed"
    if not stamp.exists() or stamp.read_text() != WEBSOCAT_VERSION:
        subprocess.run(["cargo", "install", "websocat", "--version", WEBSOCAT_VERSION, "--root",
                        WEBSOCAT, "--quiet", "--force"], check=True)
        stamp.write_text(WEBSOCAT_VERSION)
    return binary


class Relay:
    """A started one: `connect()` gives a stream of relay_load.py. It has an engine of its own."""

    def __init__(self, folder, holdfast):
        self.folder, self.holdfast = folder, holdfast
        self.port = free_port()
        self.processes = []
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, command, **more):
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(list(map(str, command)), stderr=log,
                                       **{"stdout": log, "stdin": subprocess.DEVNULL, **more})
        self.processes.append(process)
        return process

    def start_engine(self):
        process = self.start([sys.executable, HERE / "echo.py"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
        return int(process.stdout.readline())

    def wait_until(self, condition, limit=20):
        end = time.monotonic() + limit
        while not condition():
            if time.monotonic() > end or self.processes[-1].poll() is not None:
                log = (self.folder / "log").read_text(errors="replace")
                raise PeerFailed("did not start:\n" + log[-2000:])
            time.sleep(0.02)

    def listens(self):
        try:
            self.connect().close()
        except OSError:
            return False
        return True

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in reversed(self.processes):
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Socat(Relay):
    def begin(self):
        self.start(["socat", f"TCP-LISTEN:{self.port},bind=127.0.0.1,reuseaddr,fork,nodelay",
                    f"TCP:127.0.0.1:{self.start_engine()},nodelay"])
        self.wait_until(self.listens)

    def connect(self):
        return Plain(self.port)


class Websocat(Relay):
    def begin(self):
        self.start([install_websocat(), "--binary", f"ws-l:127.0.0.1:{self.port}",
                    f"tcp:127.0.0.1:{self.start_engine()}"])
        self.wait_until(self.listens)

    def connect(self):
        return Framed(self.port)


class Holdfast(Relay):
    def begin(self):
        environment = {**{name: value for name, value in os.environ.items()
                          if not name.startswith(("WSGI_", "HOLDFAST_", "PYTHON"))},
                       "WSGI_PTVSD_SECRET": SECRET, "PYTHONPATH": str(HERE / "engine")}
        self.start([self.holdfast, "serve", "--listen", f"unix:{self.folder}/fcgi",
                    "--channel", f"tcp:127.0.0.1:{self.port}", "--app-root", HERE / "apps",
                    "--handler", "plain:app", "--python", sys.executable, "--workers", 1],
                   env=environment)
        self.wait_until(self.is_ready)

    def is_ready(self):
        plain = {"Upgrade": None, "Connection": "close"}
        try:
            answer = ask(f"tcp:127.0.0.1:{self.port}",
                         upgrade_request("/ptvsd/state", {**bearer(SECRET), **plain}))
        except OSError:
            return False
        return answer.status == 200 and json.loads(answer.body)["engine"]["state"] == "ready"

    def connect(self):
        stream = Framed(self.port, "/ptvsd?takeover=1", bearer(SECRET))
        # A session begins with that request, and the engine has to answer: the echo of an answer
        # is one.
        for message in ({"seq": 1, "type": "request", "command": "initialize"},
                        {"seq": 2, "type": "response", "request_seq": 1, "command": "initialize",
                         "success": True}):
            data = frame(message)
            stream.socket.sendall(stream.wire(data))
            stream.receive(len(data))
        return stream


@dataclass(frozen=True)
class RelayPeer:
    name: str
    label: str
    kind: type
    packages: tuple = ()  # of Debian


RELAYS = [
    RelayPeer("holdfast", "Holdfast, WebSocket", Holdfast),
    RelayPeer("socat", "socat, plain TCP", Socat, ("socat",)),
    RelayPeer("websocat", f"websocat {WEBSOCAT_VERSION}, WebSocket", Websocat),
]
