"""A site under test: an app in a folder of its own and the host that serves it."""

import contextlib
import random
import re
import shutil
import socket
from pathlib import Path

from support import fcgi_client, nginx, proc
from support.apache import Apache
from support.caddy import Caddy
from support.front_end import HttpServer
from support.generated import EDITED, GENERATED
from support.holdfast_process import HoldfastProcess
from support.lighttpd import Lighttpd
from support.nginx import FASTCGI_DEFAULT, FASTCGI_KEEP, KEEPALIVE, TRY_FILES, Nginx
from support.paths import APPS, VENV_PYTHON
from support.waiting import wait_until

#: What a site can stand behind; `http` is the host's own front end.
FRONT_ENDS = ("nginx", "nginx-keep", "nginx-path-info", "lighttpd", "apache", "caddy", "http")
#: Those of them that speak FastCGI to the host.
WEB_SERVERS = FRONT_ENDS[:-1]

#: For `handler`: it stands in the site's own settings.
IN_SETTINGS = object()


class Site:
    """`host` serves the folder `root` at the FastCGI address `address`."""

    def __init__(self, host, root, address, channel=None):
        self.host = host
        self.root = root
        self.address = address
        self.channel = channel  #: address of the channel listener

    def get(self, path="/", **more):
        return fcgi_client.get(self.address, path, **more)

    def request(self, environ, body=b""):
        return fcgi_client.request(self.address, environ, body)

    def connect(self):
        return fcgi_client.FcgiConnection(self.address)

    def touch(self, name):
        """Makes the file that an app waits for."""
        (self.root / name).touch()

    def processes(self):
        """The host and its workers."""
        return [self.host.pid, *self.host.workers()]


