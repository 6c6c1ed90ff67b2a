"""Wrong settings: each source, each kind of mistake, and the exact text that people get.

In the table `{root}` stands for the app root, `{file}` for the file that the case is about.
"""

import json
import os
import subprocess
import sys

import pytest

from support.holdfast_process import HoldfastProcess
from support.paths import HOLDFAST
from support.waiting import DEADLINE

SECRET = "Geheimnis-0815-und-mehr"
COUNT = "must be a whole number from 1 to 512"
SIZE = "a whole number with B, kB, MB, GB, KiB, MiB or GiB"
TIME = "a whole number with ms, s, min, h or d"
YAML_HINT = ("; look at this line and those before it for a missing colon, quotation mark or "
             "bracket, or for a wrong indentation")
XML_HINT = ("; look at this line and those before it for a tag or quotation mark that is not "
            "closed, or for < or & that must be written as &lt; or &amp;")


class Case:
    """One wrong setting. `source` is what stands before the text."""

    def __init__(self, name, text, *, source=None, options=None, environment=None, web=None,
                 yaml=None, config=None, files=None):
        self.name = name
        self.text = text
        self.options = options or []
        self.environment = environment or {}
        self.files = dict(files or {})
        self.file = None
        for file, content in (("web.config", web), ("holdfast.yaml", yaml), ("own.yaml", config)):
            if content is not None:
                self.files[file] = content
                self.file = file
        if config is not None:
            self.options = [*self.options, "--config", "{root}/own.yaml"]
        self.source = source


def option(name, option, value, text):
    return Case(name, text, source="command line", options=[option, value])


def variable(name, variable, value, text):
    return Case(name, text, source="environment", environment={variable: value})


def yaml(name, line, content, text):
    return Case(name, text, source=f"{{file}}:{line}", yaml=content)


def web(name, line, content, text):
    return Case(name, text, source=f"{{file}}:{line}", web=content)


def add(key, value):
    return (f'<configuration>\n  <appSettings>\n    <add key="{key}" value="{value}"/>\n'
            "  </appSettings>\n</configuration>\n")


ON_COMMAND_LINE = [
    option("handler-blank", "--handler", "my app",
           '--handler is "my app", but must not contain blanks; '
           "for example --handler mysite.wsgi.application"),
    option("handler-empty", "--handler", "",
           '--handler is "", but must name the WSGI app; '
           "for example --handler mysite.wsgi.application"),
    option("root-missing", "--app-root", "/no/such/folder",
           '--app-root is "/no/such/folder", but there is no directory /no/such/folder; '
           "for example --app-root /srv/mysite"),
    option("root-file", "--app-root", "/etc/passwd",
           '--app-root is "/etc/passwd", but /etc/passwd is not a directory; '
           "for example --app-root /srv/mysite"),
    option("python-missing", "--python", "env/bin/python",
           '--python is "env/bin/python", but there is no file {root}/env/bin/python; '
           "for example --python /usr/bin/python3"),
    option("python-not-on-path", "--python", "python9",
           '--python is "python9", but there is no such program on PATH; '
           "for example --python /usr/bin/python3"),
    option("listen-shape", "--listen", "9000",
           '--listen is "9000", but must be unix:PATH or tcp:HOST:PORT; '
           "for example --listen unix:/run/mysite.sock"),
    option("listen-port", "--listen", "tcp:127.0.0.1:99999",
           '--listen is "tcp:127.0.0.1:99999", but its PORT must be a number from 1 to 65535; '
           "for example --listen unix:/run/mysite.sock"),
    option("http-host", "--http", "tcp:1.2.3:80",
           '--http is "tcp:1.2.3:80", but its HOST must be an IPv4 address (0.0.0.0 for all of '
           "this machine's), an IPv6 address in brackets, or a host name; "
           "for example --http tcp:127.0.0.1:8000"),
    option("channel-shape", "--channel", "/run/x",
           '--channel is "/run/x", but must be unix:PATH or tcp:HOST:PORT; '
           "for example --channel unix:/run/mysite-debug.sock"),
    option("workers-zero", "--workers", "0",
           f'--workers is "0", but {COUNT}; for example --workers 4'),
    option("threads-word", "--threads", "many",
           f'--threads is "many", but {COUNT}; for example --threads 4'),
    option("socket-mode", "--socket-mode", "rw",
           '--socket-mode is "rw", but must be an octal number from 0000 to 0777; '
           "for example --socket-mode 0660"),
    option("socket-owner", "--socket-owner", ":adm",
           '--socket-owner is ":adm", but must be USER or USER:GROUP; '
           "for example --socket-owner www-data:www-data"),
]

