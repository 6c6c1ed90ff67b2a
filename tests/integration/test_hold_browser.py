"""A real browser whose page is held: it waits for longer than it follows redirects."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.chromium import Chromium
from support.debug_site import SECRET, DebugSite
from support.holding import requests_of, wait_until_held
from support.waiting import DEADLINE, wait_until

LIMIT = 1  #: seconds, of which the host is told
HAND_OFFS = 30  #: as many as fit in the time of the hold, were there no page
TITLE = "The app's true page"
#: A question to a tab that is on its way elsewhere is answered by the next page when it is a few
#: milliseconds old, and thus asked too early; the page itself sees all of its life.
NOTE_PLACES = """
new MutationObserver(() => {
  const place = document.getElementById("hold");
  if (place && !place.hidden) console.log("place: " + place.innerText);
}).observe(document, {subtree: true, childList: true, attributes: true});
"""


@pytest.fixture(scope="module")
def site(module_sites):
    return DebugSite(module_sites, app="held", front="http", http=True, channel="tcp",
                     yaml=f"server: {{trusted_hops: [127.0.0.1]}}\nhold: {{patience: {LIMIT}s}}\n")


@pytest.fixture(scope="module")
def browsers(tmp_path_factory):
    started = [Chromium(tmp_path_factory.mktemp("chromium")) for _ in range(2)]
    yield started
    for browser in started:
        browser.close()


def test_a_page_tells_those_who_wait(site, browsers):
    """More only to who has proven the secret."""
    knowing, other = browsers
    prove_the_secret(knowing, site)
    for browser in browsers:
        browser.call("Page.addScriptToEvaluateOnNewDocument", source=NOTE_PLACES)
    url = site.front.url + "/page?people=2"
    with ThreadPoolExecutor(2) as threads, site.attached("all") as client:
        opened = [threads.submit(browser.open, url) for browser in browsers]
        thread = client.stopped("breakpoint")
        began = time.monotonic()
        client.top(thread)
        wait_until_held(site)
        for done in opened:
            done.result(2 * DEADLINE)  # the page that tells is there
        told = rf"held\.py:{site.line('all')} in halt .*\d+ (s|min)\b"
        wait_until(lambda: [place for place in noted(knowing) if re.search(told, place)],
                   "it says where, and for how long")
        assert "held" in seen(other).lower()
        time.sleep(max(0, began + HAND_OFFS * LIMIT - time.monotonic()))
        for browser in browsers:
            assert "held" in seen(browser).lower() and TITLE not in seen(browser)
        assert "held.py" not in source(other) and not noted(other), "nobody else has been told"
        assert len(requests_of(site, "/page")) == 2
        client.go_on(thread)
        for browser in browsers:
            wait_until(lambda browser=browser: seen(browser) == TITLE, "the page is there")


def test_a_page_of_another_origin_gets_its_answer(site, browsers, module_sites):
    browser = browsers[0]
    other = module_sites.front_end("nginx", site.site)
    browser.open(other.url + "/plain")
    fetch(browser, site.front.url + "/cors")
    wait_until(lambda: got(browser) == f"for {other.url}", "the app lets it in")
    with site.attached("cors") as client:
        fetch(browser, site.front.url + "/cors?held=1")
        thread = client.stopped("breakpoint")
        wait_until(lambda: [r for r in requests_of(site, "/cors") if r["hand_offs"] > 2],
                   "it was redirected")
        assert got(browser) is None
        client.go_on(thread)
        wait_until(lambda: got(browser), "the answer")
        assert got(browser) == f"held for {other.url}"


def prove_the_secret(browser, site):
    browser.open(site.front.url + "/ptvsd/view")
    browser.evaluate(f"document.querySelector('[name=secret]').value = '{SECRET}'")
    browser.evaluate("document.querySelector('button').click()")
    wait_until(lambda: "You have proven the secret" in seen(browser), "it has the cookie")


def fetch(browser, url):
    browser.evaluate("window.got = null;"
                     f"fetch({json.dumps(url)}, {{credentials: 'include'}}).then(a => a.text())"
                     ".then(text => window.got = text, e => window.got = 'failed: ' + e); 0")


def got(browser):
    return browser.evaluate("window.got")


def seen(browser):
    return look(browser, "document.body.innerText.trim()")


def noted(browser):
    """Where the app stands, as the pages have shown it so far."""
    seen(browser)  # what came before is known when the answer is
    return [line for line in browser.said() if line.startswith("place: ")]


def source(browser):
    return look(browser, "document.documentElement.outerHTML")


def look(browser, script):
    """... as soon as there is a page: it may just be leaving for the next one."""
    def page():
        try:
            return (browser.evaluate(script),)
        except AssertionError:
            return None

    return wait_until(page, "there is a page")[0]
