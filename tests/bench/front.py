"""The nginx that all peers stand behind: one worker process, a port for each way to a peer."""

import http.client
import os
import socket
import subprocess
import time

from support import proc

CONFIGURATION = """\
daemon off;
master_process on;
worker_processes 1;
worker_rlimit_nofile 8192;
error_log {folder}/error.log warn;
pid {folder}/nginx.pid;
{user}
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_max_body_size 16m;
    client_body_buffer_size 2m;
    client_body_temp_path {folder}/body;
    fastcgi_temp_path {folder}/fastcgi;
    proxy_temp_path {folder}/proxy;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    fastcgi_buffers 32 64k;
    fastcgi_busy_buffers_size 512k;
    fastcgi_max_temp_file_size 0;
    fastcgi_ignore_client_abort on;
    proxy_buffers 32 64k;
    proxy_busy_buffers_size 512k;
    proxy_max_temp_file_size 0;
    proxy_ignore_client_abort on;
{params}
{servers}
}}
"""
SERVER = """\
    upstream {name} {{ server unix:{socket} max_fails=0; {options} }}
    server {{ listen 127.0.0.1:{port} backlog=1024; location / {{ {location} }} }}
"""
#: Not for long when they are idle: a peer of one process has no ear for others meanwhile.
KEPT = "keepalive 64; keepalive_requests 1000000000; keepalive_timeout 200ms;"
#: Debian's fastcgi_params, but with the path in PATH_INFO alone: some peers want it there.
PARAMS = """\
QUERY_STRING $query_string
REQUEST_METHOD $request_method
CONTENT_TYPE $content_type
CONTENT_LENGTH $content_length
SCRIPT_NAME ""
PATH_INFO $uri
REQUEST_URI $request_uri
DOCUMENT_URI $document_uri
DOCUMENT_ROOT $document_root
SERVER_PROTOCOL $server_protocol
REQUEST_SCHEME $scheme
GATEWAY_INTERFACE CGI/1.1
SERVER_SOFTWARE nginx/$nginx_version
REMOTE_ADDR $remote_addr
REMOTE_PORT $remote_port
REMOTE_USER $remote_user
SERVER_ADDR $server_addr
SERVER_PORT $server_port
SERVER_NAME $server_name
"""
#: (protocol, kept) -> what nginx does with it. `fastcgi-flag`: nginx asks for a kept connection,
#: and then closes it itself. wfastcgi ends its STDOUT stream after each piece, which otherwise
#: would be the end of the answer for nginx.
LOCATIONS = {
    ("fastcgi-flag", False): "fastcgi_pass {name}; fastcgi_keep_conn on;",
    ("fastcgi-flag", True): "fastcgi_pass {name}; fastcgi_keep_conn on;",
    ("fastcgi", False): "fastcgi_pass {name};",
    ("fastcgi", True): "fastcgi_pass {name}; fastcgi_keep_conn on;",
    ("http", False): "proxy_pass http://{name};",
    ("http", True): 'proxy_pass http://{name}; proxy_http_version 1.1; '
                    'proxy_set_header Connection "";',
}


class Front:
    """`ways`: (peer, socket, kept) -> port in `ports`."""

    def __init__(self, folder, ways):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.ports = {}
        servers = []
        for peer, path, kept in ways:
            name = f"{peer.name}{'-kept' if kept else ''}"
            port = self.ports[peer.name, kept] = free_port()
            options = KEPT if kept else ""
            servers.append(SERVER.format(
                name=name, socket=path, port=port, options=options,
                location=LOCATIONS[peer.protocol, kept].format(name=name)))
        params = "".join(f"    fastcgi_param {line};\n" for line in PARAMS.splitlines())
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(
            folder=folder, user="user root;" if os.geteuid() == 0 else "", params=params,
            servers="".join(servers)))
        self.process = subprocess.Popen(
            ["/usr/sbin/nginx", "-p", folder, "-c", configuration],
            stdin=subprocess.DEVNULL, stderr=(folder / "stderr.log").open("wb"))
        self._wait()

    @property
    def pid(self):
        return self.process.pid

    def _wait(self):
        port = next(iter(self.ports.values()))
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                if proc.descendants(self.pid):
                    return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("nginx did not start:\n"
                                   + (self.folder / "stderr.log").read_text())
            time.sleep(0.01)

    def ask(self, peer, request, kept=False, timeout=10):
        """-> status, body; 0 where there was no answer"""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[peer.name, kept],
                                                timeout=timeout)
        try:
            connection.request(request.method, request.path,
                               b"x" * request.body_bytes if request.body_bytes else None)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error).encode()
        finally:
            connection.close()

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
