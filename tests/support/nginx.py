"""A real nginx in front of a FastCGI or HTTP application.

It runs in the foreground from a folder of its own and inherits its listening
socket from us: the port is free for certain, and a connection waits until
nginx accepts, so nobody needs to ask whether it is up.
"""

import os
import signal
import socket
import subprocess

from support.waiting import DEADLINE

CONFIGURATION = """\
daemon off;
worker_processes 1;
error_log {folder}/error.log info;
pid {folder}/nginx.pid;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    fastcgi_temp_path {folder}/fastcgi;
    proxy_temp_path {folder}/proxy;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream app {{ server {upstream}; {upstream_options} }}
    server {{
        listen 127.0.0.1:{port};
        {server_options}
        location / {{ {location} }}
    }}
}}
"""

#: What Debian's own pages tell a user to write.
FASTCGI_DEFAULT = "include /etc/nginx/fastcgi_params; fastcgi_pass app;"
#: Connections to the application stay open between requests.
FASTCGI_KEEP = FASTCGI_DEFAULT + " fastcgi_keep_conn on;"
KEEPALIVE = "keepalive 64;"
#: Bodies pass through without being collected, of any size.
UNBUFFERED = ("client_max_body_size 0; fastcgi_request_buffering off; fastcgi_buffering off; "
              "fastcgi_read_timeout 300; fastcgi_send_timeout 300;")


class Nginx:
    def __init__(self, folder, upstream, location=FASTCGI_DEFAULT, upstream_options="",
                 server_options="client_max_body_size 64m;"):
        """
        upstream: as `unix:PATH`, `tcp:HOST:PORT` or what nginx's `server` takes
        """
        folder.mkdir(parents=True)
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.folder = folder
        self.port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(
            folder=folder, port=self.port, upstream=upstream.removeprefix("tcp:"),
            user="user root;" if os.geteuid() == 0 else "", location=location,
            upstream_options=upstream_options, server_options=server_options))
        self.process = subprocess.Popen(
            ["/usr/sbin/nginx", "-p", str(folder), "-c", str(configuration)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=(folder / "stderr.log").open("wb"), pass_fds=[listener.fileno()],
            env={**os.environ, "NGINX": f"{listener.fileno()};"})
        listener.close()

    @property
    def error_log(self):
        return "".join((self.folder / name).read_text(errors="replace")
                       for name in ("stderr.log", "error.log") if (self.folder / name).exists())

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(DEADLINE)
        assert code == 0, f"nginx ended with {code}:\n{self.error_log}"

    def kill(self):
        """The watchdog: master and worker, whatever state they are in."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(DEADLINE)
