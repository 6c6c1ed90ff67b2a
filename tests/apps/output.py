"""Writes to every place that a log line may come from, and runs programs."""

import logging
import os
import subprocess
import sys
import threading


def printed(environ):
    print("printed without flush")
    print("second", "line", sep=" ")


def to_stderr(environ):
    sys.stderr.write("written to sys.stderr\n")


def to_wsgi_errors(environ):
    environ["wsgi.errors"].write("written to wsgi.errors\n")
    environ["wsgi.errors"].writelines(["writelines one\n", "writelines two\n"])
    environ["wsgi.errors"].flush()


def logged(environ):
    logging.warning("from the logging module")


def to_descriptors(environ):
    os.write(1, b"written to descriptor 1\n")
    os.write(2, b"written to descriptor 2\n")


def in_pieces(environ):
    for piece in (b"a line ", b"in ", b"pieces\n"):
        os.write(1, piece)


def not_ascii(environ):
    print("Gr\u00fc\u00dfe \u2603")
    os.write(1, b"not UTF-8: \xff\xfe end\n")


def control(environ):
    print("before \x1b[31m after")


def long_line(environ):
    os.write(1, b"x" * 3000000 + b" end of the long line\n")


def from_thread(environ):
    thread = threading.Thread(target=print, args=("printed by a thread of the app",))
    thread.start()
    thread.join()


def run(environ):
    """A program that uses all three standard handles."""
    done = subprocess.run(["sh", "-c", "cat; echo to stdout; echo to stderr >&2"], input=b"in ",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    return done.stdout + done.stderr


def run_inheriting(environ):
    """A program that inherits our standard handles; its stdin must be empty."""
    subprocess.run(["sh", "-c", "cat; echo a child on stdout; echo a child on stderr >&2"],
                   check=True, timeout=30)


def open_handles(environ):
    """What the descriptors above the standard ones are in a child program."""
    return subprocess.run(["ls", "-l", "/proc/self/fd"], stdout=subprocess.PIPE,
                          close_fds=False, check=True).stdout


def stdin(environ):
    return repr(sys.stdin.read()).encode()


def app(environ, start_response):
    result = globals()[environ["PATH_INFO"].lstrip("/")](environ)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [result or b"done"]
