"""start_response, the iterable and what becomes of them (PEP 3333)."""

import hashlib
import zlib

import pytest

from support import fcgi_client as fcgi
from support.bulk import pattern_crc
from support.waiting import wait_until

pytestmark = pytest.mark.sanitized


@pytest.fixture(scope="module")
def rules(module_sites):
    return module_sites.serve("start_response_rules")


@pytest.fixture(scope="module")
def headers(module_sites):
    return module_sites.serve("headers")


# -- start_response and exc_info -----------------------------------------

@pytest.mark.parametrize("case", ["replaced_before_output", "replaced_before_first_yield",
                                  "replaced_after_empty_chunk"])
def test_exc_info_replaces_what_was_not_sent(rules, case):
    answer = rules.get(f"/{case}")
    assert (answer.status_line, answer.text) == ("500 Replaced", "500 Error")
    assert answer.header("X-First") is None
    assert answer.complete


@pytest.mark.parametrize("case, text", [("reraised_after_output", "raised after output"),
                                        ("raises_in_iteration", "raised in iteration"),
                                        ("written_then_replaced", "raised after write")])
def test_an_error_after_output_cuts_the_answer(serve, case, text):
    site = serve("start_response_rules")
    with site.connect() as connection:
        connection.start(fcgi.params(f"/{case}"), flags=0)
        connection.send_stdin(b"")
        with pytest.raises(fcgi.ConnectionCut):
            connection.read_answer()
        answer = connection.answers[1]
    assert answer.status == 200
    assert answer.body == b"some output"
    site.host.wait_for_log(f"RuntimeError: {text}")
    assert site.get("/late").text == "late but right"


@pytest.mark.parametrize("case, logged", [
    ("twice", "start_response"),
    ("never", "start_response"),
    ("never_and_empty", "start_response"),
    ("raises", "RuntimeError: the app raised this"),
    ("raises_after_start", "RuntimeError: the app raised this"),
    ("raises_before_output", "RuntimeError: raised before output"),
    ("raises_not_ascii", "RuntimeError: Gr\u00fc\u00dfe \u2603 \U0001f40d"),
    ("yields_text", "bytes"),
    ("wrote_text", "bytes"),
    ("returns_none", "NoneType"),
    ("exits", "the app called sys.exit"),
])
def test_an_error_before_output_is_an_error_page(serve, case, logged):
    site = serve("start_response_rules")
    answer = site.get(f"/{case}")
    assert answer.status == 500
    assert answer.complete
    assert b"never seen" not in answer.stdout
    site.host.wait_for_log(logged)
    assert site.get("/late").text == "late but right"


@pytest.mark.parametrize("case, body", [
    ("late", "late but right"), ("empty", ""), ("tuple_of_chunks", "one two"),
    ("written", "one two three"), ("written_only", "only written")])
def test_answers_as_the_app_gave_them(rules, case, body):
    answer = rules.get(f"/{case}")
    assert (answer.status_line, answer.text) == ("200 OK", body)
    assert answer.header("Content-Type") == "text/plain"
    assert answer.stderr == b""


@pytest.mark.parametrize("case", ["too_much", "too_much_in_pieces"])
def test_no_more_is_sent_than_content_length_says(rules, case):
    with rules.connect() as connection:
        connection.send(fcgi.encode_request(fcgi.params(f"/{case}"), flags=0))
        try:
            answer = connection.read_answer()
        except fcgi.ConnectionCut:
            answer = connection.answers[1]
    assert answer.body in (b"", b"12", b"1234")


def test_less_than_content_length_is_a_cut_answer(serve):
    site = serve("start_response_rules")
    with site.connect() as connection:
        connection.send(fcgi.encode_request(fcgi.params("/too_little"), flags=0))
        with pytest.raises(fcgi.ConnectionCut):
            connection.read_answer()
    site.host.wait_for_log(r"(?i)content-length")


def test_what_wfastcgi_allowed(serve):
    for callable_name in ("app", "handler"):
        answer = serve("wfastcgi_style", callable_name).get("/")
        assert (answer.status, answer.text) == (200, "hello world!")


# -- headers and status --------------------------------------------------

