"""Web servers that run what `holdfast generate` has made.

The file is included unchanged by a main configuration of the tests' own, which says what
Debian's says: where logs and the like go, who the user is, which modules there are.
"""

import subprocess

from support import apache, caddy, lighttpd, nginx
from support.front_end import FrontEnd, listening_socket, reserved_port
from support.paths import HOLDFAST
from support.waiting import DEADLINE


def generate(kind, *arguments, cwd="/", environment=None):
    """The finished `holdfast generate`, whatever came of it."""
    return subprocess.run([HOLDFAST, "generate", kind, *map(str, arguments)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, cwd=cwd, timeout=DEADLINE,
                          env=environment, check=False)


class Generated(FrontEnd):
    """
    arguments: of `holdfast generate`; the listener and where logs go are added
    """

    kind = ""
    new_port = staticmethod(reserved_port)
    file_name = "generated.conf"

    def __init__(self, folder, arguments, tls=None):
        listener = self.new_port()
        super().__init__(folder, listener, tls)
        own = ["--listen", f"127.0.0.1:{self.port}", "--access-log", folder / "access.log",
               "--server-name", "localhost", "--server-name", "127.0.0.1"]
        if tls:
            own += ["--certificate", tls.certificate, "--key", tls.key]
        made = generate(self.kind, *own, *arguments)
        assert made.returncode == 0, made.stderr
        self.text = self.edited(made.stdout)
        self.file = self.write(self.file_name, self.text)
        self.run(listener)

    @staticmethod
    def edited(text):
        """What somebody has made of it by hand."""
        return text

    def run(self, listener):
        raise NotImplementedError

    def check(self, command, **more):
        """What the server's own checker says of the configuration."""
        done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=DEADLINE, check=False, **more)
        self.checked = done.stdout
        assert done.returncode == 0, done.stdout

    @property
    def access_log(self):
        return (self.folder / "access.log").read_text()


class GeneratedNginx(Generated):
    kind = "nginx"
    new_port = staticmethod(listening_socket)

    def run(self, listener):
        main = self.write("nginx.conf", nginx.MAIN.format(
            folder=self.folder, user=nginx.USER, file=self.file))
        inherited = {"pass_fds": [listener.fileno()]}
        environment = {"NGINX": f"{listener.fileno()};"}
        self.check(["/usr/sbin/nginx", "-t", "-p", self.folder, "-c", main],
                   env=environment, **inherited)
        self.start(["/usr/sbin/nginx", "-p", self.folder, "-c", main], environment, **inherited)


class GeneratedNginxTryFiles(GeneratedNginx):
    """Somebody has added files of the site's own."""

    @staticmethod
    def edited(text):
        location = "    location / {\n"
        assert text.count(location) == 1
        return text.replace(location, f"    location / {{ {nginx.TRY_FILES}\n")


class GeneratedLighttpd(Generated):
    kind = "lighttpd"
    good_codes = lighttpd.Lighttpd.good_codes
    ready = "server started"

    def run(self, listener):
        main = self.write("lighttpd.conf", lighttpd.MAIN.format(
            folder=self.folder, file=self.file))
        self.check(["/usr/sbin/lighttpd", "-tt", "-f", main])
        self.start(["/usr/sbin/lighttpd", "-D", "-f", main])


class GeneratedApache(Generated):
    kind = "apache"
    ready = apache.Apache.ready

    def run(self, listener):
        main = self.write("apache.conf", apache.MAIN.format(
            folder=self.folder, file=self.file, modules=apache.load(apache.DEBIAN_MODULES)))
        self.check([*apache.SETPRIV, "/usr/sbin/apache2", "-t", "-f", main])
        self.start([*apache.SETPRIV, "/usr/sbin/apache2", "-DFOREGROUND", "-f", main])


class GeneratedCaddy(Generated):
    kind = "caddy"
    ready = caddy.Caddy.ready
    file_name = "site.caddy"

    def run(self, listener):
        main = self.write("Caddyfile", caddy.MAIN.format(file=self.file))
        environment = caddy.environment(self.folder)
        self.check(["/usr/bin/caddy", "validate", "--adapter", "caddyfile", "--config", main],
                   env=environment)
        self.start(["/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", main],
                   environment)


GENERATED = {server.kind: server
             for server in (GeneratedNginx, GeneratedLighttpd, GeneratedApache, GeneratedCaddy)}
#: Names as in support/site.py.
EDITED = {"nginx-try-files": GeneratedNginxTryFiles}
