"""The page that a person sees, and what the log keeps of it."""

import re

import pytest

from support import fcgi_client as fcgi
from support.waiting import wait_until

SHOW = "server:\n  show_errors: true\n"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def request_id(text):
    without_tags = re.sub(r"<[^>]*>", " ", text)
    return re.search(r"Request ID\s+([0-9a-f]+-[0-9a-f]+)", without_tags)[1]


@pytest.mark.parametrize("accept, kind", [
    (BROWSER, "text/html"), ("text/html", "text/html"), ("text/plain", "text/plain"),
    ("application/json", "text/plain"), ("text/html;q=0, text/plain", "text/plain"),
    ("image/png, TEXT/HTML;q=0.5", "text/html")])
def test_page_is_what_the_client_accepts(serve, accept, kind):
    answer = serve("start_response_rules").get("/raises", HTTP_ACCEPT=accept)
    assert answer.status == 500
    assert answer.header("Content-Type").startswith(kind)
    assert ("<html" in answer.text.lower()) is (kind == "text/html")


@pytest.mark.parametrize("accept", [BROWSER, "text/plain"])
def test_page_and_log_share_the_request_id(serve, accept):
    site = serve("start_response_rules")
    first, second = (request_id(site.get("/raises", HTTP_ACCEPT=accept).text) for _ in range(2))
    assert first != second
    for number in (first, second):
        site.host.wait_for_log(rf"request {number}\b")


def test_traceback_is_in_the_log_alone_by_default(serve):
    site = serve("start_response_rules")
    answer = site.get("/raises", HTTP_ACCEPT=BROWSER)
    assert "Traceback" not in answer.text
    assert "the app raised this" not in answer.text
    assert "start_response_rules.py" not in answer.text
    site.host.wait_for_log("Traceback")
    site.host.wait_for_log("start_response_rules.py")
    site.host.wait_for_log("RuntimeError: the app raised this")


@pytest.mark.parametrize("accept", [BROWSER, "text/plain"])
def test_traceback_is_shown_where_settings_say_so(serve, accept):
    text = serve("start_response_rules", settings=SHOW).get("/raises", HTTP_ACCEPT=accept).text
    assert "Traceback" in text
    assert "the app raised this" in text
    assert "start_response_rules.py" in text


def test_page_escapes_what_it_shows(serve):
    site = serve("failing_import", handler="evil.app", ready=False, settings=SHOW)
    (site.root / "evil.py").write_text("raise Exception('<script>alert(1)</script>')\n")
    answer = wait_until(lambda: "script" in (a := site.get("/", HTTP_ACCEPT=BROWSER)).text and a,
                        "the new error is shown")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text


def test_texts_of_any_language_are_shown(serve):
    answer = serve("start_response_rules", settings=SHOW).get(
        "/raises_not_ascii", HTTP_ACCEPT=BROWSER)
    assert "Gr\u00fc\u00dfe \u2603 \U0001f40d" in answer.text
    assert "utf-8" in answer.header("Content-Type").lower()


def test_head_of_an_error_has_no_body(serve):
    with serve("start_response_rules").connect() as connection:
        answer = connection.get("/raises", method="HEAD")
        assert (answer.status, answer.body) == (500, b"")
        assert connection.get("/late").status == 200


def test_error_goes_to_the_web_servers_log_too(serve):
    answer = serve("start_response_rules").get("/raises", HTTP_ACCEPT="text/plain")
    assert b"RuntimeError" in answer.stderr or request_id(answer.text).encode() in answer.stderr


def test_errors_pages_are_not_cached(serve):
    answer = serve("start_response_rules").get("/raises")
    assert "no-store" in (answer.header("Cache-Control") or "")


def test_a_full_queue_is_answered_with_503(serve):
    """One in the app, five waiting; whoever comes then is asked to come again."""
    site = serve("waiting", threads=1, settings="server:\n  queue: 5\n")
    connections = [site.connect() for _ in range(10)]
    for connection in connections:
        connection.start(fcgi.params("/wait", query="release"))
        connection.send_stdin(b"")
    with site.connect() as late:
        answer = late.get("/now", HTTP_ACCEPT="text/plain")
    assert answer.status == 503
    assert int(answer.header("Retry-After")) > 0
    site.touch("release")
    statuses = sorted(connection.read_answer().status for connection in connections)
    assert statuses == [200] * 6 + [503] * 4
    assert site.get("/now").status == 200


def test_a_client_that_left_the_queue_is_not_served(serve):
    site = serve("waiting", threads=1)
    with site.connect() as first:
        first.start(fcgi.params("/wait", query="release"))
        first.send_stdin(b"")
        wait_until((site.root / "waiting.log").exists, "the first is in the app")
        for _ in range(5):
            with site.connect() as leaver:
                leaver.start(fcgi.params("/wait", query="gone"))
                leaver.send_stdin(b"")
                leaver.send(fcgi.encode_record(fcgi.GET_VALUES, 0, b""))
                leaver.read_record()
        site.touch("release")
        assert first.read_answer().status == 200
    site.touch("gone")
    assert site.get("/now").status == 200
    assert (site.root / "waiting.log").read_text() == "in release\n"