def test_repeated_headers_are_kept_in_order(headers):
    answer = headers.get("/repeated")
    assert [pair for pair in answer.headers if pair[0] != "Content-Type"] == [
        ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-One", "1"), ("Set-Cookie", "a=3")]


def test_values_are_latin1(headers):
    assert headers.get("/latin1").header("X-Latin") == "caf\xe9 \xff"
    assert headers.get("/empty_value").header("X-Empty") == ""


@pytest.mark.parametrize("path, line", [("/status_404", "404 Not Here"),
                                        ("/status_299", "299 Of Our Own")])
def test_status_lines_are_passed_on(headers, path, line):
    answer = headers.get(path)
    assert (answer.status_line, answer.text) == (line, "the body")


@pytest.mark.parametrize("case", ["lf_in_value", "cr_in_value", "crlf_in_value", "lf_in_name",
                                  "nul_in_value", "colon_in_name", "space_in_name", "empty_name",
                                  "not_latin1", "bytes_value", "number_value", "not_a_pair",
                                  "status_crlf", "status_text", "status_number", "status_short"])
def test_headers_that_would_break_the_answer_are_refused(headers, case):
    answer = headers.get(f"/{case}")
    assert answer.status == 500
    assert b"X-Injected" not in answer.head and b"stolen" not in answer.head
    assert b"the body" not in answer.body


@pytest.mark.parametrize("name", ["Connection", "Keep-Alive", "Transfer-Encoding", "TE", "Trailers",
                                  "Upgrade", "Proxy-Authenticate", "Proxy-Authorization"])
def test_hop_by_hop_headers_are_refused(serve, name):
    site = serve("headers")
    answer = site.get("/" + name.lower().replace("-", "_"))
    assert answer.status == 500
    assert answer.header(name) is None
    site.host.wait_for_log(f"(?i){name}")


# -- answers without a body ----------------------------------------------

@pytest.mark.parametrize("callable_name", ["app", "careless"])
@pytest.mark.parametrize("method, path, status", [
    ("HEAD", "/", 200), ("GET", "/204", 204), ("GET", "/304", 304), ("HEAD", "/304", 304)])
def test_no_body_where_there_is_none(module_sites, callable_name, method, path, status):
    site = module_sites.serve("no_body", callable_name)
    with site.connect() as connection:
        answer = connection.get(path, method=method)
        assert (answer.status, answer.body) == (status, b"")
        if callable_name == "app" and status == 200:
            assert answer.header("Content-Length") == "8"
        assert connection.get("/").status == 200


# -- streaming -----------------------------------------------------------

def test_each_chunk_is_sent_at_once(serve):
    site = serve("streaming", threads=2)
    with site.connect() as connection:
        connection.start(fcgi.params("/"))
        connection.send_stdin(b"")
        assert connection.read_until(b"Hello world!\r\n").body == b"Hello world!\r\n"
        assert site.get("/fob").text == "made"
        assert connection.read_answer().text == "Hello world!\r\ngoodbye world!\r\n"


def test_many_small_chunks(serve):
    answer = serve("streaming").get("/lines", query="20000")
    assert answer.text == "".join(f"line {number}\n" for number in range(20000))


def test_empty_chunks_end_nothing(serve):
    """wfastcgi sent an empty STDOUT record for each: the end of the stream."""
    answer = serve("streaming").get("/empties")
    assert answer.text == "ab"
    assert 0 not in answer.pieces[:-1]


def test_a_chunk_may_be_longer_than_a_record(serve):
    size = 10_000_000
    answer = serve("bulk").get("/down", query=str(size))
    assert (len(answer.body), zlib.crc32(answer.body)) == (size, pattern_crc(size))


# -- close() -------------------------------------------------------------

@pytest.fixture
def closing(serve):
    return serve("closing", threads=2)


def wait_for_file(site, name):
    path = site.root / name
    wait_until(path.exists, f"the app leaves {name}")
    return wait_until(path.read_text, f"the app fills {name}")


@pytest.mark.parametrize("kind", ["whole", "empty"])
def test_close_is_called_once_after_the_answer(closing, kind):
    assert closing.get(f"/{kind}/x").status == 200
    assert wait_for_file(closing, "closed-x") == "1"


def test_close_is_called_after_an_error(closing):
    with closing.connect() as connection, pytest.raises(fcgi.ConnectionCut):
        connection.request(fcgi.params("/raises/x"))
    assert wait_for_file(closing, "closed-x") == "1"


def test_close_is_called_when_head_needs_no_body(closing):
    answer = closing.get("/whole/x", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert wait_for_file(closing, "closed-x") == "1"


def test_close_is_called_when_the_client_left(closing):
    with closing.connect() as connection:
        connection.start(fcgi.params("/endless/x"))
        connection.send_stdin(b"")
        connection.read_until(b"a chunk")
    assert wait_for_file(closing, "closed-x") == "1"
    assert closing.get("/whole/y").status == 200


def test_close_is_called_on_abort(closing):
    with closing.connect() as connection:
        connection.start(fcgi.params("/endless/x"))
        connection.send_stdin(b"")
        connection.read_until(b"a chunk")
        connection.abort()
        assert connection.read_answer().complete
        assert wait_for_file(closing, "closed-x") == "1"
        assert connection.get("/whole/y").status == 200


@pytest.mark.parametrize("leave", ["close", "abort"])
def test_an_app_that_reads_learns_that_the_client_left(closing, leave):
    with closing.connect() as connection:
        connection.start(fcgi.params("/upload/x", "POST", CONTENT_LENGTH="1000000"))
        connection.send(fcgi.encode_record(fcgi.STDIN, 1, b"x" * 5000))
        wait_until((closing.root / "reading-x").exists, "the app reads")
        if leave == "abort":
            connection.abort()
            connection.read_answer()
    text = wait_for_file(closing, "read-x")
    assert text.startswith("raised "), text
    assert wait_until(lambda: closing.get("/whole/y").status == 200, "the thread serves again")


# -- wsgi.file_wrapper ---------------------------------------------------

def test_file_wrapper(serve):
    site = serve("file_wrapper")
    data = bytes(range(256)) * 4000
    (site.root / "data.bin").write_bytes(data)
    assert hashlib.sha256(site.get("/").body).digest() == hashlib.sha256(data).digest()
    wait_until((site.root / "closed").exists, "the file is closed")
    assert site.get("/offset").body == data[100:]
    assert site.get("/memory").body == b"from memory" * 1000
    assert site.get("/pipe").body == b"from a pipe"
