"""Walks in each request until a file is there; writes down whether a debugger holds its threads.

Runs on Python 3.6 and later.
"""

import os
import threading
import time

#: Of a thread, in the words of pydevd.
STATE_SUSPEND = 2


def app(environ, start_response):
    if environ["PATH_INFO"] == "/walk":
        folder = environ["QUERY_STRING"]
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
    try:
        written = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    except FileExistsError:
        return  # by the request beside this one
    watcher = threading.Thread(target=write_down, args=(written,), daemon=True)
    # So that engines let it run.
    watcher.is_pydev_daemon_thread = True
    watcher.pydev_do_not_trace = True
    watcher.start()


def write_down(written):
    truth = Truth()
    while True:
        os.write(written, b"%.4f %d\n" % (time.time(), truth.is_held()))
        time.sleep(0.003)


class Truth:
    """Held are those that pydevd has suspended. Once they may go on they look for it five times a
    second only: until the first of them has seen it, they stand as before."""

    def __init__(self):
        self.standing = set()

    def is_held(self):
        # Not enumerate(): a thread may be held that has its lock.
        infos = [thread.additional_info for thread in list(threading._active.values())
                 if getattr(thread, "additional_info", None)]
        waiting = {id(info) for info in infos if getattr(info, "is_in_wait_loop", False)}
        if any(info.pydev_state == STATE_SUSPEND for info in infos):
            self.standing = waiting
            return True
        if not self.standing <= waiting:
            self.standing = set()
        return bool(self.standing)
