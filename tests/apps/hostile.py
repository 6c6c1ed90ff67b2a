"""What an app may do to its worker without meaning harm, by path."""

import os
import signal
import struct
import subprocess
import threading
import traceback
import time

kept = {}
TEXT = [("Content-Type", "text/plain")]


def keep_write(start_response):
    """Keeps `write`, for a thread that uses it when the answer is long over."""
    kept["write"] = start_response("200 OK", TEXT)
    kept["start_response"] = start_response
    return [b"first"]


def use_kept_write(start_response):
    start_response("200 OK", TEXT)
    refused = []
    for use in (lambda: kept["write"](b"[LATE]"),
                lambda: kept["start_response"]("200 OK", [("Set-Cookie", "of=another")])):
        try:
            use()
        except RuntimeError as error:
            refused.append(str(error))
    return [" / ".join(refused).encode()]


def close_slot(start_response):
    """Closes a descriptor that is not its own, such as by closing one twice."""
    os.close(4)
    start_response("200 OK", TEXT)
    return [b"closed"]


def wait(start_response):
    open("in", "w").close()
    while not os.path.exists("go"):
        time.sleep(0.01)
    start_response("200 OK", TEXT)
    return [b"waited"]


def much_head(start_response):
    start_response("200 OK", [("X-Large", "x" * 1200000)])
    return []


def odd_status(start_response):
    start_response("1\u00b23 Odd", TEXT)
    return []


def two_lengths(start_response):
    start_response("200 OK", [("Content-Length", "3"), ("Content-Length", "5")])
    return [b"abcde"]


def fork_and_yield(start_response):
    start_response("200 OK", TEXT)
    yield b"parent "
    child = os.fork()
    yield b"answers"
    if child:
        os.waitpid(child, 0)


def family(start_response):
    """Shells that each have children of their own."""
    for _ in range(6):
        subprocess.Popen(["sh", "-c", "sleep 1000 & sleep 1000 & sleep 1000 & wait"])
    start_response("200 OK", TEXT)
    return [b"started"]


def endless(start_response):
    start_response("200 OK", TEXT)

    def chunks():
        try:
            while True:
                time.sleep(0.01)
                yield b"x" * 100
        finally:
            open("closed", "w").close()
    return chunks()


def alarm(start_response):
    threading.main_thread()
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    time.sleep(0.3)
    start_response("200 OK", TEXT)
    return [b"rang"]


class OddCause(Exception):
    @property
    def __cause__(self):
        raise ValueError("of a cause")


class OddText(Exception):
    def __str__(self):
        raise SystemExit(3)


def odd_cause(start_response):
    raise OddCause


def odd_text(start_response):
    raise OddText


def odd_syntax(start_response):
    error = SyntaxError("odd")
    error.filename, error.lineno, error.text, error.offset = "f", 1, b"bytes", "q"
    raise error


def forge_notice(start_response):
    """Into the pipe by which the guard of this worker talks to the host: no step has this number."""
    try:
        with open("/proc/%d/fd/0" % os.getppid(), "wb", 0) as pipe:
            pipe.write(struct.pack("iii", 1, 0, 99))
    except PermissionError:  # only the superuser may
        pass
    time.sleep(0.3)
    start_response("200 OK", TEXT)
    return [b"forged"]


def no_stacks(start_response):
    traceback.extract_stack = lambda frame: 1 / 0
    start_response("200 OK", TEXT)
    return [b"replaced"]


def never(start_response):
    threading.Event().wait()


def say_not_ready(start_response):
    """What only a worker that starts may say. Descriptor 3 is the control connection."""
    os.write(3, struct.pack(">BBHHBB", 1, 19, 0, 3, 0, 0) + b"\0no")
    start_response("200 OK", TEXT)
    return [b"said"]


def on_alarm(number, frame):
    raise RuntimeError("raised by a signal handler")


signal.signal(signal.SIGALRM, on_alarm)


def app(environ, start_response):
    return globals()[environ["PATH_INFO"][1:]](start_response)
