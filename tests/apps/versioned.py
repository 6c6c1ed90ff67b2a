"""An app whose text is `version`, which tests write over. Reads versioned.data, if it is there,
at its import; says which process answers.

    /            VERSION PID
    /slow        the same after 30 ms
    /stream?N    N lines, 20 ms apart
"""

import os
import time

VERSION = "one"

if os.path.exists("versioned.data"):
    with open("versioned.data") as data:
        VERSION = data.read().strip()


def stream(count):
    for number in range(count):
        yield b"%d\n" % number
        time.sleep(0.02)


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/stream":
        return stream(int(environ["QUERY_STRING"]))
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.03)
    return [("%s %d" % (VERSION, os.getpid())).encode()]
