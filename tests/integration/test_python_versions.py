"""Every Python that is to be had: start, serve, stream, fail to import."""

import json
import subprocess
from pathlib import Path

import pytest

from support import fcgi_client as fcgi

VERSIONS = ["3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13"]
PYENV = Path.home() / ".pyenv" / "versions"
DEBIAN = Path("/usr/bin/python3")


def interpreter(name):
    if name == "Debian":
        return DEBIAN if DEBIAN.exists() else None
    return next(iter(sorted(PYENV.glob(f"{name}.*/bin/python"), reverse=True)), None)


@pytest.fixture(params=["Debian", *VERSIONS])
def python(request):
    found = interpreter(request.param)
    if found is None:
        pytest.skip(f"Python {request.param} is not installed here (looked in {PYENV})")
    return found


def version_of(python):
    code = "import sys; print('.'.join(map(str, sys.version_info[:3])))"
    return subprocess.run([python, "-c", code], stdout=subprocess.PIPE, check=True,
                          universal_newlines=True).stdout.strip()


def test_serves(serve, python):
    site = serve("environ_echo", python=python)
    line = site.host.wait_for_log(r"worker \d+: ready \(Python (\S+),")
    facts = json.loads(site.get("/x").text)
    assert line[1] == version_of(python)
    assert facts["version"].rstrip("+") == line[1].rstrip("+")
    assert facts["environ"]["PATH_INFO"] == "/x"


def test_streams(serve, python):
    site = serve("streaming", threads=2, python=python)
    with site.connect() as connection:
        connection.start(fcgi.params("/"))
        connection.send_stdin(b"")
        connection.read_until(b"Hello world!\r\n")
        assert site.get("/fob").text == "made"
        assert connection.read_answer().text == "Hello world!\r\ngoodbye world!\r\n"


def test_reads_bodies(serve, python):
    site = serve("body_reader", python=python)
    body = b"line\n" * 100_000
    answer = site.request(fcgi.params("/read_lines", "POST", body=body), body)
    assert json.loads(answer.text) == ["line\n"] * 100_000


@pytest.mark.parametrize("handler, expected", [
    ("syntax_error.app", "SyntaxError"), ("raises.app", "handler file is raising"),
    ("no_such_module.app", "No module named"), ("none.does_not_exist", "does_not_exist")])
def test_import_failures_are_explained(serve, python, handler, expected):
    site = serve("failing_import", handler=handler, ready=False, python=python,
                 settings="server:\n  show_errors: true\n")
    answer = site.get("/", HTTP_ACCEPT="text/plain")
    assert answer.status == 500
    assert expected in answer.text
    site.host.wait_for_log(expected)


def test_errors_are_explained(serve, python):
    site = serve("start_response_rules", python=python)
    assert site.get("/raises").status == 500
    site.host.wait_for_log("RuntimeError: the app raised this")
    assert site.get("/late").text == "late but right"
