"""Ends its own process, as the path says, before or within the answer.

    /                 answers with the worker's pid
    /read             the same, when the body is there
    /before/HOW       before anything is answered
    /within/HOW       after the first chunk
"""

import ctypes
import os
import signal
import sys
from wsgiref.validate import validator

ENDS = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segv": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "exit": lambda: os._exit(7),
    "exit0": lambda: os._exit(0),
}


def within(end):
    yield b"the first chunk\n"
    end()
    yield b"never seen\n"


@validator
def app(environ, start_response):
    where, _, how = environ["PATH_INFO"].lstrip("/").partition("/")
    if where == "before":
        sys.stderr.write("last words of the worker\n")
        ENDS[how]()
    if where == "read":
        environ["wsgi.input"].read(-1)
    start_response("200 OK", [("Content-Type", "text/plain")])
    if where == "within":
        return within(ENDS[how])
    return [str(os.getpid()).encode()]
