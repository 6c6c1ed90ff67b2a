"""Writes to standard output and error in many ways; the query names the text.

What it did at its import is used as well: a logging handler, and a print.
"""

import io
import logging
import os
import subprocess
import sys
import threading

print("said at the import")
logger = logging.getLogger("said")
logger.addHandler(logging.StreamHandler())
own = None


def plain(text, environ):
    print(text, "printed")
    sys.stderr.write(text + " in ")
    sys.stderr.write("pieces\n")
    print(text, "to errors", file=environ["wsgi.errors"])
    logger.warning("%s logged", text)
    sys.stdout.buffer.write(text.encode() + b" as bytes\n")
    print(text, "with no end", end="")


def several_lines(text, environ):
    print(text + " first\n\n" + text + " third")


def mixed(text, environ):
    """Many threads do this at the same time."""
    for number in range(200):
        print(text, number, *["word"] * 20, text)


def of_others(text, environ):
    thread = threading.Thread(target=print, args=(text, "of a thread"))
    thread.start()
    thread.join()
    subprocess.run(["sh", "-c", "echo %s of a child" % text], check=True)
    pid = os.fork()
    if pid == 0:
        print(text, "of a fork")
        os._exit(0)
    os.waitpid(pid, 0)


def forged(text, environ):
    print("\x1eabc:0:1\x1e" + text)
    os.write(1, ("\x1eabc:0:1\x1e" + text + " raw\n").encode())


def replaced(text, environ):
    before = sys.stdout
    sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", line_buffering=True)
    print(text, "through a wrapper")
    sys.stdout = io.StringIO()
    print(text, "nowhere")
    sys.stdout = before
    print(text, "restored")


def detached(text, environ):
    sys.stdout = io.TextIOWrapper(sys.stdout.detach(), encoding="utf-8", write_through=True)
    print(text, "detached")
    print(text, "errors stay", file=environ["wsgi.errors"])


def closed(text, environ):
    sys.stdout.close()
    sys.stderr.close()
    print(text, "closed")
    print(text, "errors stay", file=environ["wsgi.errors"])


def surrogates(text, environ):
    print(text, "\udc80 \ud800", file=sys.stderr)
    try:
        print("\ud800")
    except UnicodeEncodeError:
        print(text, "refused")


def endless(text, environ):
    for _ in range(100):
        sys.stdout.write("x" * 100000)
    print(text, "behind it")


def later(text, environ):
    stream = environ["wsgi.errors"]

    def write():
        done.wait(30)
        print(text, "of an ended request", file=stream)
    done = threading.Event()
    threading.Thread(target=write).start()
    done.set()


def redirected(text, environ):
    kept = os.dup(1)
    file = os.open("redirected.txt", os.O_CREAT | os.O_WRONLY)
    os.dup2(file, 1)
    os.close(file)
    print(text, "to a file")
    print(text, "with no end", end="", flush=True)
    os.dup2(kept, 1)
    os.close(kept)
    print(text, "back in the log")


def facts(text, environ):
    for stream in (sys.stdout, sys.stderr, environ["wsgi.errors"]):
        assert stream.fileno() in (1, 2) and not stream.isatty() and not stream.closed
        assert stream.encoding.lower().replace("-", "") in ("utf8", "ansi_x3.41968", "ascii")
        assert stream.writable() and not stream.readable() and isinstance(stream, io.TextIOBase)
        assert stream.buffer.fileno() == stream.fileno()
        stream.writelines([text + " fact\n"])
        stream.flush()
        try:
            stream.buffer.write("no bytes")
        except TypeError:
            pass
        else:
            raise AssertionError("text is no bytes")
    assert sys.__stdout__ is sys.stdout and sys.__stderr__ is sys.stderr
    assert sys.stdout.name == "<stdout>" and sys.stderr.mode == "w"


def dies(text, environ):
    print(text, "before it dies")
    sys.stdout.write(text + " flushed")
    sys.stdout.flush()
    os._exit(3)


def app(environ, start_response):
    globals()[environ["PATH_INFO"].lstrip("/")](environ["QUERY_STRING"], environ)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]
