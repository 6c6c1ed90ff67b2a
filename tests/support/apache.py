"""A real Apache (mpm_event, mod_proxy_fcgi) in front of a FastCGI application."""

import os

from support.front_end import FrontEnd, reserved_port

#: What all configurations begin with; mod_mime is among the modules.
BEGIN = """\
ServerRoot {folder}
ServerName localhost
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
LogLevel info
{modules}
TypesConfig /etc/mime.types
StartServers 1
ThreadsPerChild 25
"""

CONFIGURATION = BEGIN + """\
Listen 127.0.0.1:{port}
<Directory />
    Require all granted
</Directory>
{options}
{tls}
{static}
{channel}
{told}
ProxyPass / {upstream} {timeout} {proxy_options}
"""

#: What includes a generated file, as Debian's own does.
MAIN = BEGIN + """\
Define APACHE_LOG_DIR {folder}
Timeout 300
RequestReadTimeout header=20-40,minrate=500 body=20,minrate=500
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" combined
<Directory />
    Require all denied
</Directory>
IncludeOptional {file}
"""
#: Those of them that count here, and those that the generated file wants.
DEBIAN_MODULES = ("mpm_event", "authz_core", "alias", "dir", "env", "filter", "mime", "reqtimeout",
                  "setenvif", "proxy", "proxy_fcgi", "proxy_http", "headers", "socache_shmcb",
                  "ssl")

MODULES = ("mpm_event", "authz_core", "alias", "mime", "proxy", "proxy_fcgi")
CHANNEL_MODULES = ("headers", "proxy_http", "setenvif")
TLS_MODULES = ("socache_shmcb", "ssl")
TLS = """SSLEngine on
SSLCertificateFile {tls.certificate}
SSLCertificateKeyFile {tls.key}
"""
#: The user of Basic authentication, which may be the secret, is not logged for the channel;
#: what a client claims of itself is overwritten (mod_proxy_http adds the rest by itself).
CHANNEL = """SetEnvIf Request_URI "^/ptvsd(/|$)" channel
CustomLog {folder}/access.log "%h %l %u %t \\"%r\\" %>s %b" env=!channel
CustomLog {folder}/access.log "%h %t \\"%r\\" %>s %b" env=channel
<LocationMatch "^/ptvsd(/|$)">
    RequestHeader unset X-Forwarded-For
    RequestHeader set X-Forwarded-Proto "expr=%{{REQUEST_SCHEME}}"
    ProxyPreserveHost on
</LocationMatch>
ProxyPassMatch "^(/ptvsd(/.*)?)$" "{upstream}" upgrade=websocket
"""


def load(modules):
    return "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
                     for name in modules)


STREAMING = "flushpackets=on"
TOLD = 'ProxyFCGISetEnvIf "true" HOLDFAST_PATIENCE "{limit}"'

#: Apache will not serve as root. So that it can reach what the tests' user can, as the other
#: servers do, it is another user who is asked for no permission.
UNPRIVILEGED = ("setpriv", "--reuid=www-data", "--regid=www-data", "--clear-groups",
                "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--")
SETPRIV = UNPRIVILEGED if os.geteuid() == 0 else ()


class Apache(FrontEnd):
    ready = "resuming normal operations"

    def __init__(self, folder, upstream, options="", proxy_options="", streaming=False,
                 static=None, channel=None, tls=None, limit=None, as_distributed=False):
        """
        upstream: as `unix:PATH` or `tcp:HOST:PORT`
        proxy_options: what is added to ProxyPass
        limit: seconds that it waits for something of an answer, of which it tells the host
        as_distributed: it waits for the 60 s that are Apache's own default
        static: folder that /static/ stands for
        channel: address of the host's channel listener, which gets /ptvsd; then all is logged
        """
        super().__init__(folder, reserved_port(), tls)
        modules = (MODULES + (CHANNEL_MODULES if channel else ()) + (TLS_MODULES if tls else ()))
        channel = channel and CHANNEL.format(folder=folder, upstream=channel_backend(channel))
        configuration = self.write("apache.conf", CONFIGURATION.format(
            folder=folder, port=self.port, upstream=backend(upstream), options=options,
            modules=load(modules),
            channel=channel or "", tls=TLS.format(tls=tls) if tls else "",
            timeout="" if as_distributed else f"timeout={limit or 300}",
            told=TOLD.format(limit=limit) if limit else "",
            proxy_options=proxy_options + (" " + STREAMING if streaming else ""),
            static=f"ProxyPass /static/ !\nAlias /static/ {static}/" if static else ""))
        self.start([*SETPRIV, "/usr/sbin/apache2", "-DFOREGROUND", "-f", configuration])


def backend(upstream):
    kind, _, rest = upstream.partition(":")
    return f'"unix:{rest}|fcgi://localhost/"' if kind == "unix" else f"fcgi://{rest}/"


def channel_backend(upstream):
    kind, _, rest = upstream.partition(":")
    return f"unix:{rest}|http://localhost$1" if kind == "unix" else f"http://{rest}$1"
