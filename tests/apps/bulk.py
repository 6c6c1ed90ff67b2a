"""Bodies of any size without keeping them.

    /down?BYTES        that many bytes of a pattern whose period fits no buffer
    /up                reads the body, answers with its length and CRC-32
    /up_when?NAME      the same, but begins to read when the file NAME exists
    /counted?BYTES     as /down, and writes into `produced` how far it has come
"""

import os
import time
import zlib
from wsgiref.validate import validator

PATTERN = bytes(range(251)) * 261


def pattern(count):
    while count > 0:
        yield PATTERN if count >= len(PATTERN) else PATTERN[:count]
        count -= len(PATTERN)


def counted(count):
    with open("produced", "w") as progress:
        produced = 0
        for chunk in pattern(count):
            produced += len(chunk)
            progress.seek(0)
            progress.write(str(produced))
            progress.flush()
            yield chunk


def swallow(stream):
    length, crc = 0, 0
    for block in iter(lambda: stream.read(65536), b""):
        length += len(block)
        crc = zlib.crc32(block, crc)
    return [f"{length} {crc}".encode()]


@validator
def app(environ, start_response):
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    headers = [("Content-Type", "application/octet-stream")]
    if path == "/down":
        start_response("200 OK", headers + [("Content-Length", query)])
        return pattern(int(query))
    if path == "/counted":
        start_response("200 OK", headers)
        return counted(int(query))
    while path == "/up_when" and not os.path.exists(query):
        time.sleep(0.01)
    start_response("200 OK", headers)
    return swallow(environ["wsgi.input"])
