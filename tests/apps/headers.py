"""Headers and statuses that a host must pass on, and some that it must refuse.

Not wrapped in a validator: it would refuse them before the host sees them.
"""

SETS = {
    "/repeated": [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-One", "1"),
                  ("Set-Cookie", "a=3")],
    "/latin1": [("X-Latin", "caf\xe9 \xff")],
    "/empty_value": [("X-Empty", "")],
    "/lf_in_value": [("X-Bad", "one\nX-Injected: two")],
    "/cr_in_value": [("X-Bad", "one\rtwo")],
    "/crlf_in_value": [("Location", "/a\r\nSet-Cookie: stolen=1")],
    "/lf_in_name": [("X-Bad\nX-Injected", "two")],
    "/nul_in_value": [("X-Bad", "one\0two")],
    "/colon_in_name": [("X-Bad: x", "y")],
    "/space_in_name": [("X Bad", "y")],
    "/empty_name": [("", "y")],
    "/not_latin1": [("X-Bad", "\u20ac")],
    "/bytes_value": [("X-Bad", b"bytes")],
    "/number_value": [("X-Bad", 42)],
    "/not_a_pair": ["X-Bad"],
    "/connection": [("Connection", "close")],
    "/keep_alive": [("Keep-Alive", "timeout=5")],
    "/transfer_encoding": [("Transfer-Encoding", "chunked")],
    "/te": [("TE", "trailers")],
    "/trailers": [("Trailers", "X")],
    "/upgrade": [("Upgrade", "h2c")],
    "/proxy_authenticate": [("Proxy-Authenticate", "Basic")],
    "/proxy_authorization": [("proxy-authorization", "x")],
}

STATUSES = {
    "/status_404": "404 Not Here",
    "/status_299": "299 Of Our Own",
    "/status_no_reason": "200",
    "/status_crlf": "200 OK\r\nX-Injected: two",
    "/status_text": "OK",
    "/status_number": 200,
    "/status_short": "20 OK",
}


def app(environ, start_response):
    path = environ["PATH_INFO"]
    headers = [("Content-Type", "text/plain")] + SETS.get(path, [])
    start_response(STATUSES.get(path, "200 OK"), headers)
    return [b"the body"]
