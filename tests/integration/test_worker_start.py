"""Workers that fail to start: what is said, where, and how it ends."""

import re
import sys
import time

import pytest

from support.paths import VENV_PYTHON
from support.waiting import wait_until

pytestmark = pytest.mark.sanitized

SHOW = "server:\n  show_errors: true\n"

#: handler -> what page and log must contain
FAILURES = {
    "syntax_error.app": ["SyntaxError", "syntax_error.py",
                         re.escape("def app(environ, start_response)")],
    "no_such_module.app": [r"no_such_module.*could not be imported", "No module named"],
    "imports_missing.app": ["a_module_that_nobody_has", "imports_missing.py"],
    "none.does_not_exist": ["has no attribute 'does_not_exist'"],
    "none.app": ["none.app", "None|callable"],
    "raises.app": ["handler file is raising", "something to std err", "something to std out"],
    "exits.app": ["exit.*3|SystemExit"],
    "dies.app": [r"exit.* 9\b", "last words at import"],
    "killed.app": ["SIGSEGV"],
    "none": ["none", "could not be imported|module"],
    "package.broken.app": ["package.broken is raising"],
    "package.missing.app": ["package.missing", "No module named 'package.missing'"],
}


def serve_failing(serve, handler, **more):
    return serve("failing_import", handler=handler, ready=False, **more)


def request_id_of(text):
    return re.search(r"(?i)request\s+(?:id\s+)?([0-9a-zA-Z-]{4,})", text)[1]


@pytest.mark.parametrize("handler", FAILURES)
def test_page_and_log_say_why(serve, handler):
    site = serve_failing(serve, handler, settings=SHOW)
    answer = site.get("/", HTTP_ACCEPT="text/plain")
    assert answer.status == 500
    for expected in FAILURES[handler]:
        assert re.search(expected, answer.text), f"not on the page: {expected}\n{answer.text}"
        site.host.wait_for_log(expected)
    assert answer.stderr, "the web server's error log has a word of it"


def test_the_log_has_the_whole_failure_once(serve):
    site = serve_failing(serve, "raises.app")
    site.host.wait_for_log("handler file is raising")
    for _ in range(3):
        answer = site.get("/", HTTP_ACCEPT="text/plain")
        site.host.wait_for_log(re.escape(request_id_of(answer.text)) + ".*More is at the last try")
    assert len(site.host.log_matches(r"\| Traceback \(most recent call last\)")) == 1


@pytest.mark.parametrize("handler", ["syntax_error.app", "raises.app"])
def test_page_keeps_details_to_itself_by_default(serve, handler):
    site = serve_failing(serve, handler)
    answer = site.get("/", HTTP_ACCEPT="text/plain")
    assert answer.status == 500
    for secret in ("Traceback", "something to std", "handler file is raising", str(site.root)):
        assert secret not in answer.text
    site.host.wait_for_log(re.escape(request_id_of(answer.text)))
    site.host.wait_for_log("Traceback|SyntaxError")


def test_every_import_that_was_tried_is_shown(serve):
    """`package.missing.app` may be an attribute of a module, or of a package's attribute."""
    site = serve_failing(serve, "package.missing.deeper.app", settings=SHOW)
    text = site.get("/", HTTP_ACCEPT="text/plain").text
    assert "package.missing.deeper" in text
    assert "package.missing" in text.replace("package.missing.deeper", "")


@pytest.mark.parametrize("python", ["/no/such/python", "/etc/passwd", "no-such-python-on-path"])
def test_an_interpreter_that_cannot_be_run_is_a_wrong_setting(serve, python):
    site = serve_failing(serve, "none.app", python=python, listen=None,
                         options=["--listen", "unix:never"])
    assert site.host.wait_exit() == 2
    site.host.wait_for_log(re.escape(python))


def test_an_interpreter_that_just_ends(serve):
    site = serve_failing(serve, "none.app", python="/bin/false", settings=SHOW)
    answer = site.get("/", HTTP_ACCEPT="text/plain")
    assert answer.status == 500
    assert "/bin/false" in answer.text
    assert re.search(r"exit.*1\b", answer.text)
    site.host.wait_for_log("/bin/false")


