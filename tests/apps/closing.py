"""Iterables that leave a file named `closed-NAME` behind when close() is called.

    /whole/NAME      one chunk
    /endless/NAME    chunks until it is closed
    /large/NAME      the same, large ones and without a pause
    /raises/NAME     raises while it is iterated
    /empty/NAME      no chunk at all
    /head/NAME       for HEAD: endless, nobody wants the body
    /upload/NAME     reads the body; leaves `read-NAME` with how that ended
"""

import time
from wsgiref.validate import validator


def leave(name, text=""):
    with open(name, "w") as marker:
        marker.write(text)


class Chunks:
    def __init__(self, kind, name):
        self.kind, self.name, self.count, self.closed = kind, name, 0, 0

    def __iter__(self):
        return self

    def __next__(self):
        self.count += 1
        if self.kind == "raises" and self.count == 2:
            raise RuntimeError("raised while iterated")
        if self.kind == "empty" or (self.kind == "whole" and self.count == 2):
            raise StopIteration
        if self.kind == "large":
            return b"x" * 100_000
        if self.count > 1:
            time.sleep(0.01)
        return b"a chunk of the answer\n"

    def close(self):
        self.closed += 1
        leave(f"closed-{self.name}", str(self.closed))


def read_body(stream):
    count = 0
    try:
        for block in iter(lambda: stream.read(4096), b""):
            count += len(block)
        return f"ended after {count}"
    except OSError as error:
        return f"raised {type(error).__name__} after {count}"


@validator
def app(environ, start_response):
    _, kind, name = environ["PATH_INFO"].split("/")
    if kind == "upload":
        leave(f"reading-{name}")
        leave(f"read-{name}", read_body(environ["wsgi.input"]))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Chunks("whole" if kind == "upload" else kind, name)
