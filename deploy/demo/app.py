"""The demo site of Holdfast: one page for each thing that a WSGI site does.

`app` is a plain Flask application and knows nothing of the host that runs it.
"""

import hashlib
import inspect
import os
import platform
import re
import threading
import time
from decimal import Decimal, InvalidOperation

from flask import Flask, Response, render_template, request, stream_template
from werkzeug.exceptions import HTTPException

app = Flask(__name__)

# Flask would answer an exception with a page of its own that says nothing. Let through, it
# reaches the host, which shows its traceback while one develops and logs it always.
app.config["PROPAGATE_EXCEPTIONS"] = True

# Endpoint, title, sentence: the start page and the navigation are made of this.
PAGES = [
    ("environ", "Environ", "Everything the host told the app about your request."),
    ("form", "Form", "Write a postcard: fields are checked, and what you typed comes back."),
    ("upload", "Upload", "Send a file of any size; its length and SHA-256 come back."),
    ("stream", "Stream", "Ten lines in five seconds, each sent as soon as it is there."),
    ("slow", "Slow", "An answer that takes three seconds, or as many as you like up to 30."),
    ("error", "Error", "An exception that nobody catches, and what the host makes of it."),
    ("breakpoint_page", "Breakpoint", "A small computation, made to be stopped in by a debugger."),
]


@app.context_processor
def for_every_page():
    return {
        "pages": PAGES,
        "process": os.getpid(),
        "thread": threading.current_thread().name,
        "python": platform.python_version(),
    }


@app.errorhandler(HTTPException)
def explain(error):
    """404, 405 and their like, looking as the other pages do, with their own headers."""
    response = error.get_response()
    response.data = render_template("problem.html", error=error)
    response.content_type = "text/html; charset=utf-8"
    return response


@app.get("/")
def index():
    return render_template("index.html")


# --- Environ ----------------------------------------------------------------------------------

SECRET_NAME = re.compile(
    "secret|token|passw|pwd|key|cookie|auth|credential|session|signature", re.IGNORECASE
)
PASSWORD_IN_URL = re.compile(r"://[^/\s]*:[^/\s]*@")
LONGEST_VALUE = 400


@app.get("/environ")
@app.get("/environ/<path:rest>")
def environ(rest=None):
    """With any path below it, to see what becomes of a path on its way to the app."""
    groups = {"Request": [], "HTTP headers": [], "WSGI and server": []}
    left_out = 0
    for name, value in sorted(request.environ.items()):
        # Some servers mix the variables of their own process in; those are nobody's business.
        if name in os.environ and os.environ[name] == value:
            left_out += 1
            continue
        groups[group_of(name)].append((name,) + shown(name, value))
    return render_template("environ.html", groups=groups, left_out=left_out)


def group_of(name):
    if name.startswith("HTTP_"):
        return "HTTP headers"
    return "Request" if name.isupper() else "WSGI and server"


def shown(name, value):
    """The value as text, and whether it is one that may be seen."""
    text = value if isinstance(value, str) else repr(value)
    if SECRET_NAME.search(name) or PASSWORD_IN_URL.search(text):
        return "not shown: it may be a secret", False
    if len(text) > LONGEST_VALUE:
        text = text[:LONGEST_VALUE] + " …"
    return text, True


# --- Form -------------------------------------------------------------------------------------


@app.route("/form", methods=["GET", "POST"])
def form():
    if request.method != "POST":
        return render_template("form.html", values={"stamps": "1"}, problems={})
    values = {name: request.form.get(name, "").strip() for name in ("to", "message", "stamps")}
    problems = problems_of_postcard(values)
    page = render_template("form.html", values=values, problems=problems, sent=not problems)
    return page, 400 if problems else 200


def problems_of_postcard(values):
    """Field name -> what is wrong with it. The browser checks too, but need not be one."""
    problems = {}
    if not 1 <= len(values["to"]) <= 40:
        problems["to"] = "Who is it for? One to 40 characters."
    if not 1 <= len(values["message"]) <= 280:
        problems["message"] = "A postcard holds one to 280 characters."
    if values["stamps"] not in {"1", "2", "3", "4", "5"}:
        problems["stamps"] = "One to five stamps."
    return problems


# --- Upload -----------------------------------------------------------------------------------


