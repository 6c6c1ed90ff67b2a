"""Answers with 3,000,000 bytes, or as many as the query says, at once; reads nothing."""

from wsgiref.validate import validator


@validator
def app(environ, start_response):
    size = int(environ["QUERY_STRING"] or 3_000_000)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(size))])
    return [b"y" * size]
