"""The embedded HTTP front end: `serve --http` and `dev`."""

import hashlib
import http.client
import json
import re
import signal
import socket
import subprocess
import threading
import zlib

import pytest
import requests

from support import bulk, proc
from support.holdfast_process import HoldfastProcess
from support.paths import HOLDFAST, VENV_PYTHON
from support.site import Sites
from support.waiting import DEADLINE, wait_until

pytestmark = pytest.mark.sanitized

LISTENING = r"listening on (http://127\.0\.0\.1:(\d+)/)"


class HttpSite:
    def __init__(self, site):
        self.site = site
        match = site.host.wait_for_log(LISTENING)
        self.url, self.port = match[1], int(match[2])

    def get(self, path="", method="GET", **more):
        return requests.request(method, self.url + path, timeout=DEADLINE, **more)

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)

    def raw(self, data):
        """Sends bytes, reads until the host closes."""
        with socket.create_connection(("127.0.0.1", self.port), DEADLINE) as peer:
            peer.sendall(data)
            return b"".join(iter(lambda: peer.recv(65536), b""))


@pytest.fixture
def http_site(serve):
    def start(app="hello", **more):
        options = ["--http", "tcp:127.0.0.1:0"]
        return HttpSite(serve(app, listen=None, options=options, **more))
    return start


def test_hello(http_site):
    answer = http_site().get()
    assert (answer.status_code, answer.reason, answer.text) == (200, "OK", "Hello world!")
    assert answer.headers["Custom-Header"] == "42"


def test_connections_are_kept(http_site):
    connection = http_site().connect()
    for _ in range(20):
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert answer.read() == b"Hello world!"
        used = connection.sock
        assert used is not None
    connection.close()


def test_http_1_0_is_answered_and_closed(http_site):
    answer = http_site().raw(b"GET / HTTP/1.0\r\n\r\n")
    assert re.match(rb"HTTP/1\.[01] 200 ", answer)
    assert answer.endswith(b"\r\n\r\nHello world!")


def test_streaming(http_site):
    site = http_site("streaming", threads=2)
    connection = site.connect()
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert answer.readline() == b"Hello world!\r\n"
    assert site.get("fob").text == "made"
    assert answer.read() == b"goodbye world!\r\n"


@pytest.mark.parametrize("chunked", [False, True])
def test_upload(http_site, chunked):
    body = bytes(range(256)) * 20_000
    data = iter([body[:1_000_000], body[1_000_000:]]) if chunked else body
    answer = http_site("body_reader").get("digest", "POST", data=data)
    assert answer.json() == [len(body), hashlib.sha256(body).hexdigest()]


@pytest.mark.parametrize("sent", [4, 3_000_000])
def test_a_slow_body_holds_no_worker(http_site, sent):
    site = http_site("closing", threads=1)
    slow = b"POST /upload/%d HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n"
    peers = [socket.create_connection(("127.0.0.1", site.port), DEADLINE) for _ in range(8)]
    for number, peer in enumerate(peers):
        peer.sendall(slow % number + b"x" * sent)
    assert site.get("whole/y").status_code == 200
    for peer in peers:
        peer.close()
    site.get("whole/z")
    assert not list(site.site.root.glob("reading-*")), "the app saw an unfinished request"