IN_THE_ENVIRONMENT = [
    variable("workers", "WSGI_WORKERS", "513",
             f'WSGI_WORKERS is "513", but {COUNT}; for example WSGI_WORKERS=4'),
    variable("queue", "WSGI_QUEUE", "-1",
             'WSGI_QUEUE is "-1", but must be a whole number from 0 to 100000; '
             "for example WSGI_QUEUE=100"),
    variable("request-timeout", "WSGI_REQUEST_TIMEOUT", "soon",
             f'WSGI_REQUEST_TIMEOUT is "soon", but must be a time from 1 ms to 1 d, {TIME}; '
             "for example WSGI_REQUEST_TIMEOUT=90 s"),
    variable("mount-control", "SCRIPT_NAME", "/a\tb",
             'SCRIPT_NAME is "/a\\x09b", but must not contain control characters; '
             "for example SCRIPT_NAME=/shop"),
    variable("path-info-switch", "AllowPathInfoForScriptMappings", "perhaps",
             'AllowPathInfoForScriptMappings is "perhaps", but must be true or false; '
             "for example AllowPathInfoForScriptMappings=true"),
    variable("log-folder", "WSGI_LOG", "/no/such/x.log",
             'WSGI_LOG is "/no/such/x.log", but there is no directory /no/such: make it, or name '
             "a file in another one; for example WSGI_LOG=/tmp/mysite.log"),
    variable("log-is-folder", "WSGI_LOG", "/tmp",
             'WSGI_LOG is "/tmp", but /tmp is a directory; for example WSGI_LOG=/tmp/mysite.log'),
    variable("regex", "WSGI_RESTART_FILE_REGEX", "(",
             'WSGI_RESTART_FILE_REGEX is "(", but is not a regular expression: missing ) '
             "(at offset 1); for example WSGI_RESTART_FILE_REGEX=.*\\.py$"),
    variable("debug-address", "WSGI_PTVSD_ADDRESS", "0.0.0.0:5678",
             'WSGI_PTVSD_ADDRESS is "0.0.0.0:5678", but must be HOST:PORT with localhost, '
             "127.0.0.1 or [::1] for the HOST: whoever reaches this port can run code; "
             "for example WSGI_PTVSD_ADDRESS=127.0.0.1:5678"),
    variable("debug-path", "WSGI_PTVSD_PATH", "ptvsd",
             'WSGI_PTVSD_PATH is "ptvsd", but must be a path that begins with a slash and does '
             "not end with one; for example WSGI_PTVSD_PATH=/ptvsd"),
    variable("debug-engine", "WSGI_PTVSD_ENGINE", "pdb",
             'WSGI_PTVSD_ENGINE is "pdb", but must be auto, debugpy or ptvsd; '
             "for example WSGI_PTVSD_ENGINE=debugpy"),
    variable("debug-wait", "WSGI_PTVSD_WAIT", "2",
             'WSGI_PTVSD_WAIT is "2", but must be true or false; for example WSGI_PTVSD_WAIT=true'),
    variable("patience", "HOLDFAST_PATIENCE", "0",
             f'HOLDFAST_PATIENCE is "0", but must be a time from 1 s to 1 d, {TIME}; '
             "for example HOLDFAST_PATIENCE=90 s"),
    variable("activate-this", "WSGI_ALT_VIRTUALENV_ACTIVATE_THIS", "env/activate_this.py",
             'WSGI_ALT_VIRTUALENV_ACTIVATE_THIS is "env/activate_this.py", but there is no file '
             "{root}/env/activate_this.py; for example "
             "WSGI_ALT_VIRTUALENV_ACTIVATE_THIS=/srv/mysite/env/bin/activate_this.py"),
    variable("secret-control", "WSGI_PTVSD_SECRET", SECRET + "\n",
             "WSGI_PTVSD_SECRET is set, but must not contain control characters; "
             "for example WSGI_PTVSD_SECRET=32-random-characters"),
]

