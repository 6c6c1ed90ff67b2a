"""The FastCGI front end, record by record, with good and bad peers."""

import json
import random
import socket
import struct
import subprocess

import pytest

from support import fcgi_client as fcgi
from support import proc
from support.paths import MEMORY_LIMIT
from support.waiting import wait_until

pytestmark = pytest.mark.sanitized


@pytest.fixture(scope="module")
def hello(module_sites):
    return module_sites.serve("hello", threads=8)


@pytest.fixture(scope="module")
def echo(module_sites):
    return module_sites.serve("environ_echo")


def environ_of(answer):
    assert answer.status == 200, answer.text
    return json.loads(answer.text)["environ"]


# -- params --------------------------------------------------------------

ODD_PARAMS = {**fcgi.params("/odd"), "N" * 127: "a", "N" * 128: "b", "EMPTY": "", "V127": "v" * 127,
              "V128": "v" * 128, "V70000": "v" * 70000}


@pytest.mark.parametrize("long_form", [False, True], ids=["short lengths", "long lengths"])
@pytest.mark.parametrize("record_size", [1, 3, 64, 65535])
def test_params_may_be_cut_anywhere(echo, record_size, long_form):
    pairs = fcgi.encode_pairs(ODD_PARAMS, long_form)
    if record_size < 64:
        pairs = fcgi.encode_pairs({k: v for k, v in ODD_PARAMS.items() if k != "V70000"}, long_form)
    with echo.connect() as connection:
        connection.send(fcgi.encode_begin(1)
                        + fcgi.encode_stream(fcgi.PARAMS, 1, pairs, record_size, padding=7)
                        + fcgi.encode_stream(fcgi.STDIN, 1, b""))
        environ = environ_of(connection.read_answer())
    for name, value in fcgi.decode_pairs(pairs).items():
        if value and name != "SCRIPT_NAME":
            assert environ[name] == value


def test_a_request_may_come_byte_by_byte(echo):
    with echo.connect() as connection:
        connection.send_bytewise(fcgi.encode_request(fcgi.params("/slow", HTTP_X="y" * 200)))
        assert environ_of(connection.read_answer())["HTTP_X"] == "y" * 200


def test_a_request_may_be_cut_at_random(echo):
    dice = random.Random(20261123)
    data = fcgi.encode_request(fcgi.params("/cut", "POST", body=b"x" * 500), b"x" * 500)
    with echo.connect() as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        for _ in range(50):
            cuts = sorted(dice.sample(range(len(data)), 8))
            for start, end in zip([0, *cuts], [*cuts, len(data)]):
                connection.send(data[start:end])
            assert environ_of(connection.read_answer())["PATH_INFO"] == "/cut"


@pytest.mark.parametrize("padding", [1, 8, 255])
def test_every_record_may_be_padded(echo, padding):
    pairs = fcgi.encode_pairs(fcgi.params("/padded"))
    with echo.connect() as connection:
        for kind, content in [(fcgi.BEGIN_REQUEST, struct.pack(">HB5x", 1, fcgi.KEEP_CONN)),
                              (fcgi.PARAMS, pairs), (fcgi.PARAMS, b""), (fcgi.STDIN, b"")]:
            connection.send(fcgi.encode_record(kind, 1, content, padding))
        assert environ_of(connection.read_answer())["PATH_INFO"] == "/padded"
        assert environ_of(connection.get("/again"))["PATH_INFO"] == "/again"


@pytest.mark.parametrize("request_id", [1, 2, 255, 256, 65535])
def test_any_request_id_will_do(hello, request_id):
    with hello.connect() as connection:
        assert connection.get("/", request_id=request_id).text == "Hello world!"


# -- connections ---------------------------------------------------------

def test_keep_alive_serves_many_requests(hello):
    with hello.connect() as connection:
        for _ in range(200):
            answer = connection.get("/")
            assert (answer.text, answer.app_status) == ("Hello world!", 0)


def test_without_keep_alive_the_connection_ends(hello):
    with hello.connect() as connection:
        connection.send(fcgi.encode_request(fcgi.params("/"), flags=0))
        assert connection.read_answer().text == "Hello world!"
        assert connection.is_closed_by_peer()


