"""Answers that have no body on the wire: HEAD, 204, 304."""

from wsgiref.validate import validator


@validator
def app(environ, start_response):
    status = {"/204": "204 No Content", "/304": "304 Not Modified"}.get(environ["PATH_INFO"])
    if status:
        start_response(status, [("ETag", '"x"')])
        return []
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "8")])
    return [b"the body"]


def careless(environ, start_response):
    """Gives a body where there is none: the host must hold it back."""
    status = {"/204": "204 No Content", "/304": "304 Not Modified"}.get(
        environ["PATH_INFO"], "200 OK")
    write = start_response(status, [("Content-Type", "text/plain")])
    write(b"written ")
    return [b"and returned"]