IN_WEB_CONFIG = [
    web("workers", 3, add("WSGI_WORKERS", "four"),
        f'WSGI_WORKERS is "four", but {COUNT}; for example <add key="WSGI_WORKERS" value="4"/>'),
    web("key-in-other-case", 3, add("wsgi_queue", "1e3"),
        'wsgi_queue is "1e3", but must be a whole number from 0 to 100000; '
        'for example <add key="WSGI_QUEUE" value="100"/>'),
    web("not-closed", 3, "<configuration>\n<appSettings>\n</configuration>",
        "is not valid XML: Tag mismatch" + XML_HINT),
    web("ampersand", 3, add("PYTHONPATH", "a&b"), "is not valid XML: Invalid token" + XML_HINT),
    web("doctype", 1, '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n<configuration/>',
        "has a DOCTYPE, which no file of settings needs: remove it"),
    web("root-element", 1, "<appSettings/>",
        'its root element is "appSettings", but must be configuration'),
    web("section-case", 2, "<configuration>\n<AppSettings/></configuration>",
        '"AppSettings" must be written appSettings'),
    web("no-value", 3, '<configuration><appSettings>\n\n<add key="A"/></appSettings></configuration>',
        '<add key="A"> has no value: write <add key="A" value="VALUE"/>'),
    web("no-key", 1, '<configuration><appSettings><add value="A"/></appSettings></configuration>',
        '<add> has no key: write <add key="NAME" value="VALUE"/>'),
    web("unknown-element", 1,
        '<configuration><appSettings><set key="A"/></appSettings></configuration>',
        'appSettings cannot have the element "set": only add, remove and clear'),
    web("equals-in-key", 3, add("A=B", "C"),
        'the key "A=..." cannot become an environment variable: it must not be empty or contain ='),
    web("config-source", 1,
        '<configuration><appSettings configSource="no.config"/></configuration>',
        'configSource is "no.config", but there is no file {root}/no.config: bring it there or '
        "remove the attribute"),
    web("encrypted", 1,
        '<configuration><appSettings configProtectionProvider="P"/></configuration>',
        "appSettings is encrypted (configProtectionProvider), and only .NET on its own machine "
        "can read it: decrypt it with aspnet_regiis -pdf appSettings FOLDER, or set what it has "
        "in the environment"),
    Case("in-the-other-file", 'WSGI_THREADS is "0", but ' + COUNT +
         '; for example <add key="WSGI_THREADS" value="4"/>', source="{root}/more.config:2",
         web='<configuration><appSettings file="more.config"/></configuration>',
         files={"more.config": '<appSettings>\n<add key="WSGI_THREADS" value="0"/></appSettings>'}),
]

