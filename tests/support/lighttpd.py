"""A real lighttpd in front of a FastCGI application; it inherits its listening socket."""

from support.front_end import FrontEnd, listening_socket

CONFIGURATION = """\
server.modules = ("mod_fastcgi", "mod_alias", "mod_accesslog", "mod_proxy", "mod_setenv"{modules})
server.bind = "/dev/stdin"
server.port = {port}
server.document-root = "{folder}"
server.errorlog = "{folder}/error.log"
server.upload-dirs = ("{folder}")
mimetype.assign = (".txt" => "text/plain; charset=utf-8")
{options}
{static}
{tls}
{channel}
$HTTP["url"] !~ "^/(static/|ptvsd(/|$))" {{
    fastcgi.server = ("/" => (({upstream}, "check-local" => "disable"{limit})))
    {told}
}}
"""

#: What includes a generated file, as Debian's own does. Its own listener is not used.
MAIN = """\
server.modules = ("mod_indexfile", "mod_access", "mod_alias", "mod_redirect")
server.document-root = "{folder}"
server.upload-dirs = ("{folder}")
server.errorlog = "{folder}/error.log"
server.pid-file = "{folder}/lighttpd.pid"
server.bind = "{folder}/main.sock"
server.feature-flags += ("server.h2proto" => "enable", "server.h2c" => "enable")
server.http-parseopts = (
  "header-strict" => "enable", "host-strict" => "enable", "host-normalize" => "enable",
  "url-normalize-unreserved" => "enable", "url-normalize-required" => "enable",
  "url-ctrls-reject" => "enable", "url-path-2f-decode" => "enable",
  "url-path-dotseg-remove" => "enable")
index-file.names = ("index.php", "index.html")
url.access-deny = ("~", ".inc")
static-file.exclude-extensions = (".php", ".pl", ".fcgi")
include_shell "/usr/share/lighttpd/create-mime.conf.pl"
include "{file}"
server.modules += ("mod_dirlisting", "mod_staticfile")
"""

#: Each piece of an answer is passed on when it comes.
STREAMING = "server.stream-response-body = 2"

#: A limit in seconds, and what the host is told of it.
LIMIT = ', "read-timeout" => {limit}'
TOLD = 'setenv.add-environment = ("HOLDFAST_PATIENCE" => "{told}")'

TLS = """ssl.engine = "enable"
ssl.pemfile = "{tls.certificate}"
ssl.privkey = "{tls.key}"
"""
#: The user of Basic authentication, which may be the secret, is not logged for the channel;
#: what a client claims of itself is overwritten (mod_proxy adds the rest by itself).
CHANNEL = """accesslog.filename = "{folder}/access.log"
$HTTP["url"] =~ "^/ptvsd(/|$)" {{
    accesslog.format = "%h %t \\"%r\\" %>s %b"
    setenv.set-request-header = ("X-Forwarded-For" => "", "Forwarded" => "")
    proxy.server = ("" => (({upstream})))
    proxy.header = ("upgrade" => "enable")
}}
"""


class Lighttpd(FrontEnd):
    good_codes = (0, 1)  #: 1 where it had a connection open

    def __init__(self, folder, upstream, options="", streaming=False, static=None, channel=None,
                 tls=None, limit=None, told=None):
        """
        upstream: as `unix:PATH` or `tcp:HOST:PORT`
        limit: seconds that it waits for something of an answer
        told: ... as it tells the host, if that is not the same
        static: folder that /static/ stands for
        channel: address of the host's channel listener, which gets /ptvsd; then all is logged
        """
        listener = listening_socket()
        super().__init__(folder, listener, tls)
        channel = channel and CHANNEL.format(folder=folder, upstream=proxy_backend(channel))
        configuration = self.write("lighttpd.conf", CONFIGURATION.format(
            folder=folder, port=self.port, upstream=backend(upstream),
            options=options + ("\n" + STREAMING if streaming else ""),
            static=f'alias.url = ("/static/" => "{static}/")' if static else "",
            channel=channel or "", tls=TLS.format(tls=tls) if tls else "",
            modules=', "mod_openssl"' if tls else "",
            limit=LIMIT.format(limit=limit) if limit else "",
            told=TOLD.format(told=told or limit) if limit else ""))
        self.start(["/usr/sbin/lighttpd", "-D", "-f", configuration], stdin=listener)


def backend(upstream):
    kind, _, rest = upstream.partition(":")
    if kind == "unix":
        return f'"socket" => "{rest}"'
    host, _, port = rest.rpartition(":")
    return f'"host" => "{host}", "port" => {port}'


def proxy_backend(upstream):
    kind, _, rest = upstream.partition(":")
    return f'"host" => "{rest}"' if kind == "unix" else backend(upstream)
