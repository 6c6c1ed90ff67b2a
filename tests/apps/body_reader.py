"""Reads the request's body in the way that the path names and answers as JSON."""

import hashlib
import json


def read_all(stream):
    return [stream.read()]


def read_sized(stream):
    return list(iter(lambda: stream.read(1000), b""))


def read_minus_one(stream):
    return [stream.read(-1)]


def read_line(stream):
    return list(iter(stream.readline, b""))


def read_line_sized(stream):
    return list(iter(lambda: stream.readline(5), b""))


def read_lines(stream):
    return stream.readlines()


def read_lines_hint(stream):
    return list(iter(lambda: stream.readlines(10), []))


def iterate(stream):
    return list(stream)


def mixed(stream):
    return [stream.read(3), stream.readline(), stream.read(0), next(iter(stream)), stream.read()]


def nothing(stream):
    return []


def past_the_end(stream):
    return [stream.read(), stream.read(), stream.read(10), stream.readline(), *stream.readlines()]


WAYS = {f"/{way.__name__}": way for way in (
    read_all, read_sized, read_minus_one, read_line, read_line_sized, read_lines, read_lines_hint,
    iterate, mixed, nothing, past_the_end)}


def plain(value):
    return value.decode("latin-1") if isinstance(value, bytes) else list(map(plain, value))


def digest(stream):
    """Only size and digest: for bodies that are too long to send back."""
    total, sha = 0, hashlib.sha256()
    for block in iter(lambda: stream.read(65536), b""):
        total += len(block)
        sha.update(block)
    return [total, sha.hexdigest()]


def app(environ, start_response):
    stream = environ["wsgi.input"]
    path = environ["PATH_INFO"]
    if path == "/digest":
        result = digest(stream)
    else:
        result = plain(WAYS[path](stream))
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(result).encode("ascii")]
