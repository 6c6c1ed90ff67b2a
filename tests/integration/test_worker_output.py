"""What an app and its programs write, and the handles they do it with."""

import pytest


@pytest.fixture(scope="module")
def output(module_sites):
    return module_sites.serve("output")


@pytest.mark.parametrize("path, lines", [
    ("printed", ["printed without flush", "second line"]),
    ("to_stderr", ["written to sys.stderr"]),
    ("to_wsgi_errors", ["written to wsgi.errors", "writelines one", "writelines two"]),
    ("logged", ["from the logging module"]),
    ("to_descriptors", ["written to descriptor 1", "written to descriptor 2"]),
    ("in_pieces", ["a line in pieces"]),
    ("not_ascii", ["Gr\u00fc\u00dfe \u2603"]),
    ("from_thread", ["printed by a thread of the app"]),
    ("run_inheriting", ["a child on stdout", "a child on stderr"]),
])
def test_each_line_is_a_line_of_the_log(output, path, lines):
    answer = output.get(f"/{path}")
    assert answer.text == "done"
    assert answer.stderr == b"", "FCGI_STDERR is for errors only"
    worker, = output.host.workers()
    for line in lines:
        output.host.wait_for_log(rf"worker {worker}\b.*{line}$")


def test_bytes_that_are_no_text_do_no_harm(output):
    output.get("/not_ascii")
    output.host.wait_for_log(r"not UTF-8: .* end")
    output.get("/control")
    line = output.host.wait_for_log("before .* after").string
    assert "\x1b" not in line, "terminals would obey it"


def test_a_very_long_line_stops_nothing(serve):
    site = serve("output")
    assert site.get("/long_line").text == "done"
    site.host.wait_for_log("end of the long line")
    assert site.get("/printed").text == "done"


def test_programs_have_standard_handles(output):
    assert output.get("/run").text == "in to stdout\nto stderr\n"
    assert output.get("/stdin").text == "''"


def test_programs_inherit_no_handle_of_the_host(output):
    lines = output.get("/open_handles").text.splitlines()
    targets = [line.split(" -> ")[1] for line in lines if " -> " in line]
    # 0, 1, 2 and the folder that `ls` itself has open.
    assert len(targets) == 4, lines


def test_a_host_without_standard_handles_serves(serve, tmp_path):
    """As a service manager may start it: 0, 1 and 2 closed."""
    site = serve("output", prefix=["/bin/bash", "-c", 'exec "$0" "$@" <&-'])
    assert site.get("/run").text == "in to stdout\nto stderr\n"


def test_a_log_that_nobody_reads_any_more_fails_no_request(sites, serve):
    site = serve("output", prefix=["/bin/bash", "-c", 'exec "$0" "$@" 2> >(sed -u 20q)'])
    for _ in range(60):
        assert site.get("/printed").text == "done"
