"""The smallest app that is right by the letter."""

from wsgiref.validate import validator


def plain(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Custom-Header", "42")])
    return [b"Hello world!"]


app = validator(plain)
