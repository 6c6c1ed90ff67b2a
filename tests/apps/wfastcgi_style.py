"""What wfastcgi allowed: a status without a reason, an empty string for headers."""

import sys


def app(environ, start_response):
    start_response("200", "")
    return [b"hello ", b"world!"]


class Handler:
    def __call__(self, environ, start_response):
        return app(environ, start_response)


handler = Handler()


def in_chunks(environ, start_response):
    start_response("200", [("Custom-Header", "42")])
    for chunk in (b"<html>", b"<body>", b"hello world", b"</body>", b"</html>"):
        yield chunk


def factory():
    return in_chunks


def closed(environ, start_response):
    """An error whose page is the app's own."""
    start_response("404", "")
    return [b"<html><body>We are closed. Come back in two weeks.</body></html>"]


def bytes_keys(environ, start_response):
    """Shows the keys that wfastcgi added, which are bytes."""
    start_response("200", "")
    for name in ("QUERY_STRING", "PATH_INFO", "SCRIPT_NAME"):
        yield name.encode() + b": " + environ["wsgi." + name.lower()] + b"\n"


def bad_headers(environ, start_response):
    """start_response and exc_info, as the path says."""
    return {"/replaced": replaced, "/too_late": too_late, "/twice": twice,
            "/never": never}[environ["PATH_INFO"]](start_response)


def exc_info():
    try:
        raise Exception("raised by the app")
    except Exception:
        return sys.exc_info()


def replaced(start_response):
    start_response("200", "")
    start_response("500", "", exc_info())
    yield b"500 Error"


def too_late(start_response):
    start_response("200", "")
    yield b"some output"
    start_response("500", "", exc_info())
    yield b"never seen"


def twice(start_response):
    start_response("200", "")
    start_response("200", "")
    yield b"never seen"


def never(start_response):
    yield b"never seen"