def test_requests_may_be_sent_ahead(hello):
    """The next request is there before the answer to the first is read."""
    with hello.connect() as connection:
        connection.send(b"".join(fcgi.encode_request(fcgi.params("/"), request_id=n)
                                 for n in range(1, 21)))
        for number in range(1, 21):
            assert connection.read_answer(number).text == "Hello world!"


def test_multiplexed_requests_answer_in_their_own_time(serve):
    site = serve("waiting", threads=4)
    with site.connect() as connection:
        for number in (1, 2, 3):
            connection.start(fcgi.params("/wait", query=f"release{number}"), request_id=number)
            connection.send_stdin(b"", number)
        assert connection.get("/now", request_id=4).text.startswith("done")
        for number in (2, 3, 1):
            site.touch(f"release{number}")
            assert connection.read_answer(number).text.startswith("done")


def test_multiplexed_bodies_may_be_mixed(serve):
    site = serve("body_reader", threads=2)
    bodies = {7: b"seven" * 40000, 9: b"nine" * 50000}
    with site.connect() as connection:
        for number, body in bodies.items():
            connection.start(fcgi.params("/read_all", "POST", body=body), request_id=number)
        for at in range(0, 200_000, 10_000):
            for number, body in bodies.items():
                connection.send(fcgi.encode_record(fcgi.STDIN, number, body[at:at + 10_000]))
        for number in bodies:
            connection.send(fcgi.encode_record(fcgi.STDIN, number))
        for number, body in bodies.items():
            assert json.loads(connection.read_answer(number).text) == [body.decode()]


def test_a_slow_reader_of_one_request_leaves_the_others_alone(serve):
    """Two connections: one is not read from, the other goes on."""
    site = serve("bulk", threads=2)
    with site.connect() as stuck:
        stuck.start(fcgi.params("/down", query=str(100_000_000)))
        stuck.send_stdin(b"")
        stuck.read_until(b"\r\n\r\n")
        for _ in range(20):
            assert len(site.get("/down", query="100000").body) == 100_000


def test_500_idle_connections_keep_nobody_out(serve):
    site = serve("hello", threads=2)
    idle = []
    try:
        for _ in range(500):
            connection = site.connect()
            assert connection.get("/").text == "Hello world!"
            idle.append(connection)
        for _ in range(20):
            assert site.get("/").text == "Hello world!"
        for connection in (idle[0], idle[250], idle[-1]):
            assert connection.get("/").text == "Hello world!"
    finally:
        for connection in idle:
            connection.close()


def test_500_silent_connections_keep_nobody_out(serve):
    """They never say anything; half of them stop within a record."""
    site = serve("hello", threads=2)
    before = len(proc.descriptors(site.host.pid))
    silent = [site.connect() for _ in range(500)]
    for connection in silent[::2]:
        connection.send(fcgi.encode_request(fcgi.params("/"))[:21])
    for _ in range(20):
        assert site.get("/").text == "Hello world!"
    for connection in silent:
        connection.close()
    wait_until(lambda: len(proc.descriptors(site.host.pid)) <= before, "descriptors are given back")


# -- management records and roles ----------------------------------------

def get_values(connection, *names):
    connection.send(fcgi.encode_record(fcgi.GET_VALUES, 0,
                                       fcgi.encode_pairs({name: "" for name in names})))
    record = connection.read_record()
    assert (record.type, record.request_id) == (fcgi.GET_VALUES_RESULT, 0)
    return fcgi.decode_pairs(record.content)


def test_get_values_tells_the_truth(hello):
    with hello.connect() as connection:
        names = {"FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS"}
        values = get_values(connection, *names, "OTHER")
        assert set(values) == names
        assert values["FCGI_MPXS_CONNS"] == "1"
        assert int(values["FCGI_MAX_CONNS"]) >= 501
        assert int(values["FCGI_MAX_REQS"]) >= 8
        assert connection.get("/").text == "Hello world!"


def test_get_values_answers_what_was_asked(hello):
    with hello.connect() as connection:
        assert set(get_values(connection, "FCGI_MPXS_CONNS")) == {"FCGI_MPXS_CONNS"}
        assert get_values(connection) == {}
        assert get_values(connection, "UNKNOWN") == {}


