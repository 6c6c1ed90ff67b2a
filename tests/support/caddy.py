"""A real Caddy in front of a FastCGI application."""

from support.front_end import FrontEnd, reserved_port

CONFIGURATION = """\
{{
    admin off
    auto_https off
}}
http://:{port} {{
    bind 127.0.0.1
    {options}
    {static}
    handle {{
        reverse_proxy {upstream} {{
            transport fastcgi
            {proxy_options}
        }}
    }}
}}
"""

STREAMING = "flush_interval -1"


class Caddy(FrontEnd):
    ready = "serving initial configuration"

    def __init__(self, folder, upstream, options="", streaming=False, static=None):
        """
        upstream: as `unix:PATH` or `tcp:HOST:PORT`
        static: folder that /static/ stands for
        """
        super().__init__(folder, reserved_port())
        configuration = self.write("Caddyfile", CONFIGURATION.format(
            port=self.port, upstream=backend(upstream), options=options,
            proxy_options=STREAMING if streaming else "",
            static=f"handle_path /static/* {{\nroot * {static}\nfile_server\n}}" if static else ""))
        self.start(["/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", configuration],
                   {"HOME": str(folder), "XDG_DATA_HOME": str(folder),
                    "XDG_CONFIG_HOME": str(folder)})


def backend(upstream):
    kind, _, rest = upstream.partition(":")
    return f"unix/{rest}" if kind == "unix" else rest
