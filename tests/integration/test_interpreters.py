"""Every Python that is to be had: start, serve, stream, fail to import, crash."""

import json
import subprocess
from pathlib import Path

import pytest

from support import fcgi_client as fcgi
from support.paths import VENV_PYTHON
from support.waiting import wait_until

VERSIONS = ("3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
PYENV = Path.home() / ".pyenv" / "versions"
FACTS = ("import json, sys; print(json.dumps([sys.implementation.name, "
         "'.'.join(map(str, sys.version_info[:3])), sys.prefix != sys.base_prefix]))")


def of_pyenv(version):
    return max(PYENV.glob(f"{version}.*/bin/python"), default=None,
               key=lambda path: int(path.parts[-3].rpartition(".")[2]))


def present(path):
    return path if path.exists() else None


INTERPRETERS = {**{version: of_pyenv(version) for version in VERSIONS},
                "Debian": present(Path("/usr/bin/python3")),
                "PyPy": present(Path("/usr/bin/pypy3")),
                "venv": VENV_PYTHON}


@pytest.fixture(scope="module", params=INTERPRETERS)
def python(request):
    found = INTERPRETERS[request.param]
    if found is None:
        pytest.skip(f"{request.param} is not installed here: its Python is untested")
    return found


@pytest.fixture(scope="module")
def site(module_sites, python):
    return module_sites.serve("several", python=python)


def facts_of(python):
    output = subprocess.run([python, "-c", FACTS], stdout=subprocess.PIPE, check=True).stdout
    return json.loads(output)


def test_there_are_some_to_test():
    """Each may be absent, but not all: that would be a test that cannot fail."""
    assert any(INTERPRETERS[name] for name in (*VERSIONS, "Debian"))


def test_they_are_what_their_names_say():
    for name in VERSIONS:
        if INTERPRETERS[name]:
            assert facts_of(INTERPRETERS[name])[1].startswith(f"{name}.")
    assert facts_of(VENV_PYTHON)[2], "the tests themselves run in a venv"
    if INTERPRETERS["PyPy"]:
        assert facts_of(INTERPRETERS["PyPy"])[0] == "pypy"


def test_starts(site, python):
    """The log and the app agree on which Python it is."""
    line = site.host.wait_for_log(r"worker \d+: ready \((\S+) (\S+), ([^)]+)\)")
    facts = json.loads(site.get("/environ_echo").text)
    assert line[2] == facts_of(python)[1]
    assert facts["version"].rstrip("+") == line[2]
    assert line[3] == facts["executable"]


def test_serves(site):
    environ = json.loads(site.get("/environ_echo/caf\xc3\xa9").text)["environ"]
    assert environ["PATH_INFO"] == "/caf\xc3\xa9"
    page = site.get("/hello")
    assert (page.status, page.text) == (200, "Hello world!")


def test_reads_bodies(site):
    body = b"line\n" * 100_000
    answer = site.request(fcgi.params("/body_reader/read_lines", "POST", body=body), body)
    assert json.loads(answer.text) == ["line\n"] * 100_000


def test_streams(site):
    with site.connect() as connection:
        connection.start(fcgi.params("/streaming/"))
        connection.send_stdin(b"")
        connection.read_until(b"Hello world!\r\n")
        assert site.get("/streaming/fob").text == "made"
        assert connection.read_answer().text == "Hello world!\r\ngoodbye world!\r\n"


def test_sends_big_chunks(site):
    assert len(site.get("/bulk_list", query="5000000").body) == 5_000_000


def test_closes_what_the_client_left(site):
    with site.connect() as connection:
        connection.start(fcgi.params("/closing/endless/x"))
        connection.send_stdin(b"")
        connection.read_until(b"a chunk")
    wait_until((site.root / "closed-x").exists, "close() is called")


def test_errors_are_explained(site):
    assert site.get("/start_response_rules/raises").status == 500
    site.host.wait_for_log("RuntimeError: the app raised this")
    assert site.get("/start_response_rules/late").text == "late but right"


@pytest.mark.parametrize("end, told", [("kill", "SIGKILL"), ("exit", r"exit\S* .*\b7\b")])
def test_crashes(site, end, told):
    answer = site.get(f"/crash/before/{end}")
    assert answer.status == 502
    site.host.wait_for_log(told)
    site.host.wait_for_log("last words of the worker")
    wait_until(lambda: site.get("/hello").status == 200, "another worker serves")


def test_crashes_within_an_answer(site):
    with site.connect() as connection:
        connection.send(fcgi.encode_request(fcgi.params("/crash/within/exit")))
        with pytest.raises(fcgi.ConnectionCut):
            connection.read_answer()
    site.host.wait_for_log(r"\(the answer had begun\)")
    wait_until(lambda: site.get("/hello").status == 200, "another worker serves")


@pytest.mark.parametrize("handler, expected", [
    ("syntax_error.app", "SyntaxError"), ("raises.app", "handler file is raising"),
    ("no_such_module.app", "No module named"), ("none.does_not_exist", "does_not_exist")])
def test_failures_to_import_are_explained(serve, python, handler, expected):
    site = serve("failing_import", handler=handler, ready=False, python=python,
                 settings="server:\n  show_errors: true\n")
    answer = site.get("/", HTTP_ACCEPT="text/plain")
    assert answer.status == 500
    assert expected in answer.text
    site.host.wait_for_log(expected)


def test_what_is_too_old_is_refused_with_a_reason(serve):
    python = of_pyenv("2.7")
    if python is None:
        pytest.skip("Python 2.7 is not installed here: its refusal is untested")
    site = serve("hello", python=python, ready=False)
    assert site.get("/").status == 500
    site.host.wait_for_log(r"needs Python 3\.6 or later, this is Python 2\.7")
