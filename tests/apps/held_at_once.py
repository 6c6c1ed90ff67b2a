"""Requests that wait until all of them are there, stop at one breakpoint, and work on.

Of the query: `n` is the request's number, `of` how many come together to the `meeting`, `work`
the seconds that each works after its breakpoint. What became of each is in journal.txt.

Runs on Python 3.6 and later.
"""

import base64
import hashlib
import os
import threading
import time
from urllib.parse import parse_qsl

SIZE = 300 << 10
PIECE = 10 << 10
JOURNAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "journal.txt")
BYTES, PAGE = "application/octet-stream", "text/html; charset=utf-8"

FORM = """<!doctype html><title>A form</title>
<form method=post action="/answer?%s"><textarea name=text>%s</textarea></form>"""
#: What the form's only field has in it.
FIELD = "0123456789abcdef" * 6400


def app(environ, start_response):
    query = environ["QUERY_STRING"]
    if "holdfast-held" in query:
        write("the app was given a token: %s" % query)
    case = CASES[environ["PATH_INFO"].strip("/")]
    return case(environ, start_response, dict(parse_qsl(query)))


def pid(environ, start_response, query):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % os.getpid()]


def icon(environ, start_response, query):
    """Browsers ask for it by themselves."""
    start_response("404 Not Found", [])
    return []


def form(environ, start_response, query):
    start_response("200 OK", [("Content-Type", PAGE)])
    return [(FORM % (environ["QUERY_STRING"].replace("&", "&amp;"), FIELD)).encode()]


def answer(environ, start_response, query):
    method = environ["REQUEST_METHOD"]
    body = environ["wsgi.input"].read() if method == "POST" else b""
    hold(query)
    said = content(query, body)
    start_response("201 Made Here" if method == "POST" else "200 OK",
                   headers(query) + [("Content-Length", str(len(said)))])
    return [] if method == "HEAD" else [said]


def stream(environ, start_response, query):
    """Held before its first byte, when it has said what will come."""
    start_response("200 OK", headers(query))
    hold(query)
    yield from pieces(query)


def begun(environ, start_response, query):
    """Held when its first bytes have gone."""
    start_response("200 OK", headers(query))
    first, *others = pieces(query)
    yield first
    hold(query)
    yield from others


# -- what is answered ------------------------------------------------------

def headers(query):
    number = query["n"]
    return [("Content-Type", PAGE if "page" in query else BYTES),
            ("Set-Cookie", "first-%s=1; Path=/" % number),
            ("Set-Cookie", "second-%s=two; Path=/; HttpOnly" % number),
            ("X-Number", number), ("X-Said", 'Case: "kept", a=b; c, d'),
            ("X-Lane", str(os.getpid()))]


def content(query, body=b""):
    """Of all bytes that there are, and of what was sent; as a page, the same in letters."""
    said = hashlib.shake_256(query["n"].encode() + b":" + body).digest(SIZE)
    if "page" not in query:
        return said
    return ("<!doctype html><title>Th\u00e9 answer</title>\n<pre id=answer>%s</pre>\n"
            % base64.encodebytes(said).decode()).encode("utf-8")


def pieces(query):
    said = content(query)
    return [said[start:start + PIECE] for start in range(0, len(said), PIECE)]


# -- holding ---------------------------------------------------------------

def hold(query):
    number = query["n"]
    write("entered %s" % number)
    began = time.monotonic()
    meeting(query["meeting"]).come(int(query["of"]))
    held = number  # @bp held
    write("held %s %.3f" % (held, time.monotonic() - began))
    time.sleep(float(query["work"]))
    write("left %s" % number)


class Meeting:
    """Those who come wait for each other, so that all run into the breakpoint together."""

    def __init__(self):
        self.lock = threading.Lock()
        self.count = 0
        self.over = threading.Event()

    def come(self, people):
        with self.lock:
            self.count += 1
            is_last = self.count == people
        if is_last:
            self.over.set()
        self.over.wait(60)


meetings = {}


def meeting(name):
    return meetings.setdefault(name, Meeting())


def write(line):
    with open(JOURNAL, "a") as journal:
        journal.write(line + "\n")


CASES = {"pid": pid, "favicon.ico": icon, "form": form, "answer": answer, "stream": stream,
         "begun": begun}
