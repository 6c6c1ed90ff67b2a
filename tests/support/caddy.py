"""A real Caddy in front of a FastCGI application."""

from support.front_end import FrontEnd, reserved_port

CONFIGURATION = """\
{{
    admin off
    auto_https off
}}
{scheme}://:{port} {{
    bind 127.0.0.1
    {options}
    {tls}
    {static}
    {channel}
    handle {{
        reverse_proxy {upstream} {{
            transport fastcgi {{
                {limit}
            }}
            {proxy_options}
        }}
    }}
}}
"""

#: What includes a generated file, without what a test must not do to this machine.
MAIN = """\
{{
    admin off
    auto_https off
}}
import {file}
"""

STREAMING = "flush_interval -1"
#: A limit in seconds, of which the host is told.
LIMIT = """read_timeout {limit}s
                env HOLDFAST_PATIENCE {limit}"""
#: It does not log who authenticates itself, and overwrites what a client claims of itself.
CHANNEL = """log {{
        output file {folder}/access.log
    }}
    @channel path /ptvsd /ptvsd/*
    handle @channel {{
        reverse_proxy {upstream}
    }}
"""


class Caddy(FrontEnd):
    ready = "serving initial configuration"

    def __init__(self, folder, upstream, options="", streaming=False, static=None, channel=None,
                 tls=None, limit=None):
        """
        upstream: as `unix:PATH` or `tcp:HOST:PORT`
        limit: seconds in which it wants an answer, of which it tells the host
        static: folder that /static/ stands for
        channel: address of the host's channel listener, which gets /ptvsd; then all is logged
        """
        super().__init__(folder, reserved_port(), tls)
        channel = channel and CHANNEL.format(folder=folder, upstream=backend(channel))
        configuration = self.write("Caddyfile", CONFIGURATION.format(
            port=self.port, upstream=backend(upstream), options=options,
            limit=LIMIT.format(limit=limit) if limit else "",
            proxy_options=STREAMING if streaming else "", channel=channel or "",
            scheme="https" if tls else "http",
            tls=f"tls {tls.certificate} {tls.key}" if tls else "",
            static=f"handle_path /static/* {{\nroot * {static}\nfile_server\n}}" if static else ""))
        self.start(["/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", configuration],
                   environment(folder))


def environment(folder):
    return {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}


def backend(upstream):
    kind, _, rest = upstream.partition(":")
    return f"unix/{rest}" if kind == "unix" else rest
