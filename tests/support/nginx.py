"""A real nginx in front of a FastCGI or HTTP application.

It inherits its listening socket from us: a connection waits until nginx accepts,
so nobody needs to ask whether it is up.
"""

import os

from support.front_end import FrontEnd, listening_socket

CONFIGURATION = """\
daemon off;
worker_processes 1;
error_log {folder}/error.log info;
pid {folder}/nginx.pid;
{user}
events {{ worker_connections 1024; }}
http {{
    {log}
    client_body_temp_path {folder}/body;
    fastcgi_temp_path {folder}/fastcgi;
    proxy_temp_path {folder}/proxy;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream app {{ server {upstream}; {upstream_options} }}
    server {{
        listen 127.0.0.1:{port}{tls}
        {server_options}
        {channel}
        location / {{ {location} }}
    }}
}}
"""

#: What includes a generated file, as Debian's own does.
MAIN = """\
daemon off;
worker_processes 1;
error_log {folder}/error.log info;
pid {folder}/nginx.pid;
{user}
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    gzip on;
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    fastcgi_temp_path {folder}/fastcgi;
    proxy_temp_path {folder}/proxy;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {file};
}}
"""
#: So that it can reach what the tests' user can.
USER = "user root;" if os.geteuid() == 0 else ""

#: What Debian's own pages tell a user to write.
FASTCGI_DEFAULT = "include /etc/nginx/fastcgi_params; fastcgi_pass app;"
#: Connections to the application stay open between requests.
FASTCGI_KEEP = FASTCGI_DEFAULT + " fastcgi_keep_conn on;"
KEEPALIVE = "keepalive 64;"
#: Bodies pass through without being collected, of any size.
UNBUFFERED = ("client_max_body_size 0; fastcgi_request_buffering off; fastcgi_buffering off; "
              "fastcgi_read_timeout 300; fastcgi_send_timeout 300;")


#: Each piece of an answer is passed on when it comes.
STREAMING = " fastcgi_buffering off;"
#: For apps that want the whole path in one param, and that one decoded.
PATH_INFO = ' fastcgi_param SCRIPT_NAME ""; fastcgi_param PATH_INFO $uri;'
#: Files first, the app for the rest: a second location, which comes behind this.
TRY_FILES = "try_files $uri @app; } location @app { "
#: A limit in seconds, and what the host is told of it.
LIMIT = " fastcgi_read_timeout {limit}s; fastcgi_param HOLDFAST_PATIENCE {told};"

TLS = """ ssl;
        ssl_certificate {tls.certificate};
        ssl_certificate_key {tls.key};"""
#: The user of Basic authentication, which may be the secret, is not logged for the channel.
LOG = """log_format channel '$remote_addr [$time_local] "$request" $status $body_bytes_sent';
    access_log {folder}/access.log;"""
#: What a client claims of itself is overwritten.
CHANNEL = """location ~ ^/ptvsd(/|$) {{
            access_log {folder}/access.log channel;
            proxy_pass http://{upstream};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $http_connection;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}"""


class Nginx(FrontEnd):
    def __init__(self, folder, upstream, location=FASTCGI_DEFAULT, upstream_options="",
                 server_options="client_max_body_size 64m;", channel=None, tls=None):
        """
        upstream: as `unix:PATH`, `tcp:HOST:PORT` or what nginx's `server` takes
        channel: address of the host's channel listener, which gets /ptvsd; then all is logged
        """
        listener = listening_socket()
        super().__init__(folder, listener, tls)
        channel = channel and CHANNEL.format(folder=folder, upstream=channel.removeprefix("tcp:"))
        configuration = self.write("nginx.conf", CONFIGURATION.format(
            folder=folder, port=self.port, upstream=upstream.removeprefix("tcp:"),
            user=USER, location=location,
            upstream_options=upstream_options, server_options=server_options,
            channel=channel or "", tls=TLS.format(tls=tls) if tls else ";",
            log=LOG.format(folder=folder) if channel else "access_log off;"))
        self.start(["/usr/sbin/nginx", "-p", folder, "-c", configuration],
                   {"NGINX": f"{listener.fileno()};"}, pass_fds=[listener.fileno()])