IN_YAML = [
    yaml("unknown-key", 2, "server:\n  wrokers: 2\n",
         'unknown key "server.wrokers": the nearest known one is server.workers'),
    yaml("unknown-section", 1, "serve:\n  workers: 2\n",
         'unknown key "serve": the nearest known one is server'),
    yaml("without-section", 1, "workers: 2\n",
         'unknown key "workers": the nearest known one is server.workers'),
    yaml("dotted", 1, "server.workers: 2\n",
         'server.workers must be written as "workers: 4" under "server:"'),
    yaml("twice", 3, "server:\n  queue: 2\n  queue: 3\n",
         '"server.queue" is there twice, first in line 2: keep one of the two'),
    yaml("type-list", 2, "server:\n  queue: [1]\n",
         "server.queue is a list, but must be a single value; "
         'for example "queue: 100" under "server:"'),
    yaml("type-empty", 2, "app:\n  mount:\n",
         'app.mount is empty, but must be a single value; for example "mount: /shop" under "app:"'),
    yaml("section-value", 1, "server: 4\n",
         "server must be a section: settings, each on a line of its own and indented below "
         '"server:"'),
    yaml("option-only", 2, "server:\n  socket_mode: 0660\n",
         "server.socket_mode cannot be set in a file: use --socket-mode 0660"),
    yaml("syntax", 2, "app:\n  mount: 'not closed\n",
         "is not valid YAML: illegal EOF in scalar" + YAML_HINT),
    yaml("second-document", 3, "app:\n  mount: /x\n---\nserver: {}\n",
         'the settings end here: remove the line "---", or what else makes a second YAML document '
         "of the rest"),
    yaml("switch", 2, "server:\n  show_errors: perhaps\n",
         'server.show_errors is "perhaps", but must be true or false; '
         'for example "show_errors: true" under "server:"'),
    yaml("log-requests", 2, "log:\n  requests: some\n",
         'log.requests is "some", but must be true or false; '
         'for example "requests: true" under "log:"'),
    yaml("size-unit", 2, "server:\n  max_body: 1 TB\n",
         f'server.max_body is "1 TB", but must be a size from 1 B to 1024 GiB, {SIZE}; '
         'for example "max_body: 1 GiB" under "server:"'),
    yaml("size-range", 2, "server:\n  body_memory: 2 GiB\n",
         f'server.body_memory is "2 GiB", but must be a size from 1 B to 1 GiB, {SIZE}; '
         'for example "body_memory: 64 KiB" under "server:"'),
    yaml("size-or-off", 2, "server:\n  recycle_memory: 5\n",
         f'server.recycle_memory is "5", but must be a size from 1 MiB to 1024 GiB, {SIZE}, or '
         'off; for example "recycle_memory: 1 GiB" under "server:"'),
    yaml("duration", 2, "server:\n  send_timeout: 1.5 min\n",
         f'server.send_timeout is "1.5 min", but must be a time from 1 ms to 1 d, {TIME}; '
         'for example "send_timeout: 90 s" under "server:"'),
    yaml("duration-range", 2, "server:\n  stop_timeout: 2 h\n",
         f'server.stop_timeout is "2 h", but must be a time from 0 s to 1 h, {TIME}; '
         'for example "stop_timeout: 30 s" under "server:"'),
    yaml("hop-name", 2, "server:\n  trusted_hops: [unix, proxy.example]\n",
         'server.trusted_hops is "unix, proxy.example", but "proxy.example" in it is neither an '
         "IP address, nor a network such as 10.0.0.0/8, nor unix; "
         'for example "trusted_hops: unix, 10.0.0.0/8" under "server:"'),
    yaml("hop-bits", 2, "server:\n  trusted_hops: 10.0.0.0/33\n",
         'server.trusted_hops is "10.0.0.0/33", but the part of "10.0.0.0/33" after the slash '
         "must be a whole number from 0 to 32; "
         'for example "trusted_hops: unix, 10.0.0.0/8" under "server:"'),
    yaml("log-level", 2, "log:\n  level: verbose\n",
         'log.level is "verbose", but must be debug, info, warning or error; '
         'for example "level: warning" under "log:"'),
    yaml("log-format", 2, "log:\n  format: xml\n",
         'log.format is "xml", but must be text or json; for example "format: json" under "log:"'),
    yaml("log-rotate-at", 2, "log:\n  rotate_at: 10 B\n",
         f'log.rotate_at is "10 B", but must be a size from 1 KiB to 1024 GiB, {SIZE}, or off; '
         'for example "rotate_at: 64 MiB" under "log:"'),
    yaml("log-keep", 2, "log:\n  keep: all\n",
         'log.keep is "all", but must be a whole number from 0 to 1000; '
         'for example "keep: 10" under "log:"'),
    yaml("env-list", 2, "app:\n  env: [A]\n",
         'app.env must be variables: each on a line of its own, such as "NAME: value", and '
         'indented below "env:"'),
    yaml("env-name", 3, "app:\n  env:\n    A=B: 1\n",
         '"A=..." cannot be the name of a variable: it must not be empty or contain = or control '
         "characters"),
    yaml("env-secret", 3, f"app:\n  env:\n    WSGI_PTVSD_SECRET: {SECRET}\n",
         "app.env.WSGI_PTVSD_SECRET would show the secret to the app: set debug.secret instead"),
    yaml("telemetry-type", 1, "telemetry: {key: x}\n",
         'telemetry is a mapping, but must be a single value; '
         'for example "telemetry: 00000000-0000-0000-0000-000000000000"'),
]

