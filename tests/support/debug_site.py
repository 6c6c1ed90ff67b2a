"""A site with debugging on behind a web server with TLS, and those who attach to it."""

import contextlib
import json
import re
from concurrent.futures import ThreadPoolExecutor

from support import proc
from support.dap_client import DapClient
from support.engines import DEBUGPY
from support.test_ca import authority
from support.waiting import wait_until
from support.web_socket import WebSocket, ask, bearer, upgrade_request

#: Looks like nothing else, so that it can be searched for in logs.
SECRET = "Xq7-secret-of-the-tests-9fT2"


class DebugSite:
    """`site` runs tests/apps/APP.py with the engine; `front` is the web server before it.

    front: kind of web server, as in support/site.py
    front_options: more of Sites.front_end()
    channel: `unix`, or `tcp` for a listener on loopback, which takes us without TLS as well
    settings: of `debug` in holdfast.yaml, as a dict
    python: in the place of the engine's interpreter, to start that
    more: of Sites.serve()
    """

    def __init__(self, sites, engine=DEBUGPY, app="debuggee", front="nginx", settings=None,
                 channel="unix", environment=None, yaml="", front_options=None, python=None,
                 **more):
        self.engine = engine
        self.app = app
        debug = "".join(f"  {name}: {value}\n" for name, value in (settings or {}).items())
        self.site = sites.serve(
            app, python=python or engine.interpreter, channel=channel,
            settings=yaml + (f"debug:\n{debug}" if debug else ""),
            environment={"WSGI_PTVSD_SECRET": SECRET, **(environment or {})}, **more)
        self.host = self.site.host
        self.tls = authority()
        self.front = sites.front_end(front, self.site, channel=True, tls=self.tls,
                                     **(front_options or {}))
        self.direct = channel == "tcp"
        # One who is trusted, as a web server is, has to say what one says.
        self.as_hop = {"X-Forwarded-Proto": "https"} if "127.0.0.1" in yaml else {}
        self.waits = (settings or {}).get("wait") == "true"
        self.file = self.site.root / f"{app}.py"
        self._threads = ThreadPoolExecutor(16)

    # -- the app ---------------------------------------------------------

    def line(self, name):
        """Number of the line with the mark `# @bp NAME`."""
        return line_of(self.file, name)

    def breakpoints(self, *names):
        """As DapClient.attach() takes them."""
        return [(self.file, sorted(map(self.line, names)))]

    def get(self, target, **headers):
        return self.front.get(target, **headers)

    def ask(self, target, method="GET", body=None, front=None, **headers):
        """A request in the background, by `front` or else the web server with the channel.
        Returns a Future of the Page"""
        return self._threads.submit((front or self.front).request, method, target, body, headers)

    # -- the channel -----------------------------------------------------

    def state(self, secret=SECRET):
        """What the channel says of itself."""
        if self.direct:
            plain = {"Upgrade": None, "Connection": "close", **self.as_hop}
            answer = ask(self.site.channel, upgrade_request("/ptvsd/state",
                                                            {**bearer(secret), **plain}))
        else:
            answer = self.front.get("/ptvsd/state", **bearer(secret))
        assert answer.status == 200, (answer.status, answer.text)
        return json.loads(answer.body)

    def wait_for_engine(self):
        """... and, unless its import waits for a debugger, for the lane, so that it gets the
        requests."""
        wait_until(lambda: self.state()["engine"]["state"] == "ready", f"{self.engine} listens")
        if not self.waits:
            wait_until(self._has_lane, "the lane has imported the app")

    def _has_lane(self):
        return any(proc.is_alive(int(found[1]))
                   for found in self.host.log_matches(r"debug lane (\d+): ready"))

    def wait_until_detached(self):
        wait_until(lambda: self.state()["session"] is None, "the session has ended")

    def connect(self, query="", direct=None, secret=SECRET, **more):
        """A WebSocket to the engine. direct: past the web server, as where the channel is TCP"""
        direct = self.direct if direct is None else direct
        address, ca = ((self.site.channel, None) if direct
                       else (("127.0.0.1", self.front.port), self.front.tls and self.tls.ca))
        headers = {**bearer(secret), **(self.as_hop if direct else {})}
        return WebSocket.connect(address, "/ptvsd" + query, headers, ca=ca, **more)

    def attach(self, *breakpoints, exceptions=(), direct=None, query="", **arguments):
        """A client that has attached, with breakpoints at those marks."""
        self.wait_for_engine()
        client = DapClient(self.connect(query, direct))
        try:
            return client.attach(self.breakpoints(*breakpoints) if breakpoints else (),
                                 exceptions, **arguments)
        except BaseException:
            client.close()
            raise

    @contextlib.contextmanager
    def attached(self, *breakpoints, **more):
        """... that detaches at the end, unless it has gone already."""
        client = self.attach(*breakpoints, **more)
        try:
            yield client
            if not client.ended:
                client.disconnect()
        finally:
            client.close()
        self.wait_until_detached()

    # -- processes -------------------------------------------------------

    def descriptors(self):
        return len(proc.descriptors(self.host.pid))


def line_of(file, name):
    found = [number for number, text in enumerate(file.read_text().splitlines(), 1)
             if re.search(rf"# @bp {re.escape(name)}$", text)]
    assert len(found) == 1, f"{name}: lines {found}"
    return found[0]
