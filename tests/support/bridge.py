"""A running `holdfast attach`."""

import signal

from support.dap_client import TcpStream
from support.holdfast_process import HoldfastProcess


class Bridge(HoldfastProcess):
    """url: with or without the secret; ca: what it trusts"""

    def __init__(self, url, folder, *options, ca=None, environment=None, **more):
        super().__init__(["attach", url, "--listen", "127.0.0.1:0",
                          *(["--ca", ca] if ca else []), *options], folder, environment, **more)
        self._port = None

    @property
    def port(self):
        """Where it listens for the debugger of this machine."""
        if self._port is None:
            self._port = int(self.wait_for_log(r"(?:127\.0\.0\.1|localhost):(\d+)")[1])
        return self._port

    def stream(self):
        return TcpStream(("127.0.0.1", self.port))

    def stop(self, number=signal.SIGINT):
        super().stop(number)
