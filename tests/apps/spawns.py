"""Starts processes that would like to outlive it.

    /child       a plain child
    /detached    a grandchild in a session of its own, its parent gone
    /stubborn    a child that ignores SIGTERM and SIGINT
"""

import os
import subprocess
import sys
from wsgiref.validate import validator

SLEEP = ["sleep", "1000"]
STUBBORN = ("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
            "signal.signal(signal.SIGINT, signal.SIG_IGN); print('ready', flush=True);"
            "time.sleep(1000)")


def child():
    return subprocess.Popen(SLEEP).pid


def detached():
    reading, writing = os.pipe()
    middle = os.fork()
    if middle == 0:
        os.setsid()
        bottom = os.fork()
        if bottom == 0:
            os.execvp(SLEEP[0], SLEEP)
        os.write(writing, str(bottom).encode())
        os._exit(0)
    os.waitpid(middle, 0)
    os.close(writing)
    pid = int(os.read(reading, 20))
    os.close(reading)
    return pid


def stubborn():
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE)
    process.stdout.readline()
    return process.pid


@validator
def app(environ, start_response):
    pid = {"/child": child, "/detached": detached, "/stubborn": stubborn}[environ["PATH_INFO"]]()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(pid).encode()]
