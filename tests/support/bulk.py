"""Big bodies at C speed: made, sent, received and checked without being kept."""

import re
import socket
import zlib

from support.waiting import DEADLINE

#: The pattern of tests/apps/bulk.py.
PATTERN = bytes(range(251)) * 261
BLOCK = 1 << 18


def pattern_crc(count):
    """CRC-32 of the first `count` bytes of the endless pattern."""
    crc = 0
    for _ in range(count // len(PATTERN)):
        crc = zlib.crc32(PATTERN, crc)
    return zlib.crc32(PATTERN[:count % len(PATTERN)], crc)


def download(port, path):
    """GET over HTTP. Returns (length, CRC-32) of the body"""
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as peer:
        peer.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        head, rest = read_head(peer)
        assert head.startswith(b"HTTP/1.1 200 "), head
        assert b"chunked" not in head.lower(), "the length must be known here"
        length, crc = len(rest), zlib.crc32(rest)
        buffer = bytearray(BLOCK)
        view = memoryview(buffer)
        while count := peer.recv_into(buffer):
            length += count
            crc = zlib.crc32(view[:count], crc)
    return length, crc


def upload(port, path, count):
    """POST of `count` bytes of the pattern. Returns the answer's body"""
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as peer:
        peer.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                     f"Content-Length: {count}\r\n\r\n".encode())
        for _ in range(count // len(PATTERN)):
            peer.sendall(PATTERN)
        peer.sendall(PATTERN[:count % len(PATTERN)])
        head, body = read_head(peer)
        assert head.startswith(b"HTTP/1.1 200 "), head
        while data := peer.recv(BLOCK):
            body += data
    return unchunked(body) if b"chunked" in head.lower() else body


def read_head(peer):
    """Returns (header block, the bytes of the body that came with it)"""
    data = b""
    while b"\r\n\r\n" not in data:
        more = peer.recv(BLOCK)
        assert more, f"cut within the headers: {data!r}"
        data += more
    return data.split(b"\r\n\r\n", 1)


def unchunked(body):
    """Takes HTTP's chunked coding off a short body."""
    out = b""
    while match := re.match(rb"([0-9a-fA-F]+)\r\n", body):
        size, at = int(match[1], 16), match.end()
        out += body[at:at + size]
        body = body[at + size + 2:]
    return out
