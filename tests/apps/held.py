"""What a debugger holds: each path begins with its case, each `# @bp NAME` is a breakpoint's line.

Runs on Python 3.6 and later.
"""

import os
import threading
import time
from urllib.parse import parse_qs

SIZE = 5 << 20
TEXT, PAGE = "text/plain; charset=utf-8", "text/html; charset=utf-8"
PATTERN = "%06d: the answer to that request, and to no other.\n"


def app(environ, start_response):
    query = parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
    one_of_each = {name: values[0] for name, values in query.items()}
    parts = environ["PATH_INFO"].strip("/").split("/")
    if parts[0] == "gated":
        pass_gate(parts.pop(0))
    case = CASES[parts[0]]
    return case(environ, start_response, **one_of_each)


def pass_gate(name):
    """Waits until there is a file of that name."""
    with open(name + ".log", "a") as log:
        log.write("one more\n")
    wait_for_file(name)


def answer(start_response, text, status="200 OK", kind=TEXT, more=()):
    start_response(status, [("Content-Type", kind), *more])
    return [text if isinstance(text, bytes) else text.encode()]


def plain(environ, start_response, **query):
    return answer(start_response, "plain %d" % os.getpid())


def stop(environ, start_response, n="0", **query):
    doubled = int(n) * 2  # @bp stop
    return answer(start_response, "doubled: %d by %d" % (doubled, os.getpid()))


def sent(environ, start_response, **query):
    """As frameworks answer: its length is known before it ends."""
    text = b"sent by %d" % os.getpid()
    length = str(len(text))  # @bp sent
    start_response("200 OK", [("Content-Type", TEXT), ("Content-Length", length)])
    return Piecewise([text])


class Piecewise:
    def __init__(self, pieces):
        self.pieces = iter(pieces)

    def __iter__(self):
        return self.pieces

    def close(self):
        time.sleep(0.05)


class Meeting:
    """Those who come wait for each other; the first one of them stops."""

    def __init__(self):
        self.lock = threading.Lock()
        self.count = 0
        self.over = threading.Event()

    def come(self, people):
        with self.lock:
            self.count += 1
            is_last = self.count == people
        if is_last:
            self.halt()
            self.over.set()
        self.over.wait()

    def halt(self):
        self.stopped = True  # @bp all


meetings = {}


def together(environ, start_response, people="1", meeting="", n="0", **query):
    meetings.setdefault(meeting, Meeting()).come(int(people))
    return answer(start_response, body_of(int(n)), more=[("X-Number", n)])


def body_of(number):
    line = PATTERN % number
    return (line * (SIZE // len(line) + 1))[:SIZE]


def post(environ, start_response, **query):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    said = environ["REQUEST_METHOD"].encode() + b" " + body  # @bp post
    return answer(start_response, said, "201 Made", "application/octet-stream",
                  [("Set-Cookie", "one=1; Path=/"), ("Set-Cookie", "two=2; HttpOnly"),
                   ("X-Case", "Kept As It Is"), ("Content-Length", str(len(said)))])


def stream(environ, start_response, name="", **query):
    """Held before its first byte; then each piece waits for a file of its own."""
    start_response("200 OK", [("Content-Type", TEXT)])
    number = 1  # @bp stream
    for number in range(1, 4):
        wait_for_file("%s-%d" % (name, number))
        yield b"piece %d\n" % number


def flood(environ, start_response, mib="1", **query):
    """Says in flood.log how many MiB it has given away."""
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    number = 0  # @bp flood
    while number < int(mib):
        yield flood_piece(number)
        number += 1
        with open("flood.log", "w") as log:
            log.write("%d\n" % number)


def flood_piece(number):
    return (b"%08d" % number) * (1 << 17)


def begun(environ, start_response, **query):
    start_response("200 OK", [("Content-Type", TEXT)])
    yield b"begun\n"
    number = 1  # @bp begun
    yield b"and ended %d\n" % number


def cors(environ, start_response, held="", **query):
    if held:
        held = "held "  # @bp cors
    origin = environ.get("HTTP_ORIGIN", "")
    more = [("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"), ("Vary", "Origin")] if origin else []
    return answer(start_response, "%sfor %s" % (held, origin or "nobody"), more=more)


def cached(environ, start_response, **query):
    if environ.get("HTTP_IF_NONE_MATCH") == '"1"':
        start_response("304 Not Modified", [("ETag", '"1"')])
        return []
    return answer(start_response, "fresh", more=[("ETag", '"1"')])


def walk(environ, start_response, gate="", pause="0.5", **query):
    """Each line takes its time."""
    if gate:
        pass_gate(gate)
        return plain(environ, start_response)
    steps = 0  # @bp walk
    while steps < 3:
        time.sleep(float(pause))
        steps += 1
    return answer(start_response, "walked %d steps in %d" % (steps, os.getpid()))


def wander(environ, start_response, **query):
    """Begins a thread each of whose lines takes its time."""
    threading.Thread(target=wandering).start()
    return plain(environ, start_response)


def wandering():
    steps = 0  # @bp wandering
    while steps < 3:
        time.sleep(0.5)
        steps += 1


def page(environ, start_response, people="1", meeting="", **query):
    title = "The app's true page"
    meetings.setdefault(meeting, Meeting()).come(int(people))
    return answer(start_response, "<!doctype html><title>%s</title><h1>%s</h1>" % (title, title),
                  kind=PAGE)


def slow(environ, start_response, **query):
    time.sleep(600)
    return answer(start_response, "too late")


def wait_for_file(name):
    while not os.path.exists(name):
        time.sleep(0.02)


CASES = {"": plain, "plain": plain, "stop": stop, "sent": sent, "together": together, "post": post,
         "stream": stream, "flood": flood, "begun": begun, "cors": cors, "cached": cached,
         "walk": walk, "wander": wander, "page": page, "slow": slow}
