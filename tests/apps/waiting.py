"""Answers that wait for a file of the request's choice.

    /now           answers at once
    /wait?NAME     notes itself in `waiting.log`, answers when the file NAME exists
"""

import os
import time
from wsgiref.validate import validator


def note(text):
    with open("waiting.log", "a") as log:
        log.write(text + "\n")


@validator
def app(environ, start_response):
    if environ["PATH_INFO"] == "/wait":
        note("in " + environ["QUERY_STRING"])
        while not os.path.exists(environ["QUERY_STRING"]):
            time.sleep(0.01)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done " + str(os.getpid()).encode()]
