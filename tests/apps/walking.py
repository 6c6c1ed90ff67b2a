"""Walks in each request until a file is there, and writes down which of its threads a debugger holds.

Runs on Python 3.6 and later.
"""

import os
import threading
import time

#: Of a thread, in the words of pydevd.
STATE_SUSPEND = 2

watched = threading.Lock()


def app(environ, start_response):
    if environ["PATH_INFO"] == "/walk":
        folder = environ["QUERY_STRING"]
        if watched.acquire(False):
            watch(os.path.join(folder, "truth"))
        text = "walked %d steps" % walk(os.path.join(folder, "over"))
    else:
        text = "plain"
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]


def walk(until):
    steps = 0
    while not os.path.exists(until):
        steps = step(steps)
    return steps


def step(steps):
    time.sleep(0.005)
    number = steps + 1  # @bp step
    try:
        trip(number)
    except ValueError:
        pass
    return number


def trip(number):
    if number % 10 == 0:
        raise ValueError(number)


def watch(file):
    watcher = threading.Thread(target=write_down, args=(file,), daemon=True)
    # So that engines let it run.
    watcher.is_pydev_daemon_thread = True
    watcher.pydev_do_not_trace = True
    watcher.start()


def write_down(file):
    written = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    while True:
        os.write(written, b"%.4f %d\n" % (time.time(), is_held()))
        time.sleep(0.003)


def is_held():
    # Not enumerate(): a thread may be held that has its lock.
    return any(stands(thread) for thread in list(threading._active.values()))


def stands(thread):
    info = getattr(thread, "additional_info", None)
    # A thread that shall run looks for it five times a second only.
    return info is not None and (info.pydev_state == STATE_SUSPEND
                                 or getattr(info, "is_in_wait_loop", False))
