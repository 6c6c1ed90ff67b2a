"""Many tabs of one Chromium, which threads share: each loads one page, however long that takes."""

import base64
import threading
import time

from support.askers import PATIENCE, Answer
from support.chromium import Chromium
from support.waiting import DEADLINE, wait_until

#: The tests' authority is not among those that it trusts; a tab that is not seen is no slower.
OPTIONS = ("--ignore-certificate-errors", "--disable-background-timer-throttling",
           "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows")
#: The app's page has them, no page of the host does.
OF_APP = "x-number"
ANSWER = "document.readyState == 'complete' && document.getElementById('answer') !== null"


class Tabs:
    """`folder` is the browser's home."""

    def __init__(self, folder):
        self.browser = Chromium(folder, OPTIONS)
        self.lock = threading.Lock()  #: of the browser

    def open(self, url=None):
        """A tab, with that page."""
        tab = Tab(self)
        if url:
            tab.call("Page.navigate", url=url)
            tab.wait_for("document.readyState == 'complete'", url)
        return tab

    def close(self):
        self.browser.close()


class Tab:
    def __init__(self, tabs):
        self._tabs = tabs
        self._session = None
        with tabs.lock:
            target = tabs.browser.call("Target.createTarget", url="about:blank", newWindow=True)
            self._session = tabs.browser.attach(target["targetId"])
        for domain in ("Page", "Runtime", "Network"):
            self.call(domain + ".enable")
        self._old = 0  # events that came before what is waited for

    # -- what a person does ----------------------------------------------

    def by_address(self, front, ask):
        """Enters the address; to the app's page. Returns an Answer"""
        return self._answer_to(lambda: self._send("Page.navigate", url=front.url + ask.target))

    def by_form(self, front, ask):
        """Sends the form of the page that it has open; to the app's page. Returns an Answer"""
        return self._answer_to(lambda: self.evaluate("document.forms[0].submit()"))

    # -- what is seen ----------------------------------------------------

    def evaluate(self, script):
        """... or None while one page takes another's place."""
        try:
            result = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        except AssertionError:
            return None
        return result["result"].get("value")

    def wait_for(self, script, what, deadline=DEADLINE):
        wait_until(lambda: self.evaluate(script), what, deadline, interval=0.3)

    def documents(self):
        """What was asked for as a page since `by_...`: events, those that redirects led to as
        well."""
        return [event for event in self._events("Network.requestWillBeSent")
                if event["type"] == "Document"]

    def call(self, method, **parameters):
        with self._tabs.lock:
            return self._tabs.browser.call(method, self._session, **parameters)

    # -- inside ----------------------------------------------------------

    def _send(self, method, **parameters):
        with self._tabs.lock:
            self._tabs.browser.send(method, self._session, **parameters)

    def _events(self, method):
        with self._tabs.lock:
            events = self._tabs.browser.events(self._session)[self._old:]
        return [event["params"] for event in events if event["method"] == method]

    def _answer_to(self, begin):
        """Tells by the events alone: a tab on its way to a page may answer no question."""
        self._old = len(self._tabs.browser.events(self._session))
        begin()
        end = time.monotonic() + PATIENCE
        while not (page := self._app_page()):
            assert time.monotonic() < end, f"no answer of the app: {self._pages()}"
            time.sleep(0.2)
            with self._tabs.lock:
                self._tabs.browser.evaluate("0")  # of its first tab; events come beside
        self.wait_for(ANSWER, "the page is shown")
        return self._answer(page)

    def _app_page(self):
        """What has come as the app's page and is whole, or None so far; neither an error page nor
        a failure comes before."""
        whole = {event["requestId"] for event in self._events("Network.loadingFinished")}
        for page in self._pages():
            assert page["response"]["status"] < 400, page["response"]
            names = {name.lower() for name in page["response"]["headers"]}
            if OF_APP in names and page["requestId"] in whole:
                return page
        failed = [event for event in self._events("Network.loadingFailed")
                  if event["type"] == "Document"]
        assert not failed, failed
        return None

    def _pages(self):
        return [event for event in self._events("Network.responseReceived")
                if event["type"] == "Document"]

    def _answer(self, page):
        number = page["requestId"]
        told = [event["headers"] for event in self._events("Network.responseReceivedExtraInfo")
                if event["requestId"] == number][-1]  # it alone has Set-Cookie
        headers = tuple((name.lower(), value) for name, values in told.items()
                        for value in values.split("\n"))
        body = self.call("Network.getResponseBody", requestId=number)
        content = (base64.b64decode(body["body"]) if body["base64Encoded"]
                   else body["body"].encode("utf-8"))
        return Answer(page["response"]["status"], headers, content, len(self.documents()) - 1)
