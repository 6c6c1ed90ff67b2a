"""wsgi.input (PEP 3333, "Input and Error Streams")."""

import hashlib
import json

import pytest

from support import fcgi_client as fcgi

pytestmark = pytest.mark.sanitized

BODY = b"first line\nsecond\n\nfourth, long: " + b"x" * 3000 + b"\nno newline at the end"
LINES = [line.decode() for line in BODY.splitlines(keepends=True)]
TEXT = BODY.decode()


def in_pieces(text, size):
    return [text[at:at + size] for at in range(0, len(text), size)]


EXPECTED = {
    "read_all": [TEXT],
    "read_sized": in_pieces(TEXT, 1000),
    "read_minus_one": [TEXT],
    "read_line": LINES,
    "read_line_sized": [piece for line in LINES for piece in in_pieces(line, 5)],
    "read_lines": LINES,
    "iterate": LINES,
    "mixed": ["fir", "st line\n", "", "second\n", "".join(LINES[2:])],
    "nothing": [],
    "past_the_end": [TEXT, "", "", ""],
}
BY_THE_LETTER = ["read_sized", "read_line", "read_lines", "iterate"]


@pytest.fixture(scope="module")
def reader(module_sites):
    return module_sites.serve("body_reader")


@pytest.fixture(scope="module")
def strict_reader(module_sites):
    return module_sites.serve("body_reader_by_the_letter")


def post(site, way, body=BODY, length=True):
    environ = fcgi.params(f"/{way}", "POST", body=body if length else None)
    if not length:
        del environ["CONTENT_LENGTH"]
    answer = site.request(environ, body)
    assert answer.status == 200, answer.text
    return json.loads(answer.text)


@pytest.mark.parametrize("length", [True, False], ids=["with length", "without length"])
@pytest.mark.parametrize("way", EXPECTED)
def test_every_way_to_read(reader, way, length):
    assert post(reader, way, length=length) == EXPECTED[way]


@pytest.mark.parametrize("way", BY_THE_LETTER)
def test_ways_that_the_validator_knows(strict_reader, way):
    assert post(strict_reader, way) == EXPECTED[way]


def test_readlines_with_a_hint_gives_whole_lines(reader):
    groups = post(reader, "read_lines_hint")
    assert [line for group in groups for line in group] == LINES


@pytest.mark.parametrize("length", [True, False], ids=["with length", "without length"])
@pytest.mark.parametrize("way", ["read_all", "read_line", "read_lines", "iterate", "past_the_end"])
def test_empty_body(reader, way, length):
    assert "".join(post(reader, way, b"", length)) == ""


@pytest.mark.parametrize("size", [1, 65535, 65536, 200_000, 3_000_000])
@pytest.mark.parametrize("length", [True, False], ids=["with length", "without length"])
def test_bodies_of_many_records(reader, size, length):
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]
    assert post(reader, "digest", body, length) == [size, hashlib.sha256(body).hexdigest()]


def test_records_of_any_size_are_one_stream(reader):
    environ = fcgi.params("/read_line", "POST", body=BODY)
    with reader.connect() as connection:
        connection.start(environ)
        connection.send(fcgi.encode_stream(fcgi.STDIN, 1, BODY, record_size=3, padding=5))
        assert json.loads(connection.read_answer().text) == LINES


def test_a_line_is_there_before_the_body_ends(serve):
    """readline() must not wait for more than the line that it gives."""
    site = serve("body_reader")
    body = b"first\nsecond\n"
    with site.connect() as connection:
        connection.start(fcgi.params("/read_line_sized", "POST", body=body))
        connection.send(fcgi.encode_record(fcgi.STDIN, 1, body[:6]))
        connection.send(fcgi.encode_stream(fcgi.STDIN, 1, body[6:]))
        assert json.loads(connection.read_answer().text) == ["first", "\n", "secon", "d\n"]


def test_unread_body_does_no_harm_to_the_next_request(reader):
    with reader.connect() as connection:
        for _ in range(3):
            body = b"x" * 2_000_000
            environ = fcgi.params("/nothing", "POST", body=body)
            assert json.loads(connection.request(environ, body).text) == []
            assert json.loads(connection.request(
                fcgi.params("/read_all", "POST", body=b"own"), b"own").text) == ["own"]


def test_body_that_ends_early_ends_for_the_app(reader):
    """CONTENT_LENGTH promises more than comes: an end or an error, no waiting for ever."""
    environ = fcgi.params("/digest", "POST", CONTENT_LENGTH="1000")
    answer = reader.request(environ, b"only this")
    assert answer.complete
    if answer.status == 200:
        assert json.loads(answer.text)[0] == 9


def test_body_longer_than_its_length_is_not_given_whole(reader):
    environ = fcgi.params("/read_all", "POST", CONTENT_LENGTH="4")
    answer = reader.request(environ, b"1234567")
    if answer.status == 200:
        assert json.loads(answer.text) == ["1234"]
    else:
        assert answer.status == 400


def test_length_that_is_no_number_is_answered(reader):
    answer = reader.request(fcgi.params("/read_all", "POST", CONTENT_LENGTH="many"), b"text")
    assert answer.status in (200, 400)
    assert reader.get("/nothing").status == 200
