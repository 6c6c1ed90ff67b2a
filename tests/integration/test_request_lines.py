"""What the log says of each request once it is over."""

import http.client
import json
import re
import threading

import pytest

from support import fcgi_client as fcgi
from support.holdfast_process import HoldfastProcess
from support.paths import VENV_PYTHON
from support.site import free_port
from support.waiting import wait_until

ON = "log:\n  requests: true\n"
TIME = r"(\d+\.\d) ms"
LINE = (r"request (?P<id>\S+): {what}: (?P<status>\S+|no answer), (?P<bytes>\d+) bytes, "
        rf"queue {TIME}, app {TIME}, sending {TIME}, (?P<worker>no worker|worker \d+), (?P<end>.+)$")


def line_of(site, what, count=1):
    """The line of the request that `what` (method and URI) was, as a match."""
    return site.host.wait_for_log(LINE.format(what=re.escape(what)), count=count)


@pytest.fixture(scope="module")
def logged(module_sites):
    return module_sites.serve("several", settings=ON, http=True)


@pytest.fixture(scope="module")
def own_http(module_sites, logged):
    return module_sites.front_end("http", logged)


def test_an_answer(logged):
    answer = logged.get("/hello", query="a=b")
    line = line_of(logged, "GET /hello?a=b")
    worker, = logged.host.workers()
    assert (line["status"], line["bytes"]) == ("200", str(len(answer.body)))
    assert (line["worker"], line["end"]) == (f"worker {worker}", "finished")


def test_requests_of_one_connection(logged):
    with logged.connect() as connection:
        for number in (1, 2):
            connection.get("/hello", REQUEST_URI=f"/kept{number}")
    ids = {line_of(logged, f"GET /kept{number}")["id"] for number in (1, 2)}
    assert len(ids) == 2


def test_methods_and_a_missing_page(logged):
    body = b"four"
    logged.request(fcgi.params("/body_reader/read_all", "POST", body=body, REQUEST_URI="/post"), body)
    assert line_of(logged, "POST /post")["status"] == "200"
    logged.request(fcgi.params("/hello", "HEAD", REQUEST_URI="/head"))
    logged.get("/headers/status_404", REQUEST_URI="/404")
    assert line_of(logged, "GET /404")["status"] == "404"
    line = line_of(logged, "HEAD /head")
    assert (line["status"], line["bytes"], line["end"]) == ("200", "0", "finished")


def test_a_stream(logged):
    answer = logged.get("/streaming/lines", query="1000")
    assert line_of(logged, "GET /streaming/lines?1000")["bytes"] == str(len(answer.body))


def test_an_app_that_raises(logged):
    answer = logged.get("/start_response_rules/raises", HTTP_ACCEPT="text/plain")
    assert answer.status == 500
    line = line_of(logged, "GET /start_response_rules/raises")
    assert (line["status"], line["bytes"]) == ("500", str(len(answer.body)))
    assert line["worker"] != "no worker"
    assert line["id"] in answer.text, "page and line name it alike"


def test_an_answer_that_is_cut(logged):
    (logged.root / "now").touch()
    with logged.connect() as connection:
        connection.send(fcgi.encode_request(fcgi.params("/streaming/cut", query="now")))
        with pytest.raises(fcgi.ConnectionCut):
            connection.read_answer()
    line = line_of(logged, "GET /streaming/cut?now")
    assert (line["status"], line["bytes"], line["end"]) == ("200", "14", "cut")


def test_a_client_that_left(logged):
    with logged.connect() as connection:
        connection.start(fcgi.params("/closing/endless/x", REQUEST_URI="/left"))
        connection.send_stdin(b"")
        connection.read_until(b"a chunk")
    line = line_of(logged, "GET /left")
    assert (line["status"], line["end"]) == ("200", "client left")


def test_an_abort(logged):
    with logged.connect() as connection:
        connection.start(fcgi.params("/closing/endless/x", REQUEST_URI="/aborted"))
        connection.send_stdin(b"")
        connection.read_until(b"a chunk")
        connection.abort()
        assert line_of(logged, "GET /aborted")["end"] == "client left"


def test_a_uri_that_would_forge_a_line(logged):
    logged.get("/hello", REQUEST_URI="/x\r\n2026-01-01T00:00:00.000Z INFO  request 1: GET /forged")
    assert line_of(logged, r"GET /x\x0d\x0a2026-01-01T00:00:00.000Z INFO  request 1: GET /forged")
    logged.get("/hello", REQUEST_URI="/" + "y" * 5000)
    assert line_of(logged, "GET /" + "y" * 999 + "...")