class Sites:
    """Starts sites and web servers below `folder` and ends all of them."""

    def __init__(self, folder):
        self._folder = Path(folder)
        self._sites = []
        self._servers = []
        self._front_ends = {}
        self._count = 0

    def serve(self, app="hello", callable_name="app", *, workers=1, threads=4, options=(),
              settings=None, python=VENV_PYTHON, environment=None, listen="unix", ready=True,
              handler=None, root=None, http=False, prepare=None, start_in=None, channel=None,
              **popen):
        """Runs `holdfast serve` for tests/apps/APP.py (or the folder APP).

        root: the app's folder where it is there already
        settings: text of holdfast.yaml
        listen: `unix`, `tcp`, or None for a host that is given its listener otherwise
        http: serve it by the embedded HTTP front end as well
        channel: have a channel listener too, `unix` or `tcp`
        ready: wait until all workers are
        start_in: folder that a shell enters to start it there, without --app-root
        prepare: is called with the app's folder before the host is started
        """
        folder = self.new_folder()
        root = root or self.copy_app(app, folder / "site")
        if settings:
            (root / "holdfast.yaml").write_text(settings)
        if prepare:
            prepare(root)
        wanted = self._new_address(listen, folder / "fcgi")
        channel = self._new_address(channel, folder / "channel")
        arguments = ["serve", *(["--listen", wanted] if wanted else []),
                     *(["--http", "tcp:127.0.0.1:0"] if http else []),
                     *(["--channel", channel] if channel else []),
                     *(["--app-root", root] if start_in is None else []),
                     *([] if handler is IN_SETTINGS
                       else ["--handler", handler or f"{app}.{callable_name}"]),
                     *(["--python", python] if python is not IN_SETTINGS else []),
                     "--workers", workers, "--threads", threads, *options]
        if start_in is not None:
            popen["prefix"] = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', start_in]
        host = HoldfastProcess(arguments, folder, environment, **popen)
        site = Site(host, root, wanted, channel)
        self._sites.append(site)
        for address in filter(None, (wanted, channel)):
            host.wait_for_log("listening .*" + re.escape(address.removeprefix("tcp:")))
        if ready:
            host.wait_for_workers(workers)
        return site

    @staticmethod
    def _new_address(kind, path):
        return {"unix": f"unix:{path}", "tcp": f"tcp:127.0.0.1:{free_port()}", None: None}[kind]

    def nginx(self, site, keep=False, location="", try_files=False, **more):
        """An nginx in front of the site; `location` adds to its configuration."""
        location = (FASTCGI_KEEP if keep else FASTCGI_DEFAULT) + location
        location = (TRY_FILES if try_files else "") + location
        return self.start_nginx(site.address, location, KEEPALIVE if keep else "", **more)

    def front_end(self, kind, site, **more):
        """One of FRONT_ENDS (or `nginx-try-files`) before the site, the same one when asked again.

        For `http` the site must be served with http; these are for the others:
        streaming: configured to pass each piece of an answer on at once
        static: folder that /static/ stands for
        options: added to the server's configuration
        channel: whether the site's channel is behind it, too
        tls: the Authority that signs for it
        generated: it runs what `holdfast generate` makes for the site; streaming always.
            arguments: more of its options, a tuple
        limit: seconds that it waits for something of an answer, of which it tells the host
        told: nginx, lighttpd: ... as it tells the host, if that is not the same
        """
        key = (kind, site.address, *sorted(more.items()))
        if key not in self._front_ends:
            self._front_ends[key] = self._new_front_end(kind, site, **more)
        return self._front_ends[key]

    def _new_front_end(self, kind, site, channel=False, generated=False, **more):
        if generated:
            return self._generated_front_end(kind, site, channel, **more)
        if kind == "http":
            return HttpServer(int(site.host.wait_for_log(r"listening on http://\S+:(\d+)/")[1]))
        more.update({"channel": site.channel} if channel else {})
        if kind.startswith("nginx"):
            return self._nginx_front(site, kind, **more)
        server_type = {"lighttpd": Lighttpd, "apache": Apache, "caddy": Caddy}[kind]
        return self._keep(server_type(self.new_folder() / kind, site.address, **more))

    def _generated_front_end(self, kind, site, channel, static=None, arguments=(), tls=None):
        asked = ["--app-root", site.root, "--fastcgi", site.address,
                 *(["--channel", site.channel] if channel else []),
                 *(["--static", f"/static={static}"] if static else []), *arguments]
        return self._keep({**GENERATED, **EDITED}[kind](self.new_folder() / kind, asked, tls))

    def _nginx_front(self, site, kind, streaming=False, static=None, options="", limit=None,
                     told=None, **more):
        location = nginx.STREAMING if streaming else ""
        location += nginx.LIMIT.format(limit=limit, told=told or limit) if limit else ""
        location += nginx.PATH_INFO if kind == "nginx-path-info" else ""
        served = f"location /static/ {{ alias {static}/; }}" if static else ""
        return self.nginx(site, keep=kind == "nginx-keep", location=location,
                          try_files=kind == "nginx-try-files",
                          server_options=f"client_max_body_size 64m; {options} {served}", **more)

    def start_nginx(self, upstream, location, upstream_options="", **more):
        return self._keep(
            Nginx(self.new_folder() / "nginx", upstream, location, upstream_options, **more))

    def _keep(self, server):
        self._servers.append(server)
        return server

    def new_folder(self):
        self._count += 1
        folder = self._folder / f"s{self._count}"
        folder.mkdir(parents=True)
        return folder

    @staticmethod
    def copy_app(app, root):
        """Copies what the app is made of, so that it may write where it runs."""
        source = APPS / app
        if source.is_dir():
            shutil.copytree(source, root, ignore=shutil.ignore_patterns("__pycache__"))
            return root
        root.mkdir()
        for file in APPS.glob("*.py"):
            shutil.copy(file, root)
        return root

    def stop(self):
        """Ends everything and asserts that it ended well."""
        for server in self._servers:
            server.stop()
        for site in self._sites:
            if site.host.process.returncode is None:
                site.host.stop()

    def clean_up(self):
        """The watchdog; prints the logs for whoever has to find out why."""
        for server in self._servers:
            server.kill()
            if server.error_log:
                print(f"--- log in {server.folder} ---\n{server.error_log}")
        for site in self._sites:
            site.host.kill_leftovers()
            print(f"--- log of {' '.join(map(str, site.host.process.args))} ---\n{site.host.log}")


def free_port():
    """A port below those that the kernel gives out by itself, for options that need a number."""
    for port in random.sample(range(20000, 32000), 1000):
        try:
            socket.create_server(("127.0.0.1", port)).close()
            return port
        except OSError:
            continue
    raise AssertionError("no free port")


def idle_counts(site):
    """Descriptors and threads of the host and of each worker, order apart."""
    def counts(pid):
        return len(proc.descriptors(pid)), proc.thread_count(pid)

    def all_counts():
        with contextlib.suppress(FileNotFoundError):  # a worker has ended meanwhile
            host, *workers = site.processes()
            return counts(host), sorted(map(counts, workers))

    return wait_until(all_counts, "the processes stay for a moment")
