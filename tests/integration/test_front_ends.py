"""The same site behind every front end: what must hold whoever stands in front."""

import hashlib
import http.client
import threading
import zlib

import pytest

from support.bulk import pattern_crc, upload
from support.front_end import request_on
from support.site import FRONT_ENDS, WEB_SERVERS
from support.waiting import DEADLINE, wait_until

BODY = bytes(range(256)) * 40_000
DIGEST = [len(BODY), hashlib.sha256(BODY).hexdigest()]
THREADS = 8


@pytest.fixture(scope="module")
def site(module_sites):
    return module_sites.serve("several", http=True, threads=THREADS)


@pytest.fixture(params=FRONT_ENDS)
def front(request, module_sites, site):
    return module_sites.front_end(request.param, site)


@pytest.fixture(params=FRONT_ENDS)
def streaming_front(request, module_sites, site):
    """Configured to pass each piece of an answer on at once."""
    return module_sites.front_end(request.param, site, streaming=True)


def test_connections_are_kept(front):
    connection = front.connect()
    for _ in range(20):
        page = request_on(connection, "GET", "/hello")
        assert (page.status, page.text) == (200, "Hello world!")
        assert page.headers["Custom-Header"] == "42"
        used = connection.sock
        assert used is not None, "the server closed the connection"
    connection.close()


def test_many_clients_at_once(front):
    wrong = []

    def client():
        connection = front.connect()
        for _ in range(50):
            page = request_on(connection, "GET", "/hello")
            if (page.status, page.text) != (200, "Hello world!"):
                wrong.append(page)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:3]


# -- answers ---------------------------------------------------------------

def test_many_chunks_are_one_answer(front):
    expected = "".join(f"line {number}\n" for number in range(20_000))
    assert front.get("/streaming/lines?20000").text == expected


def test_empty_chunks_end_nothing(front):
    assert front.get("/streaming/empties").text == "ab"


def test_big_answer(front):
    size = 30_000_007
    connection = front.connect()
    connection.request("GET", f"/bulk/down?{size}")
    answer = connection.getresponse()
    length, crc = 0, 0
    for block in iter(lambda: answer.read(1 << 18), b""):
        length, crc = length + len(block), zlib.crc32(block, crc)
    assert (answer.status, length, crc) == (200, size, pattern_crc(size))
    connection.close()


def test_each_chunk_reaches_the_client_at_once(site, streaming_front):
    (site.root / "progress.txt").unlink(missing_ok=True)
    connection = streaming_front.connect()
    connection.request("GET", "/streaming/")
    answer = connection.getresponse()
    assert answer.readline() == b"Hello world!\r\n"
    assert streaming_front.get("/streaming/fob").text == "made"
    assert answer.read() == b"goodbye world!\r\n"
    connection.close()


@pytest.mark.parametrize("method, path, status", [
    ("HEAD", "/", 200), ("GET", "/204", 204), ("GET", "/304", 304)])
@pytest.mark.parametrize("app", ["no_body", "no_body.careless"])
def test_no_body_where_there_is_none(front, app, method, path, status):
    """Nor does anything of it come with the next answer."""
    connection = front.connect()
    for _ in range(3):
        page = request_on(connection, method, f"/{app}{path}")
        assert (page.status, page.body) == (status, b"")
        page = request_on(connection, "GET", f"/{app}/")
        assert page.text in ("the body", "written and returned")
    connection.close()


def test_length_of_a_body_that_head_leaves_out(front):
    page = front.request("HEAD", "/no_body/")
    assert page.headers["Content-Length"] in ("8", None)
    assert page.headers["Content-Type"] == "text/plain"


def test_headers_of_a_304_are_kept(front):
    assert front.get("/no_body/304").headers["ETag"] == '"x"'


def test_repeated_headers(front):
    page = front.get("/headers/repeated")
    assert page.headers.get_all("Set-Cookie") == ["a=1", "b=2", "a=3"]


@pytest.mark.parametrize("path, status", [("/status_404", 404), ("/status_299", 299)])
def test_status_and_body_are_the_apps(front, path, status):
    page = front.get(f"/headers{path}")
    assert (page.status, page.text) == (status, "the body")


# -- requests --------------------------------------------------------------

def test_upload(front):
    page = front.request("POST", "/body_reader/digest", BODY)
    assert page.json() == DIGEST


def test_upload_without_a_length(front):
    pieces = (BODY[at:at + 100_000] for at in range(0, len(BODY), 100_000))
    page = front.request("POST", "/body_reader/digest", pieces)
    assert page.json() == DIGEST


def test_upload_of_many_records(front):
    assert upload(front.port, "/bulk/up", 10_000_000).split() == [
        b"10000000", str(pattern_crc(10_000_000)).encode()]


def test_upload_that_the_app_does_not_read(front):
    """It is answered, and the next request on the connection is itself."""
    connection = front.connect()
    for _ in range(3):
        page = request_on(connection, "POST", "/hello", b"x" * 100_000)
        assert (page.status, page.text) == (200, "Hello world!")
    connection.close()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"])
def test_methods_reach_the_app(front, method):
    page = front.request(method, "/environ_echo/x", b"body")
    assert page.json()["environ"]["REQUEST_METHOD"] == method


def test_what_a_client_says_in_headers(front):
    environ = front.get("/environ_echo/x?y=1", **{
        "X-Custom": "one", "Cookie": "a=1; b=2", "X-Latin": "caf\xe9"}).json()["environ"]
    assert environ["HTTP_X_CUSTOM"] == "one"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_X_LATIN"] == "caf\xe9"
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["wsgi.url_scheme"] == "http"


