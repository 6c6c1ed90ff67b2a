"""Bodies far bigger than the memory that may be used for them."""

import zlib

import pytest

from support import fcgi_client as fcgi
from support import bulk, proc
from support.nginx import UNBUFFERED
from support.paths import MEMORY_LIMIT
from support.waiting import wait_until, wait_until_settled

GIB = 1 << 30
#: Far more than sockets and windows on the way can hold, far less than the body.
STALLED_LIMIT = 16 << 20


def assert_bounded_memory(site):
    for pid in site.processes():
        assert proc.highest_memory(pid) < MEMORY_LIMIT, proc.command_line(pid)


@pytest.fixture
def bulk_site(serve):
    return serve("bulk", threads=2)


def test_one_gibibyte_down(bulk_site, sites):
    server = sites.nginx(bulk_site, location=UNBUFFERED)
    assert bulk.download(server.port, f"/down?{GIB}") == (GIB, bulk.pattern_crc(GIB))
    assert_bounded_memory(bulk_site)


def test_one_gibibyte_up(bulk_site, sites):
    server = sites.nginx(bulk_site, location=UNBUFFERED)
    answer = bulk.upload(server.port, "/up", GIB)
    assert answer.decode() == f"{GIB} {bulk.pattern_crc(GIB)}"
    assert_bounded_memory(bulk_site)


def test_one_gibibyte_by_http(serve):
    site = serve("bulk", listen=None, options=["--http", "tcp:127.0.0.1:0"])
    port = int(site.host.wait_for_log(r"listening on http://127\.0\.0\.1:(\d+)/")[1])
    assert bulk.download(port, f"/down?{GIB}") == (GIB, bulk.pattern_crc(GIB))
    assert bulk.upload(port, "/up", GIB).decode() == f"{GIB} {bulk.pattern_crc(GIB)}"
    assert_bounded_memory(site)


def test_a_client_that_does_not_read_stops_the_app(bulk_site):
    """The app's next chunk is asked for only when there is room for it."""
    size = 256 << 20
    produced = bulk_site.root / "produced"
    with bulk_site.connect() as connection:
        connection.start(fcgi.params("/counted", query=str(size)))
        connection.send_stdin(b"")
        connection.read_until(b"\r\n\r\n")
        wait_until(lambda: produced.exists() and produced.read_text(), "the app produces")
        stalled_at = wait_until_settled(lambda: int(produced.read_text() or 0))
        assert stalled_at < STALLED_LIMIT
        assert_bounded_memory(bulk_site)
        answer = connection.answers[1]
        length, crc = len(answer.body), zlib.crc32(answer.body)
        while not answer.complete:
            record = connection.read_record()
            if record.type == fcgi.STDOUT:
                length, crc = length + len(record.content), zlib.crc32(record.content, crc)
            answer.complete = record.type == fcgi.END_REQUEST
    assert (length, crc) == (size, bulk.pattern_crc(size))
    assert_bounded_memory(bulk_site)


def test_an_app_that_does_not_read_stops_the_client(bulk_site):
    """What the app has not read stays with the web server."""
    size = 256 << 20
    blocks = size // len(bulk.PATTERN)
    size = blocks * len(bulk.PATTERN)
    with bulk_site.connect() as connection:
        connection.start(fcgi.params("/up_when", "POST", query="go", CONTENT_LENGTH=str(size)))
        record = fcgi.encode_stream(fcgi.STDIN, 1, bulk.PATTERN)[:-fcgi.HEADER.size]
        sent = connection.send_until_blocked(record, most=size)
        assert sent < STALLED_LIMIT
        assert bulk_site.get("/down", query="5").body == bulk.PATTERN[:5]
        assert_bounded_memory(bulk_site)
        bulk_site.touch("go")
        whole, part = divmod(sent, len(record))
        connection.send(record[part:] if part else b"")
        for _ in range(blocks - whole - bool(part)):
            connection.send(record)
        connection.send(fcgi.encode_record(fcgi.STDIN, 1))
        answer = connection.read_answer()
    assert answer.text == f"{size} {bulk.pattern_crc(size)}"
    assert_bounded_memory(bulk_site)


def test_many_answers_that_nobody_reads(serve):
    """Sixteen of them at once, on connections of their own."""
    site = serve("bulk", threads=16)
    connections = [site.connect() for _ in range(16)]
    for connection in connections:
        connection.start(fcgi.params("/down", query=str(64 << 20)))
        connection.send_stdin(b"")
    for connection in connections:
        connection.read_until(b"\r\n\r\n")
    wait_until_settled(lambda: proc.status_bytes(site.host.pid, "VmRSS"))
    assert_bounded_memory(site)
    for connection in connections:
        connection.close()