def test_an_interpreter_that_vanishes_is_named(serve, tmp_path):
    """It was there when the host started; the next worker has none."""
    python = tmp_path / "python"
    python.symlink_to(VENV_PYTHON)
    site = serve("crash", python=python, settings=SHOW)
    python.unlink()
    assert site.get("/before/exit").status == 502
    answer = site.get("/", HTTP_ACCEPT="text/plain")
    assert answer.status == 500
    assert str(python) in answer.text
    python.symlink_to(VENV_PYTHON)
    wait_until(lambda: site.get("/").status == 200, "it is back")


def test_a_program_that_is_no_python(serve, tmp_path):
    """It runs, says something and never shakes hands."""
    program = tmp_path / "not-python"
    program.write_text("#!/bin/sh\necho I am no Python >&2\nexit 4\n")
    program.chmod(0o755)
    site = serve_failing(serve, "none.app", python=program, settings=SHOW)
    answer = site.get("/", HTTP_ACCEPT="text/plain")
    assert answer.status == 500
    assert "I am no Python" in answer.text
    assert re.search(r"exit.*4", answer.text)


@pytest.mark.parametrize("workers", [1, 2])
def test_mended_code_is_picked_up(serve, workers):
    site = serve_failing(serve, "raises.app", workers=workers, settings=SHOW)
    assert site.get("/").status == 500
    (site.root / "raises.py").write_text(
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
        "    return [b'mended']\n")
    site.host.wait_for_workers(workers)
    answer = wait_until(lambda: (a := site.get("/")).status == 200 and a, "the mended app answers")
    assert answer.text == "mended"


def test_a_failing_start_is_not_tried_all_the_time(serve):
    """Waits grow from 0.1 s to 10 s: a handful of starts in four seconds, not hundreds."""
    site = serve_failing(serve, "raises.app")
    time.sleep(4)
    starts = len(site.host.log_matches("something to std err"))
    assert 2 <= starts <= 12, site.host.log


def test_requests_are_answered_while_starts_fail(serve):
    """Nobody waits for a start that is not going on: also not between two tries."""
    site = serve_failing(serve, "raises.app")
    for _ in range(30):
        assert site.get("/").status == 500


def test_requests_wait_for_a_slow_start(serve):
    site = serve("failing_import", handler="slow.app", ready=False)
    with site.connect() as connection:
        answer = connection.get("/")
    assert answer.status == 500  # there is no slow.py yet
    (site.root / "slow.py").write_text(
        "import time\ntime.sleep(1.5)\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
        "    return [b'slow but there']\n")
    answer = wait_until(lambda: (a := site.get("/")).status == 200 and a, "the slow app answers")
    assert answer.text == "slow but there"


def test_ready_line_tells_of_the_interpreter(serve):
    site = serve("hello", threads=3)
    version = ".".join(map(str, sys.version_info[:3]))
    line = site.host.wait_for_log(r"worker \d+: ready \(Python (\S+), ([^)]+)\).*3 threads")
    assert line[1] == version
    assert line[2] == str(VENV_PYTHON)


@pytest.mark.parametrize("handler", ["hello:app", "hello.plain", "handlers.factory()",
                                     "handlers:factory()", "handlers.nested.app",
                                     "handlers.Class()"])
def test_ways_to_name_a_handler(serve, handler):
    site = serve("hello", handler=handler)
    assert site.get("/").text == "Hello world!"


def test_a_package_as_app(serve):
    site = serve("package_app", handler="site_package.app")
    assert site.get("/").text == "from a package"


def test_app_root_may_hold_spaces_and_letters(sites, tmp_path):
    root = tmp_path / "Gr\u00fc\u00dfe und Leer zeichen"
    sites.copy_app("hello", root)
    site = sites.serve("hello", root=root, handler="environ_echo.app")
    assert f'"cwd": "{tmp_path}/Gr' in site.get("/").text
