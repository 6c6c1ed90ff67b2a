"""Clients that do not take their answer within server.send_timeout, over FastCGI and HTTP."""

import socket
import threading
import time

import pytest

from support import fcgi_client as fcgi
from support.waiting import DEADLINE, wait_until

SETTINGS = "server:\n  send_timeout: 2 s\nlog:\n  requests: true\n"
SIZE = 8_000_000


def drip(peer, stop):
    """Reads one byte a second."""
    try:
        while not stop.wait(1) and peer.recv(1):
            pass
    except OSError:
        pass


@pytest.mark.parametrize("path", ["/bulk_list", "/closing/large/slow"])
def test_a_client_that_takes_one_byte_a_second_is_cut(serve, path):
    """Whether the app has given all of its answer or goes on with it."""
    site = serve("several", settings=SETTINGS, threads=2)
    stop = threading.Event()
    with site.connect() as connection:
        connection.start(fcgi.params(path, query=str(SIZE), REQUEST_URI="/slow"))
        connection.send_stdin(b"")
        reader = threading.Thread(target=drip, args=(connection.socket, stop))
        reader.start()
        while not site.host.log_matches(r"cut: its client took \d+ bytes"):
            assert site.get("/hello").status == 200, "others are served meanwhile"
            time.sleep(0.05)
        stop.set()
        reader.join()
    told = site.host.wait_for_log(r"request (\S+): cut: its client took .* \(server.send_timeout\)")
    line = site.host.wait_for_log(r"request (\S+): GET /slow: 200, (\d+) bytes, .*, cut$")
    assert line[1] == told[1]
    assert int(line[2]) < 2_000_000, "only what went out counts"


def test_the_app_sees_that_its_client_is_gone(serve):
    site = serve("several", settings=SETTINGS)
    with site.connect() as connection:
        connection.start(fcgi.params("/closing/large/slow"))
        connection.send_stdin(b"")
        wait_until((site.root / "closed-slow").exists, "close() is called")


def test_a_client_that_takes_its_answer_slowly_but_steadily_gets_all(serve):
    site = serve("several", settings=SETTINGS)
    with site.connect() as connection:
        connection.start(fcgi.params("/bulk_list", query="3000000"), flags=0)
        connection.send_stdin(b"")
        taken = 0
        while data := connection.socket.recv(50_000):
            taken += len(data)
            time.sleep(0.1)  # all of it takes three times the limit
    assert taken > 3_000_000


def test_over_http(serve):
    site = serve("several", settings=SETTINGS, listen=None, http=True)
    port = int(site.host.wait_for_log(r"listening on http://\S+:(\d+)/")[1])
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as peer:
        peer.sendall(b"GET /bulk_list?30000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        site.host.wait_for_log(r"request \S+: cut: the client 127.0.0.1 did not take its answer")
    site.host.wait_for_log(r"GET /bulk_list\?30000000: 200, \d+ bytes, .*, cut$")


@pytest.mark.parametrize("kind", ["http", "nginx"])
def test_one_byte_a_second_over_http(serve, sites, kind):
    """Also behind an nginx that passes each piece on at once and keeps none."""
    site = serve("several", settings=SETTINGS, threads=2, http=True)
    port = sites.front_end(kind, site, **({} if kind == "http" else {"streaming": True})).port
    stop = threading.Event()
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as peer:
        peer.sendall(b"GET /bulk_list?30000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        reader = threading.Thread(target=drip, args=(peer, stop))
        reader.start()
        wait_until(lambda: site.get("/hello").status == 200
                   and site.host.log_matches(r"request \S+: cut: .*client .*\(server.send_timeout\)"),
                   "it is cut, and others are served meanwhile")
        stop.set()
        reader.join()
