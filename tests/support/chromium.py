"""A real browser without a window, to see pages as people do.

Chromium is spoken to by its DevTools protocol over two pipes (--remote-debugging-pipe):
JSON messages, each ended by a NUL.
"""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

from support.waiting import DEADLINE

OPTIONS = [
    "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-quic",
    "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"]


def above_standard(descriptors):
    """The same ones with numbers that cannot be 3 or 4."""
    moved = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10) for descriptor in descriptors]
    for descriptor in descriptors:
        os.close(descriptor)
    return moved


class Chromium:
    """One browser with one tab; for more see chromium_tabs.py. `folder` is its home and is left
    to the caller to remove.

    options: of its command line
    """

    def __init__(self, folder, options=()):
        program = shutil.which("chromium")
        assert program, "chromium is not installed: apt-get install chromium"
        self._last_id = 0
        self._received = b""
        self._events = []
        commands, self._to = above_standard(os.pipe())
        self._from, answers = above_standard(os.pipe())
        with open(Path(folder) / "chromium.log", "wb") as log:
            # The pipes must be its descriptors 3 and 4; to be a shell first is the simplest way.
            self._process = subprocess.Popen(
                ["bash", "-c", f'exec "$@" 3<&{commands} 4>&{answers}', "bash", program, *OPTIONS,
                 *options, f"--user-data-dir={folder}/profile", "about:blank"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                pass_fds=(commands, answers))
        os.close(commands)
        os.close(answers)
        self._session = None
        self._session = self._attach()
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")

    def close(self):
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(DEADLINE)
        finally:
            os.close(self._to)
            os.close(self._from)

    @contextlib.contextmanager
    def stopped(self):
        """It does nothing meanwhile, as on a machine that is too busy."""
        os.killpg(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGCONT)

    # -- what a person does and sees -------------------------------------

    def open(self, url, width=1000, dark=False):
        """Shows the page in a window so many CSS pixels wide, and waits until it is there."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                  deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self._events.clear()
        self.call("Page.navigate", url=url)
        self._wait_for_event("Page.loadEventFired")

    def text(self, selector="body"):
        """The text that is visible: not that of closed details. Empty before there is any: a page
        that comes after another one has no body at first."""
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def is_wider_than_its_window(self):
        return self.evaluate("document.documentElement.scrollWidth > innerWidth")

    def requests(self):
        """URLs of all that the page has asked for, itself included."""
        self.evaluate("0")  # whatever happened before is here when the answer is
        return [e["params"]["request"]["url"] for e in self._events
                if e["method"] == "Network.requestWillBeSent"]

    def complaints(self):
        """What the browser has written to its console, apart from the page's own status."""
        self.evaluate("0")
        entries = [e["params"]["entry"] for e in self._events if e["method"] == "Log.entryAdded"]
        return [e["text"] for e in entries if "the server responded with a status" not in e["text"]]

    def said(self):
        """What the pages of the first tab have written to the console, as far as that is here
        already."""
        return [argument["value"] for event in self._events
                if event["method"] == "Runtime.consoleAPICalled"
                for argument in event["params"]["args"] if "value" in argument]

    def evaluate(self, script):
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def screenshot(self, file):
        """The whole page, also what lies below the window."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        Path(file).write_bytes(base64.b64decode(shot["data"]))

    # -- the protocol ----------------------------------------------------

    def call(self, method, session=None, **parameters):
        """session: of another tab than the first"""
        number = self.send(method, session, **parameters)
        answer = self._receive_until(lambda m: m.get("id") == number, method)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def send(self, method, session=None, **parameters):
        """Waits for no answer. Returns the message's number"""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": parameters}
        if session or self._session:
            message["sessionId"] = session or self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        return self._last_id

    def events(self, session):
        """All that came of one tab, in order."""
        return [event for event in self._events if event.get("sessionId") == session]

    def attach(self, target):
        """To a tab. Returns its session"""
        return self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def _attach(self):
        targets = self.call("Target.getTargets")["targetInfos"]
        return self.attach(next(t["targetId"] for t in targets if t["type"] == "page"))

    def _wait_for_event(self, name):
        if not any(event["method"] == name for event in self._events):
            self._receive_until(lambda m: m.get("method") == name, name)

    def _receive_until(self, wanted, what):
        end = time.monotonic() + DEADLINE
        while True:
            message, separator, rest = self._received.partition(b"\0")
            if not separator:
                ready, _, _ = select.select([self._from], [], [], max(end - time.monotonic(), 0))
                assert ready, f"Chromium does not answer: {what}"
                data = os.read(self._from, 1 << 20)
                assert data, f"Chromium has ended: {what}"
                self._received += data
                continue
            self._received = rest
            message = json.loads(message)
            if "method" in message:
                self._events.append(message)
            if wanted(message):
                return message
