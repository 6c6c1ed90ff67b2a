"""Answers that cost the app next to nothing: what is left is the server's own cost.

None has a Content-Length: wfastcgi ends its STDOUT stream after the head, which nginx (since
1.19.9) takes for a broken answer where more was to come.
"""

import hashlib
import time

PIECE = b"x" * 65536
HELLO = b"Hello, world!"


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [HELLO]


def big(environ, start_response):
    """1 MiB in pieces of 64 KiB."""
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return (PIECE for _ in range(16))


def post(environ, start_response):
    digest = hashlib.sha256()
    body = environ["wsgi.input"]
    left = int(environ["CONTENT_LENGTH"])
    while left > 0:
        piece = body.read(min(left, 65536))
        if not piece:
            break
        left -= len(piece)
        digest.update(piece)
    answer = digest.hexdigest().encode()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [answer]


def sleep(environ, start_response):
    time.sleep(0.05)
    return hello(environ, start_response)


PAGES = {"/hello": hello, "/big": big, "/post": post, "/sleep": sleep}


def app(environ, start_response):
    return PAGES[environ["PATH_INFO"]](environ, start_response)
