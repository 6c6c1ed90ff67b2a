"""The quick start and the demo site that it serves."""

import hashlib
import http.client
import os
import signal

import pytest
import requests

from support.holdfast_process import HoldfastProcess
from support.paths import ROOT, VENV_PYTHON
from support.site import free_port
from support.waiting import DEADLINE

BROWSER = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo under `holdfast dev`, as the quick start runs it."""
    host = HoldfastProcess(
        ["dev", "app:app", "--port", "0", "--app-root", ROOT / "deploy" / "demo"],
        tmp_path_factory.mktemp("demo"), {"WSGI_PYTHON": str(VENV_PYTHON)})
    try:
        host.url = host.wait_for_log(r"listening on (http://127\.0\.0\.1:\d+)/")[1]
        yield host
        host.stop(signal.SIGINT)
    finally:
        host.kill_leftovers()
        print(host.log)


def get(demo, path, **more):
    return requests.get(demo.url + path, headers=BROWSER, timeout=DEADLINE, **more)


@pytest.mark.parametrize("path", ["/", "/environ", "/form", "/upload", "/slow?seconds=0",
                                  "/breakpoint", "/static/style.css"])
def test_pages(demo, path):
    assert get(demo, path).status_code == 200


def test_environ_shows_the_path(demo):
    assert "/environ/a b/c" in get(demo, "/environ/a%20b/c").text


def test_form(demo):
    fields = {"to": "Zo\u00eb", "message": "a <b>message</b>", "stamps": "2"}
    page = requests.post(demo.url + "/form", data=fields, timeout=DEADLINE)
    assert (page.status_code, "Zo\u00eb" in page.text) == (200, True)
    assert "<b>message" not in page.text
    fields["stamps"] = "9"
    assert requests.post(demo.url + "/form", data=fields, timeout=DEADLINE).status_code == 400


def test_upload(demo):
    data = bytes(range(256)) * 20_000
    page = requests.post(demo.url + "/upload", files={"file": ("x.bin", data)}, timeout=DEADLINE)
    assert hashlib.sha256(data).hexdigest() in page.text


def test_stream_comes_line_by_line(demo):
    connection = http.client.HTTPConnection(demo.url.removeprefix("http://"), timeout=DEADLINE)
    connection.request("GET", "/stream.txt")
    answer = connection.getresponse()
    lines = [answer.fp.readline() for _ in range(3)]  # chunk size, first line, ...
    assert any(b"line 1 of 10" in line for line in lines)
    assert not any(b"line 10 of 10" in line for line in lines)
    connection.close()


def test_error_page_helps_the_developer(demo):
    page = get(demo, "/error")
    assert page.status_code == 500
    assert "the price of scone is not a number" in page.text
    assert "parsed_price" in page.text


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_quickstart(tmp_path):
    """From whatever is there to a served page; the second time it finds all done."""
    for outcome in ("", "up to date"):
        port = free_port()
        host = HoldfastProcess([], tmp_path, {"PORT": str(port)}, start_new_session=True,
                               binary=ROOT / "deploy" / "quickstart")
        try:
            host.wait_for_log(rf"listening on http://127\.0\.0\.1:{port}/", deadline=1100)
            assert outcome in host.log
            page = requests.get(f"http://127.0.0.1:{port}/", headers=BROWSER, timeout=DEADLINE)
            assert page.status_code == 200
            os.killpg(host.pid, signal.SIGINT)  # Ctrl-C goes to the whole group
            assert host.wait_exit() == 0
            assert not host.all_pids()
        finally:
            host.kill_leftovers()
            print(host.log)
