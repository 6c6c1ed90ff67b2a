"""Writes the seeds of fuzz_fcgi into corpus/fcgi: python3 make_fcgi_corpus.py

Each begins with the sizes of the reads and the way of answering, as fuzz_fcgi.cpp has it.
"""
from pathlib import Path

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES = range(1, 10)
TAKE, AT_ONCE, COMPLETE, CUT = 1, 2, 4, 8


def record(kind, request_id, content=b"", padding=0, version=1):
    head = bytes([version, kind]) + request_id.to_bytes(2, "big") + len(content).to_bytes(2, "big")
    return head + bytes([padding, 0]) + content + b"\0" * padding


def begin(request_id=1, keep=True, role=1):
    return record(BEGIN, request_id, bytes([role >> 8, role & 255, keep, 0, 0, 0, 0, 0]))


def length(number, long_form=False):
    if number < 128 and not long_form:
        return bytes([number])
    return (number | 1 << 31).to_bytes(4, "big")


def pairs(*given, long_form=False):
    return b"".join(
        length(len(name), long_form) + length(len(value), long_form) + name + value
        for name, value in given)


def params(request_id, *given, padding=0, long_form=False):
    encoded = pairs(*given, long_form=long_form)
    return record(PARAMS, request_id, encoded, padding) + record(PARAMS, request_id)


def stdin(request_id, *pieces, padding=0):
    records = [record(STDIN, request_id, piece, padding) for piece in pieces]
    return b"".join(records) + record(STDIN, request_id)


NGINX_GET = (
    (b"QUERY_STRING", b"x=1"), (b"REQUEST_METHOD", b"GET"), (b"CONTENT_TYPE", b""),
    (b"CONTENT_LENGTH", b""), (b"SCRIPT_NAME", b"/hello"), (b"REQUEST_URI", b"/hello?x=1"),
    (b"SERVER_PROTOCOL", b"HTTP/1.1"), (b"GATEWAY_INTERFACE", b"CGI/1.1"),
    (b"SERVER_SOFTWARE", b"nginx/1.22.1"), (b"REMOTE_ADDR", b"127.0.0.1"),
    (b"SERVER_PORT", b"80"), (b"SERVER_NAME", b"localhost"), (b"HTTP_HOST", b"localhost"))
POST = ((b"REQUEST_METHOD", b"POST"), (b"CONTENT_LENGTH", b"11"))

SEEDS = {
    "nginx_get": (TAKE | AT_ONCE, [],
                  begin(keep=False) + params(1, *NGINX_GET, padding=5) + stdin(1)),
    "nginx_kept": (TAKE | COMPLETE, [60],
                   2 * (begin() + params(1, *NGINX_GET, padding=3) + stdin(1))),
    "post": (TAKE | COMPLETE, [0, 30, 7], begin() + params(1, *POST) + stdin(1, b"hello", b" world")),
    "post_not_read": (AT_ONCE, [40], begin(keep=False) + params(1, *POST) + stdin(1, b"x" * 200)),
    "multiplexed": (TAKE | COMPLETE, [25, 3],
                    begin(1) + begin(2) + record(PARAMS, 1, pairs(*POST)[:9])
                    + params(2, (b"A", b"B")) + record(PARAMS, 1, pairs(*POST)[9:])
                    + record(PARAMS, 1) + stdin(2, b"two") + stdin(1, b"one")),
    "too_many_at_once": (TAKE, [], b"".join(begin(i) for i in range(1, 6))),
    "padded": (TAKE | AT_ONCE, [10],
               begin() + params(1, *POST, padding=255) + stdin(1, b"a", b"bc", padding=7)
               + record(STDIN, 9, b"", 8)),
    "long_lengths": (TAKE | AT_ONCE, [100],
                     begin() + params(1, (b"SHORT", b"v"), (b"n" * 130, b"v" * 300), long_form=True)
                     + stdin(1)),
    "get_values": (0, [5],
                   record(GET_VALUES, 0, pairs((b"FCGI_MAX_CONNS", b""), (b"FCGI_MPXS_CONNS", b""),
                                               (b"OTHER", b"")), 2) + record(99, 0, b"unknown")),
    "abort": (TAKE, [],
              begin() + params(1, *POST) + stdin(1, b"part")[:-8] + record(ABORT, 1)
              + begin(2) + record(ABORT, 2)),
    "abort_later": (TAKE, [90], begin() + params(1, *POST) + b"".join([stdin(1, b"x" * 90),
                                                                      record(ABORT, 1)])),
    "wrong_version": (TAKE, [], begin() + record(PARAMS, 1, b"x", 0, 2)),
    "http": (0, [], b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "truncated": (TAKE, [20], (begin() + params(1, *NGINX_GET))[:100]),
    "params_cut_short": (TAKE, [], begin() + record(PARAMS, 1, b"\x7f\x05NAME") + record(PARAMS, 1)),
    "lengths_beyond": (TAKE, [], begin() + record(PARAMS, 1, b"\xff\xff\xff\xff\xff\xff\xff\xffab")
                       + record(PARAMS, 1)),
    "too_many_params": (TAKE, [], begin() + params(1, *[(b"n", b"v")] * 21)),
    "authorizer": (TAKE, [], begin(role=2) + params(1, *POST) + stdin(1, b"x") + begin(keep=False, role=3)),
    "cut": (TAKE | AT_ONCE | CUT, [], begin() + params(1, *NGINX_GET) + stdin(1)),
    "cut_shared": (TAKE | COMPLETE | CUT, [], begin(1) + begin(2) + params(1, *POST) + stdin(1, b"x")),
    "begin_twice": (TAKE, [16], begin() + begin()),
    "stdin_first": (TAKE | COMPLETE, [], begin() + stdin(1, b"early") + params(1, *POST)),
}


def main():
    folder = Path(__file__).parent / "corpus" / "fcgi"
    folder.mkdir(parents=True, exist_ok=True)
    for name, (mode, sizes, stream) in SEEDS.items():
        (folder / name).write_bytes(bytes([mode << 4 | len(sizes), *sizes]) + stream)


if __name__ == "__main__":
    main()