@pytest.mark.parametrize("kind", [12, 99, 255])
def test_unknown_management_records_are_named(hello, kind):
    with hello.connect() as connection:
        connection.send(fcgi.encode_record(kind, 0, b"12345678"))
        record = connection.read_record()
        assert (record.type, record.request_id) == (fcgi.UNKNOWN_TYPE, 0)
        assert record.content[0] == kind
        assert connection.get("/").text == "Hello world!"


@pytest.mark.parametrize("role", [fcgi.AUTHORIZER, fcgi.FILTER, 0, 4, 65535])
def test_other_roles_are_refused_alone(hello, role):
    with hello.connect() as connection:
        connection.start(fcgi.params("/"), request_id=5, role=role)
        connection.send_stdin(b"ignored", 5)
        answer = connection.read_answer(5)
        assert (answer.protocol_status, answer.stdout) == (fcgi.UNKNOWN_ROLE, b"")
        assert connection.get("/", request_id=6).text == "Hello world!"


def test_records_of_no_request_are_ignored(hello):
    """FastCGI 1.0, section 3.3: an id that is not active is ignored."""
    with hello.connect() as connection:
        for kind in (fcgi.STDIN, fcgi.PARAMS, fcgi.ABORT_REQUEST, fcgi.DATA):
            content = b"" if kind == fcgi.ABORT_REQUEST else b"x"
            connection.send(fcgi.encode_record(kind, 77, content))
        assert connection.get("/").text == "Hello world!"
        connection.abort(1)
        assert connection.get("/").text == "Hello world!"


# -- abort ---------------------------------------------------------------

def test_abort_ends_one_request_of_several(serve):
    site = serve("waiting", threads=4)
    with site.connect() as connection:
        for number in (1, 2):
            connection.start(fcgi.params("/wait", query=f"release{number}"), request_id=number)
            connection.send_stdin(b"", number)
        wait_until(lambda: (site.root / "waiting.log").exists()
                   and len((site.root / "waiting.log").read_text().split("\n")) == 3, "both wait")
        connection.abort(1)
        assert connection.read_answer(1).complete
        site.touch("release2")
        assert connection.read_answer(2).text.startswith("done")
        site.touch("release1")
        assert connection.get("/now", request_id=1).text.startswith("done")


@pytest.mark.parametrize("sent", ["begin", "half of params", "params", "half of stdin"])
def test_abort_of_an_incomplete_request(hello, sent):
    environ = fcgi.params("/", "POST", CONTENT_LENGTH="100")
    pairs = fcgi.encode_pairs(environ)
    parts = {"begin": b"", "half of params": fcgi.encode_record(fcgi.PARAMS, 1, pairs[:50]),
             "params": fcgi.encode_stream(fcgi.PARAMS, 1, pairs),
             "half of stdin": fcgi.encode_stream(fcgi.PARAMS, 1, pairs)
             + fcgi.encode_record(fcgi.STDIN, 1, b"x" * 50)}
    with hello.connect() as connection:
        connection.send(fcgi.encode_begin(1, flags=fcgi.KEEP_CONN) + parts[sent])
        connection.abort()
        assert connection.read_answer().complete
        assert connection.get("/").text == "Hello world!"


# -- bad peers -----------------------------------------------------------

BEGIN = fcgi.encode_begin(1, flags=fcgi.KEEP_CONN)
MALFORMED = {
    "another version": fcgi.encode_record(fcgi.BEGIN_REQUEST, 1, bytes(8), version=2),
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "zeros": bytes(64),
    "short begin": fcgi.encode_record(fcgi.BEGIN_REQUEST, 1, b"\0\1\0"),
    "begin twice": BEGIN + BEGIN,
    "params after their end": BEGIN + 2 * fcgi.encode_stream(
        fcgi.PARAMS, 1, fcgi.encode_pairs(fcgi.params("/"))),
    "a pair cut off": BEGIN + fcgi.encode_stream(fcgi.PARAMS, 1, b"\x05\x05NAME"),
    "a length cut off": BEGIN + fcgi.encode_stream(fcgi.PARAMS, 1, b"\x80\x00"),
    "a name of 2 GiB": BEGIN + fcgi.encode_stream(fcgi.PARAMS, 1, b"\xff\xff\xff\xff\x00abc"),
    "a value of 1 GiB": BEGIN + fcgi.encode_stream(fcgi.PARAMS, 1, b"\x04\xc0\x00\x00\x00NAME"),
    "one param too long": BEGIN + fcgi.encode_stream(
        fcgi.PARAMS, 1, fcgi.encode_pairs({"HTTP_X": "x" * 20_000_000})),
    "too many bytes of params": BEGIN + fcgi.encode_stream(
        fcgi.PARAMS, 1, fcgi.encode_pairs({f"HTTP_{n}": "x" * 1000 for n in range(20_000)})),
    "too many params": BEGIN + fcgi.encode_stream(
        fcgi.PARAMS, 1, fcgi.encode_pairs({f"H{n}": "" for n in range(200_000)})),
}