IN_THE_FILE_OF_CONFIG = [
    Case("unknown-key", 'unknown key "app.handlr": the nearest known one is app.handler',
         source="{file}:2", config="app:\n  handlr: a.b\n"),
    Case("relative-path", 'log.file is "logs/x", but there is no directory {root}/logs: make it, '
         'or name a file in another one; for example "file: /tmp/mysite.log" under "log:"',
         source="{file}:1", config="log: {file: logs/x}\n"),
    Case("missing", "cannot be read: No such file or directory", source="/no/such/file.yaml",
         options=["--config", "/no/such/file.yaml"]),
    Case("too-long", "has more than 1048576 bytes, which is not a file of settings: give another "
         "one by --config", source="{file}", config="#" * 1048577),
]

MISSING = [
    Case("handler", "WSGI_HANDLER env var must be set, or the appSetting of that name in "
         "web.config, or app.handler in holdfast.yaml, or --handler on the command line: nothing "
         "says which WSGI app to serve; for example WSGI_HANDLER=mysite.wsgi.application",
         source="default", options=["--handler", None]),
]

TABLE = {"option": ON_COMMAND_LINE, "variable": IN_THE_ENVIRONMENT, "web.config": IN_WEB_CONFIG,
         "yaml": IN_YAML, "--config": IN_THE_FILE_OF_CONFIG, "missing": MISSING}


class Site:
    """A folder whose settings lack nothing but what a test makes wrong."""

    def __init__(self, folder):
        self.root = folder / "site"
        self.root.mkdir()
        (self.root / "hello.py").write_text(
            "def app(environ, start_response):\n    start_response('200 OK', [])\n"
            "    return [b'hello']\n")

    def arguments(self, more=()):
        """`serve` with what it needs; of `more`, an option replaces ours, by None it is left out."""
        options = {"--listen": f"unix:{self.root.parent}/socket", "--app-root": str(self.root),
                   "--handler": "hello.app"}
        more = [part and part.replace("{root}", str(self.root)) for part in more]
        options.update(zip(more[::2], more[1::2]))
        return ["serve", *(part for name, value in options.items() if value is not None
                           for part in (name, value))]

    def run(self, arguments, environment):
        return subprocess.run([HOLDFAST, *arguments], cwd=self.root, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=DEADLINE, env={"PATH": os.environ["PATH"], **environment})


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def all_cases():
    for source, cases in TABLE.items():
        for case in cases:
            yield pytest.param(case, id=f"{source}-{case.name}")


@pytest.mark.parametrize("case", list(all_cases()))
def test_wrong_setting(site, case):
    for name, content in case.files.items():
        (site.root / name).write_text(content)
    done = site.run(site.arguments(case.options), case.environment)
    expected = f"holdfast: {case.source}: {case.text}\n"
    expected = expected.replace("{file}", f"{site.root}/{case.file}")
    expected = expected.replace("{root}", str(site.root))
    assert (done.stderr, done.stdout, done.returncode) == (expected, "", 2)
    assert SECRET not in done.stderr


def test_the_table_is_long_enough():
    assert len(list(all_cases())) >= 45


