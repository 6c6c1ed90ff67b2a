"""Is imported when a file `go` is there."""

import os
import time

while not os.path.exists("go"):
    time.sleep(0.02)


def app(environ, start_response):
    start_response("200 OK", [])
    return [b"started"]