def test_a_proxy_header_becomes_no_setting(front):
    """HTTP_PROXY of the environ would be taken for the variable of that name."""
    environ = front.get("/environ_echo/", Proxy="http://elsewhere.invalid").json()["environ"]
    assert "HTTP_PROXY" not in environ


CLAIMS = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}


def test_what_a_client_claims_of_itself_is_not_believed(front):
    environ = front.get("/environ_echo/", **CLAIMS).json()["environ"]
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["wsgi.url_scheme"] == "http"


@pytest.mark.parametrize("kind", [kind for kind in FRONT_ENDS if kind != "caddy"])
def test_what_a_trusted_hop_says_of_a_client_is_believed(module_sites, trusting_site, kind):
    """Not behind Caddy: it puts its own peer there, whatever came."""
    environ = module_sites.front_end(kind, trusting_site).get("/", **CLAIMS).json()["environ"]
    assert environ["REMOTE_ADDR"] == "192.0.2.7"
    assert environ["wsgi.url_scheme"] == "https"


@pytest.fixture(scope="module")
def trusting_site(module_sites):
    return module_sites.serve("environ_echo", http=True,
                              settings="server:\n  trusted_hops: [127.0.0.1]\n")


# -- clients that leave ----------------------------------------------------

@pytest.mark.parametrize("kind", FRONT_ENDS)
def test_the_iterable_is_closed_when_the_client_left(sites, kind):
    """And nothing of the answer is left that a stop would have to wait for."""
    site = sites.serve("closing", http=True)
    server = sites.front_end(kind, site, streaming=True)
    connection = server.connect()
    connection.request("GET", "/endless/x")
    answer = connection.getresponse()
    answer.readline()
    answer.close()
    connection.close()
    wait_until((site.root / "closed-x").exists, "close() is called")
    assert server.get("/whole/y").status == 200
    site.host.stop()
    assert not site.host.log_matches("are cut"), site.host.log


def test_a_client_that_leaves_amid_its_upload(site, streaming_front):
    name = f"cut-{streaming_front.port}"
    connection = streaming_front.connect()
    connection.putrequest("POST", f"/closing/upload/{name}")
    connection.putheader("Content-Length", "10000000")
    connection.endheaders(b"only a part")
    connection.close()
    assert streaming_front.get("/hello").status == 200
    assert_all_threads_are_free(site, name)


def assert_all_threads_are_free(site, name):
    """As many requests as the worker has threads are in the app at the same time."""
    threads = [threading.Thread(target=site.get, args=("/waiting/wait",), kwargs={"query": name})
               for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    log = site.root / "waiting.log"
    wait_until(lambda: log.exists() and log.read_text().count(f"in {name}\n") == THREADS,
               "all threads of the worker have a request")
    site.touch(name)
    for thread in threads:
        thread.join(DEADLINE)
    assert not any(thread.is_alive() for thread in threads)


# -- errors ----------------------------------------------------------------

def test_an_error_before_the_answer_is_a_whole_page(front):
    connection = front.connect()
    for _ in range(3):
        page = request_on(connection, "GET", "/start_response_rules/raises")
        assert page.status == 500
        assert "request" in page.text.lower()
        assert page.headers["Content-Type"].startswith("text/")
        page = request_on(connection, "GET", "/start_response_rules/late")
        assert page.text == "late but right"
    connection.close()


@pytest.mark.parametrize("kind", [kind for kind in FRONT_ENDS if kind != "caddy"])
def test_an_error_within_the_answer_is_seen_by_the_client(module_sites, site, kind):
    """Caddy 2.6 ends such an answer as if it were whole; so does lighttpd as long as it has
    passed nothing of it on. The length, where it is known, shows it there too."""
    server = module_sites.front_end(kind, site, streaming=True)
    connection = server.connect()
    connection.request("GET", f"/streaming/cut?cut-{kind}")
    answer = connection.getresponse()
    assert answer.readline() == b"Hello world!\r\n"
    site.touch(f"cut-{kind}")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        pytest.fail(f"taken for a whole answer, with {answer.read()} at its end")
    connection.close()
    assert server.get("/hello").status == 200


def test_an_answer_shorter_than_its_length_is_seen_by_the_client(front):
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        page = front.get("/start_response_rules/too_little")
        pytest.fail(f"taken for a whole answer: {page.status} {page.body}")
    assert front.get("/hello").status == 200


def test_the_death_of_the_worker_is_answered(front):
    assert front.get("/crash/before/kill").status == 502
    wait_until(lambda: front.get("/hello").status == 200, "another worker serves")


@pytest.mark.parametrize("kind", [kind for kind in WEB_SERVERS if kind != "caddy"])
def test_error_texts_reach_the_error_log(module_sites, site, kind):
    """Caddy 2.6 drops them, whatever its `capture_stderr` says."""
    server = module_sites.front_end(kind, site)
    server.get("/start_response_rules/raises")
    wait_until(lambda: "the app raised this" in server.error_log, "FCGI_STDERR is logged")


def test_error_texts_in_any_language_break_no_answer(front):
    page = front.get("/start_response_rules/raises_not_ascii")
    assert page.status == 500
    assert front.get("/hello").status == 200


# -- static files ----------------------------------------------------------

@pytest.mark.parametrize("kind", WEB_SERVERS)
def test_static_files_are_the_web_servers(module_sites, site, kind, tmp_path_factory):
    folder = tmp_path_factory.mktemp("static")
    (folder / "fob").mkdir()
    (folder / "fob" / "helloworld.txt").write_text("from a static file")
    server = module_sites.front_end(kind, site, static=folder)
    page = server.get("/static/fob/helloworld.txt")
    assert (page.status, page.text) == (200, "from a static file")
    assert page.headers["Content-Type"].startswith("text/plain")
    assert server.get("/static/no-such-file").status == 404
    assert server.get("/hello").text == "Hello world!"
