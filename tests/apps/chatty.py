"""Writes to the log what it is asked to."""

import os


def raises(environ):
    raise RuntimeError("a \"quoted\" \\ reason \x1b[31m \u2603\nof two lines")


def every_byte(environ):
    """Bytes that are no text, in lines of all kinds."""
    for first in range(256):
        os.write(1, bytes([first, 0xC3, 0x28, first, 0xED, 0xA0, 0x80]) + b"\n")
    os.write(2, b'{"level": "error", "message": "forged"}\n')


def say(environ):
    # print() would write the line and its end apart, and threads between them.
    os.write(1, environ["QUERY_STRING"].encode() + b"\n")


def app(environ, start_response):
    globals()[environ["PATH_INFO"].lstrip("/") or "say"](environ)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "answer=s3cret-out")])
    return [b"done"]
