"""Real clients that ask for one thing and follow whatever redirects come: curl, requests and
Chromium. Each is called with an Ask and the web server, and returns what it got, as an Answer.
"""

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import requests

#: Seconds that a client waits for its answer.
PATIENCE = 900


@dataclass(frozen=True)
class Ask:
    target: str
    method: str = "GET"
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple  #: pairs; names in lower case
    body: bytes
    redirects: int  #: how often the client was sent elsewhere before

    def values(self, name):
        return [value for known, value in self.headers if known == name.lower()]


def by_curl(front, ask):
    """curl -L, which keeps no cookies."""
    with tempfile.TemporaryDirectory(prefix="holdfast-curl-") as folder:
        head, body, sent = (Path(folder) / name for name in ("head", "body", "sent"))
        command = ["curl", "-sS", "-L", "-m", PATIENCE, "-D", head, "-o", body,
                   "-w", "%{num_redirects}", front.url + ask.target]
        command += ["--cacert", front.tls.ca] if front.tls else []
        command += ["--head"] if ask.method == "HEAD" else []
        if ask.method == "POST":
            sent.write_bytes(ask.body)
            command += ["--data-binary", f"@{sent}",
                        "-H", "Content-Type: application/octet-stream"]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"curl ended with {done.returncode}: {done.stderr}"
        status, headers = last_head(head.read_text("latin-1"))
        # Of HEAD it writes the head once more into the file.
        content = b"" if ask.method == "HEAD" or not body.exists() else body.read_bytes()
        return Answer(status, headers, content, int(done.stdout))


def last_head(text):
    """Of those that curl -D has written. Returns (status, headers)"""
    first, *fields = re.split(r"\r?\n\r?\n", text.strip())[-1].splitlines()
    pairs = (field.split(":", 1) for field in fields)
    return int(first.split()[1]), tuple((name.lower(), value.strip()) for name, value in pairs)


def by_requests(front, ask):
    """Python's requests, with all that it does unless told otherwise."""
    with requests.request(
            ask.method, front.url + ask.target, data=ask.body or None, timeout=PATIENCE,
            verify=str(front.tls.ca) if front.tls else True,
            allow_redirects=True) as answer:  # only its HEAD does not by itself
        headers = tuple((name.lower(), value) for name, value in answer.raw.headers.items())
        return Answer(answer.status_code, headers, answer.content, len(answer.history))
