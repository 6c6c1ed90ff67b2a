"""The error page as a person sees it, in a real browser."""

import re
from html.parser import HTMLParser

import pytest
import requests

from support import fcgi_client as fcgi
from support.chromium import Chromium
from support.site import IN_SETTINGS
from support.waiting import DEADLINE

SHOW = "server:\n  show_errors: true\n"
WIDE, PHONE = 1000, 400
VISITOR, OWNER = "If you are visiting this site", "If you run this site"
#: Nothing of these is for visitors.
INTERNAL = ("Traceback", ".py", "/site", "last words", "something to std")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture
def see(browser, sites):
    """Opens a path of a site, wide and narrow, light and dark; returns what is seen."""
    def see(site, path="/", width=WIDE):
        url = sites.front_end("http", site).url + path
        for other in (PHONE, WIDE):
            browser.open(url, width=other, dark=other == PHONE)
            assert not browser.is_wider_than_its_window(), f"to be scrolled at {other} px"
        browser.open(url, width=width)
        assert browser.requests() == [url], "the page loads something"
        assert browser.complaints() == []
        assert_accessible(browser)
        assert_balanced(url)
        return browser.text()
    return see


def assert_accessible(browser):
    assert browser.evaluate("document.compatMode") == "CSS1Compat"
    assert browser.evaluate("document.documentElement.lang") == "en"
    assert browser.evaluate("document.querySelectorAll('h1').length") == 1
    assert browser.evaluate("document.querySelector('main') !== null")
    assert "noindex" in browser.evaluate("document.querySelector('meta[name=robots]').content")


class Balance(HTMLParser):
    """A browser mends what it is given; this does not."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attributes):
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> ends nothing"


def assert_balanced(url):
    balance = Balance()
    page = requests.get(url, headers={"Accept": "text/html"}, timeout=DEADLINE)
    balance.feed(page.content.decode("utf-8"))
    assert not balance.open


def assert_tells(text, title, site):
    """Title, cause, what to do for both readers, and an id that the log knows."""
    assert title in text.split("\n")[:4], text
    for heading in (VISITOR, OWNER):
        assert re.search(rf"{heading}\s+[A-Z][^\n]{{20}}", text), text
    number = re.search(r"Request ID\s+(\S+)", text)[1]
    site.host.wait_for_log(rf"request {number}\b")
    assert re.search(r"Time\s+\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", text)


def test_an_app_that_raised(serve, see):
    site = serve("start_response_rules", http=True)
    text = see(site, "/raises")
    assert_tells(text, "The app raised an exception", site)
    assert re.search(r"Request\s+GET /raises\n", text)
    assert not [word for word in INTERNAL if word in text]


def test_an_app_that_raised_while_one_develops(serve, see, browser):
    site = serve("start_response_rules", http=True, settings=SHOW)
    text = see(site, "/raises")
    assert_tells(text, "The app raised an exception", site)
    assert text.index("RuntimeError: the app raised this") < text.index("Where in the app")
    assert re.search(r"start_response_rules\.py, line \d+, in raises", text)
    assert "Traceback (most" not in text
    browser.evaluate("document.querySelector('summary').click()")
    assert "Traceback (most recent call last)" in browser.text("details")


def test_an_app_that_cannot_be_imported(serve, see):
    site = serve("failing_import", handler="raises.app", ready=False, http=True)
    text = see(site)
    assert_tells(text, "The app could not be imported", site)
    assert not [word for word in INTERNAL if word in text]


def test_an_app_that_cannot_be_imported_while_one_develops(serve, see):
    site = serve("failing_import", handler="syntax_error.app", ready=False, http=True,
                 settings=SHOW)
    text = see(site)
    assert "SyntaxError" in text
    assert re.search(r"syntax_error\.py, line \d+\s+def app\(environ, start_response\)", text)


def test_a_handler_that_is_wrong(serve, see):
    site = serve("handlers", handler="handlers.factory", ready=False, http=True, settings=SHOW)
    text = see(site)
    assert_tells(text, "The setting WSGI_HANDLER is wrong", site)
    assert 'write "handlers.factory()"' in text


def test_a_worker_that_died(serve, see):
    site = serve("crash", http=True)
    text = see(site, "/before/kill")
    assert_tells(text, "The worker died while it answered", site)
    assert "last words" not in text


def test_a_worker_that_died_while_one_develops(serve, see):
    site = serve("crash", http=True, settings=SHOW)
    assert "last words of the worker" in see(site, "/before/kill")


def test_a_full_queue(serve, see):
    site = serve("waiting", threads=1, http=True, settings="server:\n  queue: 1\n")
    waiting = [site.connect() for _ in range(3)]
    for connection in waiting:
        connection.start(fcgi.params("/wait", query="release"))
        connection.send_stdin(b"")
    site.host.wait_for_log("Too many requests are waiting")  # the third of them
    text = see(site, "/now")
    assert_tells(text, "Too many requests are waiting", site)
    assert "Try again in a moment." in text
    site.touch("release")
    assert sorted(connection.read_answer().status for connection in waiting) == [200, 200, 503]


def test_texts_of_the_app_stay_text(serve, see, browser):
    """Markup, control characters and endless words in an exception and in a path."""
    site = serve("failing_import", handler="evil.app", ready=False, http=True, settings=SHOW)
    (site.root / "evil.py").write_text(
        "raise Exception('<img src=x onerror=document.title=1>\\x1b[31m' + 'long' * 100)\n")
    site.host.wait_for_log("onerror")
    text = see(site, "/" + "'&lt;%3Cb%3E" * 100)
    assert "GET /'&lt;%3Cb%3E'" in text
    assert "<img src=x onerror=document.title=1>\u241b[31m" in text
    assert browser.evaluate("document.title") == "500 The app could not be imported"
    assert browser.evaluate("document.querySelectorAll('img, script').length") == 0


def test_a_request_that_timed_out(serve, see):
    site = serve("hanging", http=True, settings="server:\n  request_timeout: 5s\n")
    text = see(site, "/sleep")
    assert_tells(text, "The app took too long", site)
    assert not [word for word in INTERNAL if word in text]


def test_settings_that_became_wrong_while_nothing_serves(serve, see):
    def settings(more):
        return "app: {handler: missing.app}\nserver: {show_errors: true" + more + "}\n"
    site = serve("hanging", handler=IN_SETTINGS, ready=False, http=True, prepare=lambda root: (
        root / "holdfast.yaml").write_text(settings("")))
    site.host.wait_for_log("there is no module missing")
    (site.root / "holdfast.yaml").write_text(settings(", queue: -1"))
    site.host.wait_for_log("nothing is changed")
    text = see(site)
    assert_tells(text, "The site's settings are wrong", site)
    assert re.search(r"holdfast\.yaml:2: server\.queue is", text)
