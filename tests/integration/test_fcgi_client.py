"""The tests' own FastCGI client, against libfcgi as the reference."""

import socket
import subprocess

import pytest

from support import fcgi_client as fcgi
from support.paths import TESTS


@pytest.fixture(scope="module")
def libfcgi_echo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("libfcgi")
    program, path = folder / "echo", folder / "socket"
    subprocess.run(["c++", "-std=c++20", TESTS / "support" / "libfcgi_echo.cpp", "-o", program,
                    "-lfcgi"], check=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        process = subprocess.Popen([program], stdin=listener)
    yield f"unix:{path}"
    process.kill()
    process.wait()


def test_params_body_and_status_are_understood(libfcgi_echo):
    environ = fcgi.params("/echo", "POST", body=b"four", HTTP_LONG="x" * 70000)
    answer = fcgi.request(libfcgi_echo, environ, b"four")
    assert answer.status_line == "201 Made"
    assert answer.header("content-type") == "text/plain"
    assert "HTTP_LONG=" + "x" * 70000 in answer.text.splitlines()
    assert answer.text.endswith("four")
    assert answer.stderr == b"said on stderr"
    assert (answer.app_status, answer.protocol_status) == (0, fcgi.REQUEST_COMPLETE)


@pytest.mark.parametrize("long_form", [False, True])
def test_records_may_be_small_padded_and_come_byte_by_byte(libfcgi_echo, long_form):
    environ = fcgi.params("/echo", "POST", body=b"0123456789")
    pairs = fcgi.encode_pairs(environ, long_form)
    assert fcgi.decode_pairs(pairs) == environ
    with fcgi.FcgiConnection(libfcgi_echo) as connection:
        connection.send_bytewise(
            fcgi.encode_begin(1)
            + fcgi.encode_stream(fcgi.PARAMS, 1, pairs, record_size=7, padding=3)
            + fcgi.encode_stream(fcgi.STDIN, 1, b"0123456789", record_size=4, padding=255))
        answer = connection.read_answer()
    assert answer.text.endswith("0123456789")
    assert "SCRIPT_NAME=/echo" in answer.text.splitlines()


def test_a_connection_is_kept_open(libfcgi_echo):
    with fcgi.FcgiConnection(libfcgi_echo) as connection:
        for _ in range(3):
            assert connection.request(fcgi.params("/a"), flags=fcgi.KEEP_CONN).status == 201


def test_a_closed_connection_is_an_error_not_an_answer(libfcgi_echo):
    with fcgi.FcgiConnection(libfcgi_echo) as connection:
        connection.request(fcgi.params("/a"), flags=0)
        with pytest.raises(fcgi.ConnectionCut):
            connection.read_record()