def test_over_http(logged, own_http):
    page = own_http.get("/hello?http=1")
    line = line_of(logged, "GET /hello?http=1")
    assert (line["status"], line["bytes"], line["end"]) == ("200", str(len(page.body)), "finished")
    own_http.request("HEAD", "/hello?http=2")
    assert line_of(logged, "HEAD /hello?http=2")["bytes"] == "0"
    assert own_http.get("/start_response_rules/raises?http").status == 500
    assert line_of(logged, "GET /start_response_rules/raises?http")["status"] == "500"
    connection = own_http.connect()
    connection.request("GET", "/closing/endless/x?http")
    connection.getresponse().read(1)
    connection.close()
    assert line_of(logged, "GET /closing/endless/x?http")["end"] == "client left"


def test_behind_nginx(logged, module_sites):
    for kind in ("nginx", "nginx-keep"):
        server = module_sites.front_end(kind, logged)
        page = server.get(f"/hello?{kind}")
        line = line_of(logged, f"GET /hello?{kind}")
        assert (line["bytes"], line["end"]) == (str(len(page.body)), "finished")


def test_a_worker_that_dies(serve):
    site = serve("crash", settings=ON)
    worker, = site.host.workers()
    assert site.get("/before/kill").status == 502
    line = line_of(site, "GET /before/kill")
    assert (line["status"], line["worker"], line["end"]) == ("502", f"worker {worker}", "finished")


def test_a_request_that_no_worker_had(serve):
    site = serve("failing_import", handler="raises.app", ready=False, settings=ON)
    assert site.get("/").status == 500
    line = line_of(site, "GET /")
    assert (line["status"], line["worker"], line["end"]) == ("500", "no worker", "finished")


def test_a_request_that_timed_out(serve):
    site = serve("hanging", settings=ON + "server:\n  request_timeout: 1 s\n")
    worker, = site.host.workers()
    assert site.get("/sleep").status == 504
    line = line_of(site, "GET /sleep")
    assert (line["status"], line["worker"], line["end"]) == ("504", f"worker {worker}", "finished")
    assert float(line[5]) >= 900, "it was the app's time"


def test_times_are_those_of_queue_and_app(serve):
    """The one that waits has waited for the whole of the other one."""
    site = serve("streaming", threads=1, settings=ON)
    with site.connect() as connection:
        connection.start(fcgi.params("/", REQUEST_URI="/long"))
        connection.send_stdin(b"")
        connection.read_until(b"Hello")
        first = threading.Thread(target=lambda: site.get("/lines", query="1"))
        first.start()
        assert not site.host.log_matches("GET /lines")
        (site.root / "progress.txt").touch()
        connection.read_answer()
        first.join()
    long, waited = line_of(site, "GET /long"), line_of(site, "GET /lines?1")
    assert float(long[5]) > 0 and float(waited[4]) >= 0
    assert float(long[4]) <= float(long[5]), "it did not wait, and was answered in pieces"


def test_off_is_the_default_of_serve_and_on_that_of_dev(serve, sites):
    site = serve("hello")
    site.get("/quiet")
    site.get("/quiet")
    assert not site.host.log_matches("GET /quiet")
    folder = sites.new_folder()
    root = sites.copy_app("hello", folder / "site")
    host = HoldfastProcess(["dev", "hello:app", "--port", free_port(), "--app-root", root,
                            "--python", VENV_PYTHON], folder)
    try:
        url = host.wait_for_log(r"http://127\.0\.0\.1:(\d+)/")
        host.wait_for_log("worker .* ready")
        connection = http.client.HTTPConnection("127.0.0.1", int(url[1]), timeout=60)
        connection.request("GET", "/loud")
        connection.getresponse().read()
        connection.close()
        host.wait_for_log("request .*: GET /loud: 200")
        host.stop()
    finally:
        host.kill_leftovers()


def test_json(serve):
    site = serve("hello", settings=ON + "  format: json\n")
    site.address = site.address.rstrip('"}')  # the log's line goes on behind it
    site.get("/j")
    line = wait_until(lambda: next((text for text in site.host.lines if '"uri":"/j"' in text), None),
                      "the line is there")
    fields = json.loads(line)
    assert (fields["method"], fields["status"], fields["end"]) == ("GET", 200, "finished")
    assert fields["bytes"] > 0 and fields["app_ms"] >= 0 and fields["request"]
