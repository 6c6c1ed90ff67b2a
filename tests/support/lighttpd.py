"""A real lighttpd in front of a FastCGI application; it inherits its listening socket."""

from support.front_end import FrontEnd, listening_socket

CONFIGURATION = """\
server.modules = ("mod_fastcgi", "mod_alias")
server.bind = "/dev/stdin"
server.port = {port}
server.document-root = "{folder}"
server.errorlog = "{folder}/error.log"
server.upload-dirs = ("{folder}")
mimetype.assign = (".txt" => "text/plain; charset=utf-8")
{options}
{static}
$HTTP["url"] !~ "^/static/" {{
    fastcgi.server = ("/" => (({upstream}, "check-local" => "disable")))
}}
"""

#: Each piece of an answer is passed on when it comes.
STREAMING = "server.stream-response-body = 2"


class Lighttpd(FrontEnd):
    def __init__(self, folder, upstream, options="", streaming=False, static=None):
        """
        upstream: as `unix:PATH` or `tcp:HOST:PORT`
        static: folder that /static/ stands for
        """
        listener = listening_socket()
        super().__init__(folder, listener)
        configuration = self.write("lighttpd.conf", CONFIGURATION.format(
            folder=folder, port=self.port, upstream=backend(upstream),
            options=options + ("\n" + STREAMING if streaming else ""),
            static=f'alias.url = ("/static/" => "{static}/")' if static else ""))
        self.start(["/usr/sbin/lighttpd", "-D", "-f", configuration], stdin=listener)


def backend(upstream):
    kind, _, rest = upstream.partition(":")
    if kind == "unix":
        return f'"socket" => "{rest}"'
    host, _, port = rest.rpartition(":")
    return f'"host" => "{host}", "port" => {port}'