def test_a_client_that_does_not_take_its_answer_holds_no_worker(http_site):
    site = http_site("bulk", threads=1)
    count = 50_000_000
    slow = []
    for _ in range(3):
        peer = socket.socket()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.settimeout(DEADLINE)
        peer.connect(("127.0.0.1", site.port))
        peer.sendall(f"GET /down?{count} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        slow.append(peer)
    assert len(site.get("down?1000").content) == 1000
    for peer in slow:
        head, body = bulk.read_head(peer)
        body += b"".join(iter(lambda peer=peer: peer.recv(1 << 20), b""))
        assert (len(body), zlib.crc32(body)) == (count, bulk.pattern_crc(count))
        peer.close()


def test_expect_100_continue(http_site):
    site = http_site("body_reader")
    done = subprocess.run(["curl", "-sS", "-H", "Expect: 100-continue", "--expect100-timeout",
                           "50", "--data-binary", "x" * 3000, site.url + "read_all"],
                          capture_output=True, timeout=30, text=True)
    assert json.loads(done.stdout) == ["x" * 3000], done


@pytest.mark.parametrize("method, path, status", [
    ("HEAD", "", 200), ("GET", "204", 204), ("GET", "304", 304)])
@pytest.mark.parametrize("callable_name", ["app", "careless"])
def test_no_body_where_there_is_none(http_site, callable_name, method, path, status):
    site = http_site("no_body", callable_name=callable_name)
    connection = site.connect()
    for _ in range(3):
        connection.request(method, "/" + path)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (status, b"")
        connection.request("GET", "/")
        assert connection.getresponse().read().endswith((b"the body", b"and returned"))


def test_error_page(http_site):
    site = http_site("start_response_rules")
    answer = site.get("raises", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/html")
    assert site.get("late").text == "late but right"


def test_broken_answer_is_seen_by_the_client(http_site):
    with pytest.raises(requests.exceptions.RequestException):
        http_site("start_response_rules").get("raises_in_iteration")


def test_worker_death(http_site):
    site = http_site("crash")
    answer = site.get("before/kill", headers={"Accept": "text/plain"})
    assert answer.status_code == 502
    assert "SIGKILL" in answer.text
    with pytest.raises(requests.exceptions.RequestException):
        site.get("within/kill")
    assert site.get().status_code == 200


def test_client_that_leaves(http_site):
    site = http_site("closing")
    with socket.create_connection(("127.0.0.1", site.port), DEADLINE) as peer:
        peer.sendall(b"GET /endless/x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"a chunk" in peer.recv(4096) + peer.recv(4096)
    wait_until((site.site.root / "closed-x").exists, "close() is called")
    assert site.get("whole/y").status_code == 200


def test_descriptors_and_threads_are_given_back(http_site):
    site = http_site("hello")
    site.get()
    pid = site.site.host.pid
    before = len(proc.descriptors(pid))
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", site.port), DEADLINE) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            peer.recv(1)
    wait_until(lambda: len(proc.descriptors(pid)) <= before, "descriptors are given back")


@pytest.mark.parametrize("sent, path, query", [
    ("/a%20b/c%2Fd?x=1", "/a b/c/d", "x=1"), ("//x//y", "//x//y", ""),
    ("/caf%C3%A9?q=%C3%A9", "/caf\xc3\xa9", "q=%C3%A9"), ("/%FF", "/\xff", ""), ("/?", "/", ""),
    ("http://other/x?y", "/x", "y")])
def test_paths(http_site, sent, path, query):
    site = http_site("environ_echo")
    connection = site.connect()
    connection.putrequest("GET", sent)
    connection.endheaders()
    environ = json.loads(connection.getresponse().read())["environ"]
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("", path)
    assert environ["QUERY_STRING"] == query


def test_environ(http_site):
    site = http_site("environ_echo")
    facts = site.get("x?y=1", headers={"X-Custom": "one", "Content-Type": "text/x"}).json()
    environ = facts["environ"]
    assert environ["REQUEST_METHOD"] == "GET"
    assert environ["HTTP_X_CUSTOM"] == "one"
    assert environ["CONTENT_TYPE"] == "text/x"
    assert environ["SERVER_PORT"] == str(site.port)
    assert environ["HTTP_HOST"] == f"127.0.0.1:{site.port}"
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert environ["wsgi.url_scheme"] == "http"
    assert "HTTP_CONTENT_TYPE" not in environ


def test_repeated_request_headers_are_joined(http_site):
    site = http_site("environ_echo")
    connection = site.connect()
    connection.putrequest("GET", "/")
    connection.putheader("X-Many", "one")
    connection.putheader("X-Many", "two")
    connection.endheaders()
    environ = json.loads(connection.getresponse().read())["environ"]
    assert re.fullmatch("one, ?two", environ["HTTP_X_MANY"])


def test_underscores_cannot_pose_as_dashes(http_site):
    """`X_Forwarded_For` would land on the key of `X-Forwarded-For`."""
    environ = http_site("environ_echo").get(headers={"X_Forwarded_For": "evil"}).json()["environ"]
    assert environ.get("HTTP_X_FORWARDED_FOR") is None


def test_repeated_answer_headers_are_kept(http_site):
    connection = http_site("headers").connect()
    connection.request("GET", "/repeated")
    answer = connection.getresponse()
    assert answer.msg.get_all("Set-Cookie") == ["a=1", "b=2", "a=3"]


@pytest.mark.parametrize("data", [
    b"NONSENSE\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    b"\0" * 100, b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\n"],
    ids=["no request", "bad length", "zeros", "long line", "two lengths"])
def test_bad_requests_hurt_nobody(http_site, data):
    site = http_site()
    try:
        with socket.create_connection(("127.0.0.1", site.port), DEADLINE) as peer:
            peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: peer.recv(65536), b""))
    except (ConnectionResetError, BrokenPipeError):
        answer = b""
    assert not answer or re.match(rb"HTTP/1\.[01] 4\d\d ", answer), answer[:200]
    assert site.get().status_code == 200


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize("headers", [
    b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding : chunked", b"Content-Length : 38", b"Content-Length: -5",
    b"Content-Length:", b"Content-Length: 3,6", b"Content-Length: 5\r\nContent-Length: 6"])
def test_a_body_cannot_pose_as_the_next_request(http_site, headers):
    answer = http_site("environ_echo").raw(
        b"POST / HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n\r\n" + SMUGGLED)
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:200]
    assert answer.count(b"HTTP/1.1 ") == 1 and b"/smuggled" not in answer