def test_all_problems_are_told_at_once(site):
    """One of each source, and two of one file."""
    (site.root / "web.config").write_text(add("WSGI_THREADS", "many"))
    (site.root / "holdfast.yaml").write_text(
        "server:\n  max_body: huge\n  nonsense: 1\nlog: {level: loud}\n")
    done = site.run(site.arguments(["--workers", "0", "--handler", None]), {"WSGI_QUEUE": "long"})
    lines = done.stderr.splitlines()
    named = ["nonsense", "WSGI_HANDLER", "--workers", "WSGI_THREADS", "WSGI_QUEUE", "max_body",
             "log.level"]
    assert done.returncode == 2
    assert len(lines) == len(named), done.stderr
    for name, line in zip(named, lines):
        assert name in line


@pytest.mark.parametrize("arguments", [
    [], ["serve"], ["serve", "--help"], ["serve", "--no-such-option"], ["serve", "--workers"],
    ["serve", "--workers", "0"], ["dev"], ["dev", "hello.app", "surplus"], ["no-such-command"],
    ["version", "surplus"]])
def test_no_secret_is_told_to_who_gets_the_usage_wrong(site, arguments):
    names = ("WSGI_PTVSD_SECRET", "APPINSIGHTS_INSTRUMENTATIONKEY")
    (site.root / "web.config").write_text(add(names[0], SECRET + "&#10;"))
    (site.root / "holdfast.yaml").write_text(f"telemetry: [{SECRET}]\ndebug: {{secret: {SECRET}}}\n")
    for environment in ({}, dict.fromkeys(names, SECRET), dict.fromkeys(names, SECRET + "\n")):
        done = site.run([*arguments, *(["--app-root", "/no/such"] if arguments == ["dev"] else [])],
                        environment)
        assert SECRET not in done.stdout + done.stderr


@pytest.fixture
def running(site):
    """Runs the site; gives its log up to where its workers are ready."""
    hosts = []

    def run(environment, options=()):
        host = HoldfastProcess(site.arguments(["--workers", "1", *options]), site.root.parent,
                               environment)
        hosts.append(host)
        host.wait_for_workers(1)
        return host

    yield run
    try:
        for host in hosts:
            host.stop()
    finally:
        for host in hosts:
            host.kill_leftovers()


def test_no_secret_is_in_the_log(site, running):
    (site.root / "web.config").write_text(
        add("WSGI_PTVSD_SECRET", SECRET).replace("</appS", f'<add key="A" value="{SECRET}"/></appS'))
    (site.root / "holdfast.yaml").write_text(
        f"telemetry: {SECRET}\ndebug: {{secret: {SECRET}}}\napp: {{env: {{B: {SECRET}}}}}\n"
        "log: {level: info}\n")
    host = running({"UNRELATED": SECRET})
    host.wait_for_log(r"setting telemetry = \(set\) \(.*holdfast.yaml:1\)")
    host.wait_for_log(r"setting debug.secret = \(set\) \(.*web.config:3\)")
    host.wait_for_log(r"environment A \(.*web.config:4\)")
    host.wait_for_log(r"environment B \(.*holdfast.yaml:3\)")
    host.stop()
    assert SECRET not in host.log


def test_precedence(site, running):
    """Each setting is in all sources from one of them down; the strongest counts."""
    (site.root / "web.config").write_text(
        '<configuration><appSettings>\n<add key="WSGI_THREADS" value="3"/>\n'
        '<add key="WSGI_QUEUE" value="3"/>\n<add key="SCRIPT_NAME" value="/web"/>\n'
        '<add key="WSGI_RESTART_FILE_REGEX" value=""/></appSettings></configuration>')
    (site.root / "holdfast.yaml").write_text(
        "server:\n  threads: 4\n  queue: 4\n  max_body: 4 KiB\n"
        "app:\n  mount: /yaml\nreload:\n  pattern: yaml\n")
    host = running({"WSGI_THREADS": "2", "WSGI_QUEUE": "2", "SCRIPT_NAME": ""}, ["--threads", "1"])
    web_config, yaml_file = site.root / "web.config", site.root / "holdfast.yaml"
    expected = {
        "server.threads = 1": "command line",
        "server.queue = 2": "environment",
        "app.mount = /web": f"{web_config}:4",
        "reload.pattern = ": f"{web_config}:5",
        "server.max_body = 4 KiB": f"{yaml_file}:4",
    }
    lines = {match[1] for match in host.log_matches(r"INFO  setting (.*)")}
    assert {f"{setting} ({source})" for setting, source in expected.items()} <= lines
    keys = [line.split(" = ")[0] for line in lines]
    assert len(keys) == len(set(keys)), "each setting counts once"