@app.route("/upload", methods=["GET", "POST"])
def upload():
    if request.method != "POST":
        return render_template("upload.html")
    started = time.monotonic()
    file = request.files.get("file")
    if file is None or not file.filename:
        return render_template("upload.html", problem="Choose a file first."), 400
    size, sha256 = measured(file.stream)
    result = {
        "name": file.filename,
        "size": size,
        "sha256": sha256,
        "seconds": time.monotonic() - started,
    }
    return render_template("upload.html", result=result)


def measured(stream):
    """Bytes and SHA-256 of a file, of which 64 KiB at a time are in memory."""
    size, digest = 0, hashlib.sha256()
    while True:
        chunk = stream.read(64 * 1024)
        if not chunk:
            return size, digest.hexdigest()
        size += len(chunk)
        digest.update(chunk)


# --- Stream -----------------------------------------------------------------------------------

STREAM_LINES = 10
STREAM_PAUSE_SECONDS = 0.5


def ticks():
    started = time.monotonic()
    for number in range(1, STREAM_LINES + 1):
        time.sleep(STREAM_PAUSE_SECONDS)
        clock = time.strftime("%H:%M:%S")
        yield {"number": number, "clock": clock, "after": time.monotonic() - started}


@app.get("/stream")
def stream():
    """The page itself is the stream, so that it needs no script to be seen growing."""
    page = stream_template("stream.html", ticks=ticks(), lines=STREAM_LINES)
    return unbuffered(page, "text/html; charset=utf-8")


@app.get("/stream.txt")
def stream_text():
    lines = (
        f"line {tick['number']} of {STREAM_LINES}, sent at {tick['clock']}, "
        f"{tick['after']:.1f} s after the first byte\n"
        for tick in ticks()
    )
    return unbuffered(lines, "text/plain; charset=utf-8")


def unbuffered(chunks, content_type):
    # nginx collects an answer before it passes it on, unless this header asks it not to.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(chunks, content_type=content_type, headers=headers)


# --- Slow -------------------------------------------------------------------------------------


@app.get("/slow")
def slow():
    try:
        seconds = float(request.args.get("seconds", "3"))
        if not 0 <= seconds <= 30:
            raise ValueError
    except ValueError:
        return render_template("slow.html", problem="A number of seconds from 0 to 30."), 400
    started = time.monotonic()
    time.sleep(seconds)
    return render_template("slow.html", seconds=seconds, took=time.monotonic() - started)


# --- Error ------------------------------------------------------------------------------------

ORDER = [("tea", 2, "3.20"), ("scone", 3, "1,80"), ("jam", 1, "0.90")]


@app.get("/error")
def error():
    return f"The order comes to {order_total(ORDER)}."


def order_total(order):
    return sum(line_total(article, count, price) for article, count, price in order)


def line_total(article, count, price):
    return count * parsed_price(article, price)


def parsed_price(article, price):
    try:
        return Decimal(price)
    except InvalidOperation as cause:
        raise ValueError(f"the price of {article} is not a number: {price!r}") from cause


# --- Breakpoint -------------------------------------------------------------------------------


@app.get("/breakpoint")
def breakpoint_page():
    wish = request.args.get("start", "7")
    if not re.fullmatch("[1-9][0-9]{0,6}", wish):
        place = breakpoint_place()
        problem = "A whole number from 1 to 9999999."
        return render_template("breakpoint.html", place=place, start=wish, problem=problem), 400
    result = hailstone(int(wish))
    return render_template("breakpoint.html", place=breakpoint_place(), start=wish, result=result)


def hailstone(start):
    """Halve an even number, else triple it and add one, until 1 is reached."""
    value = start
    path = [start]
    peak = {"value": start, "step": 0}
    while value != 1:
        odd = value % 2 == 1
        value = 3 * value + 1 if odd else value // 2
        path.append(value)  # put a breakpoint here
        if value > peak["value"]:
            peak = {"value": value, "step": len(path) - 1}
    return {"path": path, "steps": len(path) - 1, "peak": peak}


BREAKPOINT_MARK = re.compile(r"#\s*put a breakpoint here")


def breakpoint_place():
    """Where hailstone() wants to be stopped, read from its source as it is now."""
    source, first = inspect.getsourcelines(hailstone)
    lines = [(number, text.rstrip("\n")) for number, text in enumerate(source, first)]
    marked = [number for number, text in lines if BREAKPOINT_MARK.search(text)]
    return {
        "file": inspect.getsourcefile(hailstone),
        "line": marked[0] if marked else first,
        "lines": lines,
    }
