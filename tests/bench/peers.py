"""The servers that are measured, and how each is started for the same app."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
APPS = HERE / "apps"
UWSGI = "/usr/bin/uwsgi-core"


class PeerFailed(Exception):
    """A peer cannot be measured; the text says why."""


@dataclass(frozen=True)
class Context:
    """What a peer's command line is made of."""

    holdfast: Path
    venv: Path
    socket: Path
    app: str  # module with a callable `app`
    slots: int

    @property
    def python(self):
        return self.venv / "bin" / "python"


@dataclass(frozen=True)
class Peer:
    name: str
    label: str
    command: object  # Context -> list
    packages: tuple = ()  # of Debian, beside those that all need
    protocol: str = "fastcgi"  # that nginx speaks to it, see front.py
    keeps: int = 0  # clients at most for which kept connections work
    queues: bool = True  # requests beyond its slots wait
    environment: tuple = ()  # pairs, beside what all have


def holdfast(threads):
    def command(c):
        count = max(c.slots, threads) if c.slots > 1 else threads
        return [c.holdfast, "serve", "--listen", f"unix:{c.socket}", "--app-root", APPS,
                "--handler", f"{c.app}:app", "--python", c.python,
                "--workers", 1, "--threads", count]
    return command


def uwsgi(c):
    threads = ["--threads", c.slots] if c.slots > 1 else []
    return [UWSGI, "--plugin", "python3", "--fastcgi-socket", c.socket, "--listen", 1024,
            "--chdir", APPS, "--module", f"{c.app}:app", "--virtualenv", c.venv, "--need-app",
            "--die-on-term", "--disable-logging", *threads]


def wfastcgi(c):
    return [c.python, HERE / "wfastcgi_on_linux.py", c.socket, c.slots]


def gunicorn(c):
    threads = ["--worker-class", "gthread", "--threads", c.slots] if c.slots > 1 else []
    return [c.python, "-m", "gunicorn", "--bind", f"unix:{c.socket}", "--workers", 1,
            "--chdir", APPS, *threads, f"{c.app}:app"]


def flup(c):
    return [c.python, HERE / "flup_threads.py", c.socket, c.app]


PEERS = [
    Peer("holdfast", "Holdfast, 4 threads", holdfast(4), keeps=1024),
    Peer("holdfast-1", "Holdfast, 1 thread", holdfast(1), keeps=1024),
    Peer("holdfast-debug", "Holdfast, debugging on", holdfast(4), keeps=1024,
         environment=(("WSGI_PTVSD_SECRET", "secret-of-the-benchmark"),)),
    Peer("wfastcgi", "wfastcgi 3.0.0", wfastcgi, protocol="fastcgi-flag", keeps=1),
    Peer("uwsgi", "uWSGI, FastCGI", uwsgi, ("uwsgi-core", "uwsgi-plugin-python3"), keeps=1024),
    Peer("gunicorn", "gunicorn, HTTP", gunicorn, protocol="http"),
    # It has as many threads as there are requests, or turns away what is above their number.
    Peer("flup", "flup, FastCGI", flup, keeps=1024, queues=False),
]


class Server:
    """A started peer."""

    def __init__(self, peer, context, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.peer = peer
        self.log = folder / f"{peer.name}.log"
        self.socket = context.socket
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                list(map(str, peer.command(context))), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=folder, start_new_session=True,
                env={**environment(context), **dict(peer.environment)})

    @property
    def pid(self):
        return self.process.pid

    def wait_until(self, condition, limit=20):
        """Asks the condition every half millisecond."""
        end = time.monotonic() + limit
        while not condition():
            if self.process.poll() is not None:
                raise PeerFailed(f"ended with {self.process.returncode}:\n{self.last_words()}")
            if time.monotonic() > end:
                raise PeerFailed(f"no right answer within {limit} s:\n{self.last_words()}")
            time.sleep(0.0005)

    def last_words(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.socket.unlink(missing_ok=True)


def environment(context):
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("WSGI_", "HOLDFAST_", "LISTEN_", "PYTHON"))}
    return {**kept, "WSGI_HANDLER": f"{context.app}.app", "WSGI_QUEUE": "1024",
            "PYTHONPATH": str(APPS)}
