"""Apps that do not come back.

    /             its pid
    /sleep        sleeps for a long time
    /gil          C code that keeps the interpreter's lock for a long time
    /deadlock     takes a lock twice
    /deep         sleeps, sixty calls deep
    /begun        sends a chunk, then sleeps
    /steady?N     N events, one in each third of a second
    /wait?NAME    until a file of that name is there
    /body         reads its body, then answers with its length
"""

import ctypes
import os
import threading
import time

LONG = 600


def sleep():
    time.sleep(LONG)


def deep(calls=60):
    if calls:
        deep(calls - 1)
    else:
        time.sleep(LONG)


def keep_the_lock():
    ctypes.PyDLL(None).sleep(LONG)  # PyDLL, unlike CDLL, does not let go of it


def deadlock():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def begun():
    yield b"first\n"
    sleep()


def steady(count):
    for number in range(count):
        yield b"data: %d\n\n" % number
        time.sleep(0.33)


def app(environ, start_response):
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path == "/begun":
        return begun()
    if path == "/steady":
        return steady(int(query))
    if path == "/wait":
        while not os.path.exists(query):
            time.sleep(0.02)
    if path == "/body":
        return [b"%d" % len(environ["wsgi.input"].read())]
    hang = {"/sleep": sleep, "/deep": deep, "/gil": keep_the_lock, "/deadlock": deadlock}.get(path)
    if hang:
        hang()
    return [b"%d" % os.getpid()]
