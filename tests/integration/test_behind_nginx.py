"""The same behind a real nginx: its defaults, and with kept connections."""

import hashlib
import http.client
import threading
import time

import pytest
import requests

from support import proc
from support.nginx import UNBUFFERED
from support.waiting import DEADLINE, wait_until


def environ_of(url, **more):
    answer = requests.get(url, timeout=DEADLINE, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()["environ"]


def test_hello(serve, front):
    server = front(serve("hello"))
    for _ in range(50):
        answer = requests.get(server.url, timeout=DEADLINE)
        assert (answer.status_code, answer.text) == (200, "Hello world!")
        assert answer.headers["Custom-Header"] == "42"


def test_many_clients_at_once(serve, front):
    server = front(serve("hello", workers=2))
    wrong = []

    def client():
        with requests.Session() as session:
            for _ in range(100):
                answer = session.get(server.url, timeout=DEADLINE)
                if (answer.status_code, answer.text) != (200, "Hello world!"):
                    wrong.append((answer.status_code, answer.text))

    threads = [threading.Thread(target=client) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:5]


def test_kept_connections_are_really_kept(serve, sites):
    site = serve("environ_echo")
    server = sites.nginx(site, keep=True)
    before = sockets_of(site)
    with requests.Session() as session:
        for _ in range(20):
            assert session.get(server.url, timeout=DEADLINE).status_code == 200
    assert sockets_of(site) == before + 1
    server.stop()
    wait_until(lambda: sockets_of(site) == before, "the kept connection is closed")


def sockets_of(site):
    return sum("socket" in target for target in proc.descriptors(site.host.pid).values())


def test_streaming_reaches_the_client_at_once(serve, front):
    site = serve("streaming", threads=2)
    server = front(site, location="fastcgi_buffering off;")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE)
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert answer.readline() == b"Hello world!\r\n"
    assert requests.get(server.url + "/fob", timeout=DEADLINE).text == "made"
    assert answer.read() == b"goodbye world!\r\n"


@pytest.mark.parametrize("location", ["", UNBUFFERED.replace("client_max_body_size 0;", "")],
                         ids=["buffered", "unbuffered"])
def test_upload(serve, front, location):
    server = front(serve("body_reader"), location=location)
    body = bytes(range(256)) * 40_000
    expected = [len(body), hashlib.sha256(body).hexdigest()]
    answer = requests.post(server.url + "/digest", data=body, timeout=DEADLINE)
    assert answer.json() == expected
    pieces = (body[at:at + 100_000] for at in range(0, len(body), 100_000))
    answer = requests.post(server.url + "/digest", data=pieces, timeout=DEADLINE)
    assert answer.json() == expected, "sent in chunks, without a Content-Length"


def test_errors(serve, front):
    site = serve("start_response_rules")
    server = front(site)
    answer = requests.get(server.url + "/raises", timeout=DEADLINE)
    assert answer.status_code == 500
    assert "request" in answer.text.lower() and "nginx" not in answer.text.lower()
    answer = requests.get(server.url + "/replaced_before_output", timeout=DEADLINE)
    assert (answer.status_code, answer.text) == (500, "500 Error")
    assert requests.get(server.url + "/late", timeout=DEADLINE).text == "late but right"


def test_an_error_in_the_body_is_seen_by_the_client(serve, front):
    server = front(serve("start_response_rules"))
    with pytest.raises(requests.exceptions.RequestException):
        requests.get(server.url + "/raises_in_iteration", timeout=DEADLINE)
    assert requests.get(server.url + "/late", timeout=DEADLINE).text == "late but right"


def test_error_texts_reach_the_error_log(serve, front):
    server = front(serve("start_response_rules"))
    requests.get(server.url + "/raises", timeout=DEADLINE)
    wait_until(lambda: "the app raised this" in server.error_log, "nginx logs FCGI_STDERR")


def test_nothing_on_the_error_log_when_all_is_well(serve, front):
    server = front(serve("output"))
    for path in ("/printed", "/to_stderr", "/to_wsgi_errors"):
        assert requests.get(server.url + path, timeout=DEADLINE).status_code == 200
    assert "FastCGI sent in stderr" not in server.error_log


@pytest.mark.parametrize("method, path, status", [
    ("HEAD", "/", 200), ("GET", "/204", 204), ("GET", "/304", 304)])
def test_no_body_where_there_is_none(serve, front, method, path, status):
    server = front(serve("no_body"))
    with requests.Session() as session:
        for _ in range(5):
            answer = session.request(method, server.url + path, timeout=DEADLINE)
            assert (answer.status_code, answer.content) == (status, b"")
            assert session.get(server.url, timeout=DEADLINE).text == "the body"


def test_repeated_headers(serve, front):
    server = front(serve("headers"))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE)
    connection.request("GET", "/repeated")
    answer = connection.getresponse()
    answer.read()
    assert answer.msg.get_all("Set-Cookie") == ["a=1", "b=2", "a=3"]


def test_what_a_client_is_told_in_headers(serve, front):
    server = front(serve("environ_echo"))
    environ = environ_of(server.url + "/x?y=1", headers={
        "X-Custom": "one", "Cookie": "a=1; b=2", "Accept-Language": "de"})
    assert environ["HTTP_X_CUSTOM"] == "one"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_ACCEPT_LANGUAGE"] == "de"
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["SERVER_PORT"] == str(server.port)
    assert environ["SERVER_SOFTWARE"].startswith("nginx/")


def test_close_is_called_when_the_browser_left(serve, front):
    site = serve("closing")
    server = front(site, location="fastcgi_buffering off;")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE)
    connection.request("GET", "/endless/x")
    answer = connection.getresponse()
    answer.readline()
    answer.close()
    connection.close()
    wait_until((site.root / "closed-x").exists, "close() is called")
    assert requests.get(server.url + "/whole/y", timeout=DEADLINE).status_code == 200


def test_host_started_after_nginx(serve, sites, tmp_path):
    """nginx answers 502 until there is a host; then nothing has to be restarted."""
    path = tmp_path / "late"
    server = sites.start_nginx(f"unix:{path}", "include /etc/nginx/fastcgi_params; "
                                               "fastcgi_pass app;")
    assert requests.get(server.url, timeout=DEADLINE).status_code == 502
    serve("hello", listen=None, options=["--listen", f"unix:{path}"])
    end = time.monotonic() + DEADLINE  # nginx leaves a failed upstream alone for 10 s
    while requests.get(server.url, timeout=DEADLINE).status_code != 200:
        assert time.monotonic() < end
        time.sleep(0.2)