@pytest.mark.parametrize("head", [
    b"GET / HTTP/9.9\r\nHost: x", b"GE\x01T / HTTP/1.1\r\nHost: x", b"GET / HTTP/1.1",
    b"GET / HTTP/1.1\r\nHost: x\r\nHost: y", b"GET /%zz HTTP/1.1\r\nHost: x"])
def test_what_is_not_http_1_is_refused(http_site, head):
    assert http_site().raw(head + b"\r\n\r\n").startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("app", ["hello", "bulk_list"])
def test_an_answer_arrives_although_the_upload_is_not_read(http_site, app):
    site = http_site(app)
    for _ in range(3):
        answer = subprocess.run(
            ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_download}",
             "-H", "Expect:", "--data-binary", "@-", site.url],
            input=b"u" * 10_000_000, capture_output=True, timeout=DEADLINE)
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout in (b"200 12", b"200 3000000")


def test_many_clients(http_site):
    site = http_site("hello", threads=4)
    wrong = []

    def client():
        with requests.Session() as session:
            for _ in range(50):
                answer = session.get(site.url, timeout=DEADLINE)
                if answer.text != "Hello world!":
                    wrong.append(answer.text)

    threads = [threading.Thread(target=client) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_lets_requests_finish(http_site, number):
    site = http_site("waiting")
    connection = site.connect()
    connection.request("GET", "/wait?release")
    wait_until((site.site.root / "waiting.log").exists, "the request is in the app")
    site.site.host.process.send_signal(number)
    site.site.host.wait_for_log("finishing")
    site.site.touch("release")
    assert connection.getresponse().read().startswith(b"done")
    assert site.site.host.wait_exit() == 0


def test_stopping_right_after_an_answer(http_site):
    """The client has its answer; the host may still be about to write that down."""
    for _ in range(10):
        site = http_site("hello")
        with requests.Session() as session:
            assert session.get(site.url, timeout=DEADLINE).text == "Hello world!"
            site.site.host.stop()


def test_idle_connections_do_not_keep_a_host_from_stopping(http_site):
    site = http_site()
    connections = [site.connect() for _ in range(5)]
    for connection in connections:
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"Hello world!"
    connections += [socket.create_connection(("127.0.0.1", site.port)) for _ in range(5)]
    site.site.host.stop()


# -- holdfast dev --------------------------------------------------------

@pytest.fixture
def dev(tmp_path):
    hosts = []

    def start(*arguments, app="hello", environment=None):
        root = Sites.copy_app(app, tmp_path / "site")
        environment = {"WSGI_PYTHON": str(VENV_PYTHON), **(environment or {})}
        host = HoldfastProcess(["dev", "--port", "0", *arguments], tmp_path, environment, cwd=root)
        hosts.append(host)
        host.url = host.wait_for_log(LISTENING)[1]
        return host

    yield start
    for host in hosts:
        try:
            if host.process.returncode is None:
                host.stop(signal.SIGINT)
        finally:
            host.kill_leftovers()
            print(host.log)


def test_dev_serves_the_current_folder(dev):
    host = dev("hello:app")
    assert requests.get(host.url, timeout=DEADLINE).text == "Hello world!"


def test_dev_shows_errors(dev):
    host = dev("start_response_rules:app")
    answer = requests.get(host.url + "raises", timeout=DEADLINE)
    assert answer.status_code == 500
    assert "RuntimeError: the app raised this" in answer.text


def test_dev_takes_the_handler_from_settings(dev):
    host = dev(environment={"WSGI_HANDLER": "hello.app"})
    assert requests.get(host.url, timeout=DEADLINE).text == "Hello world!"


def test_dev_loads_what_is_changed_broken_and_mended(dev, tmp_path):
    host = dev("versioned:app", app="versioned")
    path = tmp_path / "site" / "versioned.py"
    good = path.read_text()

    def await_version(wanted):
        wait_until(lambda: requests.get(host.url, timeout=DEADLINE).text.split()[0] == wanted,
                   f"it says {wanted}")

    await_version("one")
    path.write_text(good.replace('"one"', '"two"'))
    await_version("two")
    path.write_text("x = (")
    host.wait_for_log(r"\| SyntaxError")
    host.wait_for_log("serve on")
    await_version("two")
    path.write_text(good.replace('"one"', '"three"'))
    await_version("three")


def test_dev_ends_at_ctrl_c_with_a_stream_open(dev):
    """The first one lets it finish, the second one does not wait."""
    host = dev("versioned:app", app="versioned")
    with requests.get(host.url + "stream?1000000", stream=True, timeout=DEADLINE) as answer:
        pieces = answer.iter_content(None)
        assert next(pieces).startswith(b"0\n")
        host.process.send_signal(signal.SIGINT)
        host.wait_for_log("SIGINT: finishing what runs")
        assert next(pieces)
        host.process.send_signal(signal.SIGINT)
        host.wait_for_log("SIGINT again: stopping at once")
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            list(pieces)
    host.stop()


def test_dev_listens_on_loopback_alone(dev):
    host = dev("hello:app")
    port = int(host.url.rstrip("/").rpartition(":")[2])
    listeners = subprocess.run(["ss", "-ltnH", f"sport = :{port}"], capture_output=True, text=True)
    assert f"127.0.0.1:{port}" in listeners.stdout
    assert f"0.0.0.0:{port}" not in listeners.stdout and f"*:{port}" not in listeners.stdout


def test_dev_says_what_to_do_about_a_port_in_use(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        Sites.copy_app("hello", tmp_path / "site")
        done = subprocess.run([HOLDFAST, "dev", "hello:app", "--port", str(port)],
                              cwd=tmp_path / "site", capture_output=True, text=True,
                              timeout=DEADLINE, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert str(port) in done.stderr
