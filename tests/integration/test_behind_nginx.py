"""What is nginx's own: its defaults, and with kept connections. What holds behind every
front end is in test_front_ends.py."""

import hashlib
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


def test_nothing_on_the_error_log_when_all_is_well(serve, front):
    server = front(serve("output"))
    for path in ("/printed", "/to_stderr", "/to_wsgi_errors"):
        assert requests.get(server.url + path, timeout=DEADLINE).status_code == 200
    assert "FastCGI sent in stderr" not in server.error_log


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