def test_a_setting_without_effect_is_told(site, running):
    (site.root / "holdfast.yaml").write_text("server:\n  linger: 2 min\n")
    host = running({})
    host.wait_for_log(r"WARN  server\.linger is set \(.*holdfast\.yaml:2\) but has no effect in this "
                      r"version")


def test_a_misspelt_app_setting_is_told(site, running):
    (site.root / "web.config").write_text(add("WSGI_HANDELR", "x"))
    host = running({})
    host.wait_for_log(r'WARN  "WSGI_HANDELR" \(.*web\.config:3\) is no setting; the nearest one is '
                      r"WSGI_HANDLER: correct the name if that is meant")


# -- what the app gets ---------------------------------------------------

WHAT_THE_APP_HAS = """
import json, os, sys
def app(environ, start_response):
    start_response('200 OK', [])
    return [json.dumps([dict(os.environ), sys.path, sys.executable]).encode()]
"""


def test_the_app_gets_app_settings_and_env(site, serve):
    (site.root / "hello.py").write_text(WHAT_THE_APP_HAS)
    (site.root / "web.config").write_text(
        '<configuration><appSettings>\n<add key="DJANGO_SETTINGS_MODULE" value="web"/>\n'
        '<add key="TAKEN" value="web"/><add key="owin:Start" value="a &lt; b"/>\n'
        f'<add key="WSGI_PTVSD_SECRET" value="{SECRET}"/>\n'
        '<add key="PYTHONPATH" value="%TAKEN%;%OTHERLOCATION%"/>\n'
        '<add key="OtherLocation" value="/srv/other"/></appSettings></configuration>')
    (site.root / "holdfast.yaml").write_text(
        "app: {env: {DJANGO_SETTINGS_MODULE: yaml, MORE: yaml}}\n")
    answer = serve(root=site.root, handler="hello.app",
                   environment={"TAKEN": "/srv/process", "PYTHONPATH": None,
                                "WSGI_PTVSD_SECRET": SECRET}).get("/").text
    assert SECRET not in answer
    environment, path, _ = json.loads(answer)
    assert environment["DJANGO_SETTINGS_MODULE"] == "web"
    assert environment["TAKEN"] == "/srv/process"
    assert environment["owin:Start"] == "a < b"
    assert environment["MORE"] == "yaml"
    assert environment["PYTHONPATH"] == "/srv/process:/srv/other"
    assert path.index("/srv/process") < path.index("/srv/other") < path.index(
        next(folder for folder in path if "/lib/python" in folder or folder.endswith(".zip")))


def test_what_is_behind_the_proxy_of_ptvs_runs(site, serve, tmp_path):
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(os.path.realpath(sys.executable))
    (site.root / "hello.py").write_text(WHAT_THE_APP_HAS)
    (site.root / "web.config").write_text(
        '<configuration><appSettings>\n'
        '<add key="WSGI_HANDLER" value="ptvs_virtualenv_proxy.get_venv_handler()"/>\n'
        '<add key="WSGI_ALT_VIRTUALENV_HANDLER" value="hello.app"/>\n'
        f'<add key="WSGI_ALT_VIRTUALENV_ACTIVATE_THIS" value="{python}"/>'
        '</appSettings></configuration>')
    host = HoldfastProcess(["serve", "--listen", f"unix:{tmp_path}/socket", "--workers", "1",
                            "--app-root", site.root], tmp_path)
    try:
        host.wait_for_log(rf"worker \d+: ready \(Python .*, {python}\)")
        host.wait_for_log(r"setting app\.handler = hello\.app "
                          r"\(.*web\.config:3, WSGI_ALT_VIRTUALENV_HANDLER\)")
        host.stop()
    finally:
        host.kill_leftovers()
