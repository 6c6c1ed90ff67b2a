"""Keeps as many MiB as the query says."""

kept = []


def app(environ, start_response):
    kept.append(bytearray(b"x" * (int(environ["QUERY_STRING"]) << 20)))
    start_response("200 OK", [])
    return [b"kept"]