def feed(connection, data):
    """Sends what the host takes: it may close at the first wrong byte."""
    try:
        connection.send(data)
    except (BrokenPipeError, ConnectionResetError):
        pass


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_records_end_their_connection_alone(serve, case):
    site = serve("hello")
    lines = len(site.host.lines)
    with site.connect() as bystander, site.connect() as connection:
        assert bystander.get("/").text == "Hello world!"
        feed(connection, MALFORMED[case])
        wait_until(lambda: proc_sees_end(connection), "the connection is closed")
        wait_until(lambda: said_why(site.host.lines[lines:]), f"the log says why: {site.host.log}")
        assert bystander.get("/").text == "Hello world!"
    assert site.get("/").text == "Hello world!"
    assert proc.highest_memory(site.host.pid) < MEMORY_LIMIT


def test_too_many_requests_on_one_connection_are_refused_alone(serve):
    """All ids that there are begin a request, none of which goes on."""
    site = serve("hello")
    with site.connect() as connection:
        for number in range(1, 65536):
            connection.send(fcgi.encode_begin(number, flags=fcgi.KEEP_CONN))
            connection.send(fcgi.encode_record(fcgi.STDIN, number, b"x" * 10))
        connection.read_into_answers()
        refused, = connection.answers.values()
        assert refused.protocol_status == fcgi.OVERLOADED
        assert site.get("/").text == "Hello world!"
    assert proc.highest_memory(site.host.pid) < MEMORY_LIMIT


def proc_sees_end(connection):
    """Whether the host ended the connection, whatever it said before."""
    try:
        while True:
            connection.read_record()
    except fcgi.ConnectionCut:
        return True


def said_why(lines):
    return any("WARN" in line and "connection" in line.lower() for line in lines)


@pytest.mark.parametrize("cut", [3, 12, 40])
def test_a_record_cut_off_is_logged(serve, cut):
    site = serve("hello")
    with site.connect() as connection:
        connection.send(fcgi.encode_request(fcgi.params("/"))[:cut])
    wait_until(lambda: said_why(site.host.lines), f"the log says why: {site.host.log}")
    assert site.get("/").text == "Hello world!"


def test_noise_is_survived(serve):
    """Random bytes, valid records with random contents, and cut-off answers."""
    site = serve("hello")
    dice = random.Random(20261123)
    for round_number in range(200):
        with site.connect() as connection:
            if round_number % 2:
                data = dice.randbytes(dice.randrange(1, 400))
            else:
                data = b"".join(
                    fcgi.encode_record(dice.randrange(13), dice.randrange(3),
                                       dice.randbytes(dice.randrange(20)), dice.randrange(9))
                    for _ in range(20))
            feed(connection, data)
    assert site.get("/").text == "Hello world!"


# -- somebody else's client ----------------------------------------------

def test_libfcgi_own_client_is_served(hello):
    done = subprocess.run(
        ["cgi-fcgi", "-bind", "-connect", hello.address.removeprefix("unix:")],
        env=fcgi.params("/"), stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    assert done.stdout.endswith(b"\r\n\r\nHello world!"), done
    assert b"Custom-Header: 42" in done.stdout


def test_libfcgi_own_client_sends_a_body(serve):
    site = serve("body_reader", listen="tcp")
    body = b"line\n" * 10000
    done = subprocess.run(
        ["cgi-fcgi", "-bind", "-connect", site.address.removeprefix("tcp:")],
        env=fcgi.params("/read_lines", "POST", body=body), input=body, capture_output=True,
        timeout=30)
    assert json.loads(done.stdout.partition(b"\r\n\r\n")[2]) == ["line\n"] * 10000
