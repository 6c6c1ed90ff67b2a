"""A real Apache with mod_fcgid, which starts the host itself and gives it one request at a time."""

import re
import shlex
import uuid
from concurrent.futures import ThreadPoolExecutor

from support import proc
from support.apache import BEGIN, SETPRIV, load
from support.debug_site import SECRET, DebugSite
from support.engines import DEBUGPY
from support.front_end import FrontEnd, reserved_port
from support.holdfast_process import TAG
from support.paths import HOLDFAST
from support.site import Site, Sites, free_port
from support.waiting import wait_until

CONFIGURATION = BEGIN + """\
ServerTokens Prod
Listen 127.0.0.1:{port}
FcgidIPCDir {folder}/sockets
FcgidProcessTableFile {folder}/processes
FcgidMaxProcesses 1
FcgidMaxRequestsPerProcess 0
FcgidIOTimeout 3
FcgidBusyTimeout {ends}
FcgidBusyScanInterval 1
SetEnv HOLDFAST_PATIENCE {limit}
<Directory />
    Options ExecCGI
    Require all granted
</Directory>
<Location />
    SetHandler fcgid-script
    FcgidWrapper {program} virtual
</Location>
"""


class ModFcgid(FrontEnd):
    """limit: seconds that a request may take, as the host is told; it is ended some later, for
    what is late on a busy machine, or after 3 s of silence"""

    ready = "resuming normal operations"

    def __init__(self, folder, program, limit):
        super().__init__(folder, reserved_port())
        modules = load(("mpm_event", "authz_core", "mime", "env", "fcgid"))
        configuration = self.write("apache.conf", CONFIGURATION.format(
            folder=folder, port=self.port, modules=modules, program=program, limit=limit,
            ends=limit + 4))
        (folder / "sockets").mkdir()
        self.start([*SETPRIV, "/usr/sbin/apache2", "-DFOREGROUND", "-f", configuration])


class ModFcgidSite(DebugSite):
    """A DebugSite whose host is started by the web server. `folder` is new and its own."""

    def __init__(self, folder, app, limit):
        self.engine, self.app, self.tls, self.waits = DEBUGPY, app, None, False
        self.direct, self.as_hop = True, {}
        root = Sites.copy_app(app, folder / "site")
        channel = f"tcp:127.0.0.1:{free_port()}"
        self.host = HostOfServer(folder)
        program = folder / "program"
        command = [HOLDFAST, "serve", "--channel", channel, "--app-root", root, "--handler",
                   f"{app}.app", "--python", DEBUGPY.interpreter, "--workers", "1"]
        program.write_text(
            f"#!/bin/sh\nexport WSGI_PTVSD_SECRET={SECRET} {self.host.tag} PYTHONDONTWRITEBYTECODE=1"
            f"\nexec {shlex.join(map(str, command))} 2>>{self.host.file}\n")
        program.chmod(0o755)
        self.site = Site(self.host, root, None, channel)
        self.file = root / f"{app}.py"
        self.front = ModFcgid(folder / "apache", program, limit)
        self._threads = ThreadPoolExecutor(4)

    def stop(self):
        """Asserts that all of it ends well."""
        self.front.stop()
        wait_until(lambda: not self.host.all_pids(), "nothing outlives the web server")

    def clean_up(self):
        self.front.kill()
        proc.kill_all(self.host.all_pids())
        print(f"{self.front.error_log}\n--- log of the host ---\n{self.host.log}")


class HostOfServer:
    """What is seen of a host that others have started."""

    def __init__(self, folder):
        self.tag = f"{TAG}={uuid.uuid4().hex}"
        self.file = folder / "log"

    @property
    def log(self):
        return self.file.read_text() if self.file.exists() else ""

    def log_matches(self, pattern):
        return list(re.compile(pattern, re.M).finditer(self.log))

    def wait_for_log(self, pattern):
        return wait_until(lambda: self.log_matches(pattern), f"{pattern} in the log")[-1]

    def all_pids(self):
        return proc.with_environment(self.tag)
