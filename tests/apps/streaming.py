"""Answers that come in pieces, each as soon as it is there.

    /          one line, waits for the file `progress.txt`, another line
    /fob       makes that file
    /cut?NAME  one line, waits for the file NAME, raises
    /lines     `count` lines (query string), each a chunk
    /empties   chunks of which some are empty
"""

import os
import time
from wsgiref.validate import validator

PROGRESS = "progress.txt"


def two_lines():
    yield b"Hello world!\r\n"
    while not os.path.exists(PROGRESS):
        time.sleep(0.01)
    yield b"goodbye world!\r\n"


def cut(name):
    yield b"Hello world!\r\n"
    while not os.path.exists(name):
        time.sleep(0.01)
    raise RuntimeError("raised after a line")


def make_progress():
    open(PROGRESS, "w").close()
    yield b"made"


def lines(count):
    for number in range(count):
        yield b"line %d\n" % number


@validator
def app(environ, start_response):
    path = environ["PATH_INFO"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path == "/fob":
        return make_progress()
    if path == "/cut":
        return cut(environ["QUERY_STRING"])
    if path == "/lines":
        return lines(int(environ["QUERY_STRING"]))
    if path == "/empties":
        return iter([b"", b"a", b"", b"", b"b", b""])
    return two_lines()
