"""Answers of several sizes and paces that begin with the worker's pid.

    /small       at once
    /slow        after 20 ms
    /stream      20 chunks, 2 ms apart, then `end`
    /bulk        4 MB in 40 chunks, then `end`
    /upload      reads the body; answers with its length
"""

import os
import time
from wsgiref.validate import validator

PID = str(os.getpid()).encode() + b"\n"


def stream():
    yield PID
    for _ in range(20):
        time.sleep(0.002)
        yield b"x" * 2000
    yield b"end"


def bulk():
    yield PID
    for _ in range(40):
        yield b"x" * 100_000
    yield b"end"


def upload(body):
    return len(b"".join(iter(lambda: body.read(8192), b"")))


@validator
def app(environ, start_response):
    path = environ["PATH_INFO"]
    length = upload(environ["wsgi.input"]) if path == "/upload" else 0
    if path == "/slow":
        time.sleep(0.02)
    start_response("200 OK", [("Content-Type", "text/plain")])
    streams = {"/stream": stream, "/bulk": bulk}
    return streams[path]() if path in streams else [PID, b"%d end" % length]
