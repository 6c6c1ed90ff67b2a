"""What PEP 3333 says of start_response and its exc_info, case by case."""

import sys

HEADERS = [("Content-Type", "text/plain")]


def replaced_before_output(start_response):
    start_response("200 OK", HEADERS + [("X-First", "1")])
    try:
        raise RuntimeError("before any output")
    except RuntimeError:
        start_response("500 Replaced", HEADERS, sys.exc_info())
    return [b"500 Error"]


def replaced_before_first_yield(start_response):
    start_response("200 OK", HEADERS)
    try:
        raise RuntimeError("before any output")
    except RuntimeError:
        start_response("500 Replaced", HEADERS, sys.exc_info())
    yield b"500 Error"


def reraised_after_output(start_response):
    start_response("200 OK", HEADERS)
    yield b"some output"
    try:
        raise RuntimeError("raised after output")
    except RuntimeError:
        start_response("500 Too Late", HEADERS, sys.exc_info())
    yield b"never seen"


def replaced_after_empty_chunk(start_response):
    """Headers are not sent before the first chunk with something in it."""
    start_response("200 OK", HEADERS)
    yield b""
    try:
        raise RuntimeError("after an empty chunk")
    except RuntimeError:
        start_response("500 Replaced", HEADERS, sys.exc_info())
    yield b"500 Error"


def twice(start_response):
    start_response("200 OK", HEADERS)
    start_response("200 OK", HEADERS)
    return [b"never seen"]


def never(start_response):
    return [b"never seen"]


def never_and_empty(start_response):
    return []


def late(start_response):
    """Called only when the first chunk is asked for: allowed."""
    start_response("200 OK", HEADERS)
    yield b"late but right"


def raises(start_response):
    raise RuntimeError("the app raised this")


def raises_after_start(start_response):
    start_response("200 OK", HEADERS)
    raise RuntimeError("the app raised this")


def raises_in_iteration(start_response):
    start_response("200 OK", HEADERS)
    yield b"some output"
    raise RuntimeError("raised in iteration")


def raises_before_output(start_response):
    start_response("200 OK", HEADERS)
    if start_response:
        raise RuntimeError("raised before output")
    yield b"never seen"


def raises_not_ascii(start_response):
    raise RuntimeError("Gr\u00fc\u00dfe \u2603 \U0001f40d")


def yields_text(start_response):
    start_response("200 OK", HEADERS)
    return ["text, not bytes"]


def returns_none(start_response):
    start_response("200 OK", HEADERS)


def exits(start_response):
    sys.exit("the app called sys.exit")


def empty(start_response):
    start_response("200 OK", HEADERS)
    return []


def tuple_of_chunks(start_response):
    start_response("200 OK", HEADERS)
    return (b"one ", b"two")


def too_much(start_response):
    start_response("200 OK", HEADERS + [("Content-Length", "4")])
    return [b"12345678"]


def too_much_in_pieces(start_response):
    start_response("200 OK", HEADERS + [("Content-Length", "4")])
    yield b"12"
    yield b"345678"
    yield b"9"


def too_little(start_response):
    start_response("200 OK", HEADERS + [("Content-Length", "8")])
    return [b"1234"]


def written(start_response):
    write = start_response("200 OK", HEADERS)
    write(b"one ")
    write(b"two ")
    return [b"three"]


def written_only(start_response):
    write = start_response("200 OK", HEADERS)
    write(b"only written")
    return []


def written_then_replaced(start_response):
    write = start_response("200 OK", HEADERS)
    write(b"some output")
    try:
        raise RuntimeError("raised after write")
    except RuntimeError:
        start_response("500 Too Late", HEADERS, sys.exc_info())
    return [b"never seen"]


def wrote_text(start_response):
    write = start_response("200 OK", HEADERS)
    write("text, not bytes")
    return []


def app(environ, start_response):
    return globals()[environ["PATH_INFO"].lstrip("/")](start_response)
